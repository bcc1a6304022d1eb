"""The queue of sales and what became of hand-offs, held against plain loops over the rows, on both databases."""

import pytest

from features.clock import DAY, HOUR
from serving.lifecycle.handoff import Band, Clock
from serving.live.cursors import BadCursor
from serving.live.handed import Became, Span, handed
from serving.live.queue import NOBODY, Asked, queue
from serving.store.live_schema import hand_offs
from serving.store.schema import events, leads, stage_moves
from support.lively_store import DAYS, enliven, rows_of
from support.stores import at, emptied

NOW = at(DAYS) + 1


@pytest.fixture(scope="module", params=[1, 2, 3])
def lively(opened, request):
    enliven(emptied(opened), request.param)
    return opened


def slow_queue(connection, asked: Asked) -> list[int]:
    """Ids of open hand-offs in the order of their time."""
    owner_of = {row.lead_id: row.owner for row in rows_of(connection, leads)}
    found = []
    for row in rows_of(connection, hand_offs):
        owner = owner_of.get(row.lead_id) or row.owner
        wanted = asked.owner is None or (owner is None if asked.owner == NOBODY else owner == asked.owner)
        in_band = asked.band is None or row.band == asked.band
        in_time = asked.breached is None or (row.due_at < NOW) == asked.breached
        if row.ended_at is None and wanted and in_band and in_time:
            found.append((row.due_at, row.id))
    return [number for _, number in sorted(found)]


