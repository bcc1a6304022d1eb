"""What a capacity reaches and what the present policy offers, held against the leads one by one."""

import pytest

from features.settings import Capacity
from serving.live.handed import Span, handed
from serving.store.live_schema import hand_offs
from serving.store.schema import standings
from serving.web.capacity import WEEKS, choice
from support.lively_store import DAYS, enliven, rows_of
from support.stores import at, emptied

SALES = Capacity(reps=1, calls_per_rep_per_day=4)  #: 20 calls a week
LINE = 70


@pytest.fixture(scope="module")
def lively(opened):
    enliven(emptied(opened), 5)
    return opened


def asked(lively, calls=None, now=DAYS):
    with lively.reading() as connection:
        return choice(connection, SALES, calls, at(now), line=LINE), rows_of(connection, standings)


def expected(rows, calls):
    """Wins among the best leads, those of a score that is reached in part being alike."""
    alike = {row.score: [r.probability for r in rows if r.score == row.score] for row in rows}
    each = [sum(alike[row.score]) / len(alike[row.score]) for row in sorted(rows, key=lambda row: -row.score)]
    return sum(each[:calls])


@pytest.mark.parametrize("calls", [0, 1, 7, 20, 33, 10_000])
def test_the_best_leads_are_reached_first(lively, calls):
    found, rows = asked(lively, calls)
    reached = min(calls, found.most)

    assert found.most == min(len(rows), 80)
    assert (found.chosen.leads, found.everybody.leads) == (reached, len(rows))
    assert found.chosen.wins == pytest.approx(expected(rows, reached))
    assert found.everybody.wins == pytest.approx(sum(row.probability for row in rows))
    assert found.chosen.calls_per_win == pytest.approx(reached / expected(rows, reached) if reached else None)


def test_without_a_choice_it_is_what_sales_can_call(lively):
    found, rows = asked(lively)

    assert found.chosen.leads == found.load.calls == min(20, len(rows))
    assert [calls for calls, _ in found.curve] == sorted(calls for calls, _ in found.curve)
    for calls, wins in found.curve:
        assert wins == pytest.approx(expected(rows, int(calls)))


def test_the_line_of_the_policy_holds_the_leads_from_its_score_on(lively):
    found, rows = asked(lively)
    over = [row.probability for row in rows if row.score >= LINE]

    assert 0 < len(over) < len(rows)
    assert (found.line.leads, found.line.wins) == (len(over), pytest.approx(sum(over)))


@pytest.mark.parametrize("now", [60, 120, DAYS])
def test_the_load_is_that_of_the_hand_offs_of_the_last_weeks(lively, now):
    found, _ = asked(lively, now=now)
    with lively.reading() as connection:
        total = handed(connection, Span(since=at(now - 7 * WEEKS), until=at(now))).total
        open_ = sum(row.ended_at is None for row in rows_of(connection, hand_offs))

    assert found.load.offered == total.offered
    assert found.load.offered_a_week * WEEKS == total.offered
    assert found.load.waiting == open_