ASKED = [
    Asked(),
    Asked(owner="giulia"),
    Asked(owner=NOBODY),
    Asked(band=Band.HOT),
    Asked(breached=True),
    Asked(breached=False, band=Band.COLD),
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_queue_shows_what_waits_the_most_urgent_first_in_parts_that_add_up(lively, asked):
    with lively.reading() as connection:
        slow = slow_queue(connection, asked)
        found, after, pages = [], None, 0
        while after is not None or not pages:
            page = queue(connection, asked, now=NOW, after=after, limit=4)
            found, after, pages = [*found, *(row.hand_off_id for row in page.rows)], page.following, pages + 1
            assert page.waiting == len(slow)
            assert sum(row.clock is Clock.BREACHED for row in page.rows) <= page.breached
    assert found == slow


def test_each_lead_has_its_clock_and_what_lists_show(lively):
    with lively.reading() as connection:
        rows = {row.id: row for row in rows_of(connection, hand_offs)}
        for one in queue(connection, now=NOW).rows:
            row = rows[one.hand_off_id]
            assert one.left_hours == (row.due_at - NOW) / HOUR
            assert one.waited_days == (NOW - row.offered_at) / DAY
            assert (one.clock is Clock.BREACHED) == (one.left_hours < 0)
            if one.lead:
                assert one.reasons[0]["text"]["it"] == "Visita"
                assert one.lead["name"] == "Ada"


def test_a_cursor_of_another_question_is_refused(lively):
    with lively.reading() as connection:
        after = queue(connection, now=NOW, limit=1).following
        with pytest.raises(BadCursor):
            queue(connection, Asked(owner="marco"), now=NOW, after=after)
        with pytest.raises(BadCursor):
            handed(connection, Span(until=NOW), after=after)


def slow_word(row, kinds: set[str], opened: bool, answered: bool, again: bool) -> str:
    """One word for what became of a hand-off."""
    for kind, word in (("closed_won", "won"), ("closed_lost", "lost")):
        if kind in kinds:
            return word
    if opened:
        return "opportunity"
    if not answered:
        return "waiting"
    if row.ending in ("accepted", "merged"):
        return row.ending
    return "recycled" if again else row.ending


def slow_fates(connection, since: int, until: int) -> dict[int, tuple[str, bool]]:
    """What became of each hand-off, and whether it was late, by walking over all rows."""
    root_of = {row.lead_id: row.merged_into or row.lead_id for row in rows_of(connection, leads)}
    taken_back = {row.undoes for row in rows_of(connection, stage_moves)}
    offers, ended, opened = {}, {}, {}
    for row in sorted(rows_of(connection, hand_offs), key=lambda row: (row.offered_at, row.id)):
        if row.offered_at <= until:
            offers.setdefault(root_of[row.lead_id], []).append(row)
    for row in rows_of(connection, events):
        if row.happened_at <= until:
            ended.setdefault(root_of[row.lead_id], []).append((row.kind, row.happened_at))
    for row in rows_of(connection, stage_moves):
        lasting = row.undoes is None and row.id not in taken_back and root_of[row.lead_id] == row.lead_id
        if lasting and row.stage == "opportunity" and row.happened_at <= until:
            opened.setdefault(row.lead_id, []).append(row.happened_at)
    found = {}
    for root, own in offers.items():
        for i, row in enumerate(own):
            following = own[i + 1].offered_at if i + 1 < len(own) else None

            def here(moment, row=row, following=following):
                return moment >= row.offered_at and (following is None or moment < following)

            kinds = {kind for kind, moment in ended.get(root, []) if here(moment)}
            answered = row.ended_at is not None and row.ended_at <= until
            became = slow_word(row, kinds, any(map(here, opened.get(root, []))), answered, following is not None)
            if row.offered_at > since:
                found[row.id] = (became, (row.ended_at if answered else until) > row.due_at)
    return found


@pytest.mark.parametrize(("since", "until"), [(-1, DAYS), (40, 120), (100, 101)])
def test_what_became_of_each_hand_off_is_what_a_slow_walk_finds(lively, since, until):
    span = Span(since=at(since), until=at(until))
    with lively.reading() as connection:
        slow = slow_fates(connection, span.since, span.until)
        rows = {row.id: row for row in rows_of(connection, hand_offs)}
        found, after, first = {}, None, True
        while after is not None or first:
            page = handed(connection, span, after=after, limit=7)
            found |= {fate.hand_off_id: (fate.became.value, fate.late) for fate in page.rows}
            after, first = page.following, False
    assert found == slow
    assert page.became == {b.value: sum(became == b for became, _ in slow.values()) for b in Became}
    in_time = {
        i: row for i, row in rows.items() if i in slow and row.ended_at is not None and row.ended_at <= at(until)
    }
    endings = [row.ending for row in in_time.values()]
    total = page.total
    assert (total.offered, total.late) == (len(slow), sum(late for _, late in slow.values()))
    assert (total.accepted, total.rejected) == (endings.count("accepted"), endings.count("rejected"))
    assert total.unanswered == len(slow) - len(in_time)
    assert sum(reason.rejected for reason in page.reasons) == total.rejected
    for tally in (total, *page.bands, *page.sources, *page.owners):
        assert tally.offered == tally.accepted + tally.rejected + tally.unanswered + tally.ended
    answered = total.accepted + total.rejected
    assert total.accept_rate == (total.accepted / answered if answered else None)
    for reason in page.reasons:
        own = [i for i, row in in_time.items() if (row.ending, row.reason) == ("rejected", reason.reason)]
        assert reason.rejected == len(own)
        assert reason.share == len(own) / answered
        assert reason.recycled == sum(slow[i][0] == "recycled" for i in own)
    for parts in (page.bands, page.sources, page.owners):
        assert sum(part.offered for part in parts) == total.offered
        assert sum(part.accepted for part in parts) == total.accepted


@pytest.mark.parametrize("became", list(Became))
def test_what_became_can_be_asked_for(lively, became):
    span = Span(until=at(DAYS), became=became, owner="giulia")
    with lively.reading() as connection:
        everything = handed(connection, Span(until=at(DAYS)), limit=500).rows
        asked = handed(connection, span, limit=500)
    assert [f.hand_off_id for f in asked.rows] == [
        f.hand_off_id for f in everything if f.became is became and f.owner == "giulia"
    ]
    assert asked.total.offered == len(asked.rows)
