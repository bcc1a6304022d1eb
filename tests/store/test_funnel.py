"""Each figure of the funnel, held against plain loops over the rows, on both databases."""

import json
import statistics
from dataclasses import replace
from itertools import pairwise

import pytest

from features.clock import DAY
from features.settings import Lifecycle
from features.stages import Stage
from serving.live.funnel import Period, funnel
from serving.live.idle import leaks
from serving.live.kept import BandShare, BandStep, inflation, kept, promises, source_wins
from serving.store.schema import attribute_changes, events, leads, ledger, stage_moves, writes
from support.lively_store import DAYS, enliven, rows_of
from support.stores import at, emptied

RANKS = {stage.value: stage.rank for stage in Stage}


@pytest.fixture(scope="module", params=[1, 2])
def lively(opened, request):
    enliven(emptied(opened), request.param)
    return opened


def lives(connection, until: int) -> dict[str, dict]:
    """Each lead with when it came, its lasting moves in order, and its results."""
    received = {row.seq: row.at for row in rows_of(connection, writes)}
    root_of = {row.lead_id: row.merged_into or row.lead_id for row in rows_of(connection, leads)}
    found = {root: {"came": [], "moves": [], "ended": []} for root in set(root_of.values())}
    for row in rows_of(connection, leads):
        if row.created_at is not None:
            found[root_of[row.lead_id]]["came"].append(row.created_at)
        elif row.merged_into is None:
            found[row.lead_id]["came"].append(received[row.seq])
    moves = rows_of(connection, stage_moves)
    taken_back = {row.undoes for row in moves}
    moves = [row for row in moves if row.happened_at <= until]
    for row in sorted(moves, key=lambda row: (row.happened_at, row.known_at, row.id)):
        if row.undoes is None and row.id not in taken_back and root_of[row.lead_id] == row.lead_id:
            found[row.lead_id]["moves"].append(row)
    for row in rows_of(connection, events):
        if row.kind.startswith("closed") and row.happened_at <= until:
            found[root_of[row.lead_id]]["ended"].append((row.happened_at, row.kind))
    for life in found.values():
        life["came"] = min([*life["came"], *(move.happened_at for move in life["moves"])])
    return found


def slow_firsts(life: dict, until: int) -> list[int | None]:
    """When the lead first came to each stage or beyond."""
    came, moves = life["came"], life["moves"]
    steps = [(RANKS[moves[0].previous if moves else "lead"], came), *((RANKS[m.stage], m.happened_at) for m in moves)]
    steps += [(RANKS["customer"], moment) for moment, kind in life["ended"] if kind == "closed_won"]
    found = []
    for rank in range(7):
        moments = [moment for reached, moment in steps if reached >= rank and moment <= until]
        found.append(min(moments, default=None))
    return found


PERIODS = [Period(since=at(s), until=at(u), step=n * DAY) for s, u, n in [(-1, DAYS, 30), (20, 90, 7), (50, 51, 30)]]


@pytest.mark.parametrize("period", PERIODS, ids=["all", "weeks", "a day"])
def test_counts_by_entry_and_by_moves_are_those_of_a_slow_walk(lively, period):
    with lively.reading() as connection:
        firsts = [slow_firsts(life, period.until) for life in lives(connection, period.until).values()]
        found = funnel(connection, period)

    def inside(moment, since, until):
        return moment is not None and since < moment <= until

    steps = [(period.since, period.until), *period.steps()]
    for (since, until), step in zip(steps, [found, *found.steps], strict=True):
        cohort = [first for first in firsts if inside(first[0], since, until)]
        entered = [sum(first[rank] is not None for first in cohort) for rank in range(7)]
        moved = [sum(inside(first[rank], since, until) for first in firsts) for rank in range(7)]
        assert [c.leads for c in step.by_entry] == entered
        assert [c.leads for c in step.by_moves] == moved
        for numbers, told in ((entered, step.by_entry), (moved, step.by_moves)):
            shares = [b / a if a else None for a, b in pairwise(numbers)]
            assert [c.went_on for c in told] == [*shares, None]
            assert [c.of_all for c in told] == [n / numbers[0] if numbers[0] else None for n in numbers]


def slow_stays(life: dict, since: int, until: int) -> list[tuple[str, float]]:
    """Stage and days of each stay that ended in the period."""
    moves = life["moves"]
    steps = [(moves[0].previous if moves else "lead", life["came"]), *((m.stage, m.happened_at) for m in moves)]
    ends = [moment for moment, _ in life["ended"]]
    found = []
    for i, (stage, start) in enumerate(steps):
        later = [moment for _, moment in steps[i + 1 :]] + [moment for moment in ends if moment > start]
        came_of_a_result = start in ends and not any(start == moment for _, moment in steps[:i])
        if later and not came_of_a_result and since < min(later) <= until:
            found.append((stage, (min(later) - start) / DAY))
    return found


@pytest.mark.parametrize("period", PERIODS, ids=["all", "weeks", "a day"])
def test_time_in_stage_has_the_quartiles_of_a_slow_walk(lively, period):
    with lively.reading() as connection:
        walked = [
            stay
            for life in lives(connection, period.until).values()
            for stay in slow_stays(life, period.since, period.until)
        ]
        found = funnel(connection, period).stays
    for stay in found:
        took = [days for stage, days in walked if stage == stay.stage.value]
        assert stay.left == len(took)
        if len(took) > 1:
            quartiles = statistics.quantiles(took, n=4, method="inclusive")
            assert [stay.lower, stay.median, stay.upper] == pytest.approx(quartiles)
        elif took:
            assert [stay.lower, stay.median, stay.upper] == pytest.approx(took * 3)
        else:
            assert stay.median is None


def test_nothing_at_all_is_counted_as_nothing(opened):
    emptied(opened)
    with opened.reading() as connection:
        found = funnel(connection, PERIODS[0])
    assert {c.leads for c in (*found.by_entry, *found.by_moves)} == {0}
    assert {c.went_on for c in found.by_entry} == {None}
    assert {stay.left for stay in found.stays} == {0}


def slow_sources(connection) -> dict[str, str]:
    """The last known source of each lead that has one; `source` comes before `Lead Source`."""
    root_of = {row.lead_id: row.merged_into or row.lead_id for row in rows_of(connection, leads)}
    found = {}
    for field in ("Lead Source", "source"):
        for row in sorted(rows_of(connection, attribute_changes), key=lambda row: (row.known_at, row.id)):
            if row.field == field:
                found[root_of[row.lead_id]] = json.loads(row.value)
    return found


@pytest.mark.parametrize("until", [DAYS, 120])
def test_leaks_are_the_open_leads_that_a_slow_walk_finds_idle(lively, until):
    with lively.reading() as connection:
        found = leaks(connection, until=at(until), idle_days=30, activities=["visit", "pricing_page_view"])
        root_of = {row.lead_id: row.merged_into or row.lead_id for row in rows_of(connection, leads)}
        owner_of = {row.lead_id: row.owner for row in rows_of(connection, leads)}
        sources = slow_sources(connection)
        did = {}
        for row in rows_of(connection, events):
            if row.kind in ("visit", "pricing_page_view") and row.happened_at <= at(until):
                did.setdefault(root_of[row.lead_id], []).append(row.happened_at)
        open_leads = []
        for root, life in lives(connection, at(until)).items():
            stage = life["moves"][-1].stage if life["moves"] else "lead"
            ended = max((moment for moment, _ in life["ended"]), default=None)
            opened = [m.happened_at for m in life["moves"] if json.loads(m.because)["code"] == "reopened"]
            is_open = ended is None or (opened and max(opened) >= ended)
            if life["came"] <= at(until) and is_open and RANKS[stage] < RANKS["customer"]:
                last = max([*did.get(root, []), life["came"]])
                open_leads.append((stage, sources.get(root, "unknown"), owner_of[root] or "", last <= at(until - 30)))

    assert (found.open, found.idle) == (len(open_leads), sum(idle for *_, idle in open_leads))
    assert 0 < found.idle < found.open
    for side, parts in enumerate((found.stages, found.sources, found.owners)):
        for leak in parts:
            own = [lead for lead in open_leads if lead[side] == leak.name]
            assert (leak.open, leak.idle) == (len(own), sum(idle for *_, idle in own))
        assert sum(leak.open for leak in parts) == found.open


def shut_at(life: dict, moment: int) -> bool:
    """Whether the lead was closed by then and not opened again since."""
    ended = [at for at, _ in life["ended"] if at <= moment]
    opened = [m.happened_at for m in life["moves"] if json.loads(m.because)["code"] == "reopened"]
    return bool(ended) and not any(max(ended) <= at <= moment for at in opened)


def slow_scores(connection, period: Period, horizon: int) -> list[dict]:
    """Of each lead the first score of each step, with what became of it."""
    root_of = {row.lead_id: row.merged_into or row.lead_id for row in rows_of(connection, leads)}
    won = {}
    for row in rows_of(connection, events):
        if row.kind == "closed_won" and row.happened_at <= period.until:
            won[root_of[row.lead_id]] = min(row.happened_at, won.get(root_of[row.lead_id], row.happened_at))
    first, of_lead = {}, lives(connection, period.until)
    for row in sorted(rows_of(connection, ledger), key=lambda row: (row.as_of, row.id)):
        if shut_at(of_lead[root_of[row.lead_id]], row.as_of):
            continue
        for k, (since, until) in enumerate(period.steps()):
            if since < row.as_of <= until:
                first.setdefault((root_of[row.lead_id], k), row)
    return [
        {"root": root, "k": k, "p": row.probability, "score": row.score, "fit": row.fit, "version": row.version}
        | {"mature": row.as_of + horizon <= period.until}
        | {"won": root in won and row.as_of < won[root] <= row.as_of + horizon}
        for (root, k), row in first.items()
    ]


@pytest.mark.parametrize("period", PERIODS, ids=["all", "weeks", "a day"])
def test_promises_and_bands_over_time_are_those_of_a_slow_walk(lively, period):
    horizon, policy = 40 * DAY, Lifecycle(mql_min_score=50, sql_min_score=80)
    with lively.reading() as connection:
        scores = slow_scores(connection, period, horizon)
        found = kept(connection, period, horizon=horizon, policy=policy)
    for one in scores:
        one["band"] = "hot" if one["score"] >= 80 else "warm" if one["score"] >= 50 else "cold"
    for k, step in enumerate(found.steps):
        own = [one for one in scores if one["k"] == k]
        assert sum(band.leads for band in step.bands) == len(own)
        for band in step.bands:
            inside = [one for one in own if one["band"] == band.band]
            mature = [one for one in inside if one["mature"]]
            assert (band.leads, band.share) == (len(inside), len(inside) / len(own))
            assert (band.mature, band.won) == (len(mature), sum(one["won"] for one in mature))
    mature = [one for one in scores if one["mature"]]
    for promise in (found.total, *found.bands, *found.models):
        own = [one for one in mature if promise.name in ("all", one["band"], one["version"])]
        assert (promise.scores, promise.realised) == (len(own), sum(one["won"] for one in own))
        assert promise.expected == pytest.approx(sum(one["p"] for one in own))
        steps = {one["k"] for one in own}  # a lead comes in many of them, with one fate
        spread = 1.96 * sum(sum(one["p"] * (1 - one["p"]) for one in own if one["k"] == k) ** 0.5 for k in steps)
        assert promise.low <= max(0, promise.expected - spread) < promise.low + 1
        assert promise.high >= min(len(own), promise.expected + spread)


def test_the_lively_store_scores_leads_that_were_closed_and_nobody_had_said_so(lively):
    with lively.reading() as connection:
        of_lead = lives(connection, at(DAYS))
        root_of = {row.lead_id: row.merged_into or row.lead_id for row in rows_of(connection, leads)}
        shut = [shut_at(of_lead[root_of[row.lead_id]], row.as_of) for row in rows_of(connection, ledger)]
    assert any(shut)
    assert not all(shut)


def test_wins_of_a_source_are_held_against_those_of_equal_fit(lively):
    period, horizon = Period(since=at(-1), until=at(DAYS), step=DAY), 40 * DAY
    with lively.reading() as connection:
        whole = Period(since=period.since, until=period.until, step=period.until - period.since)
        scores = [one for one in slow_scores(connection, whole, horizon) if one["mature"]]
        sources = slow_sources(connection)
        found = source_wins(connection, period, horizon=horizon)

    def share(fit):
        own = [one["won"] for one in scores if one["fit"] == fit]
        return sum(own) / len(own)

    assert sum(one.leads for one in found) == len(scores)
    assert sum(one.expected for one in found) == pytest.approx(sum(one.realised for one in found))
    for one in found:
        own = [score for score in scores if sources.get(score["root"], "unknown") == one.source]
        assert (one.leads, one.realised) == (len(own), sum(score["won"] for score in own))
        assert one.expected == pytest.approx(sum(share(score["fit"]) for score in own))


@pytest.mark.parametrize("period", PERIODS, ids=["all", "weeks", "a day"])
def test_one_look_at_the_ledger_tells_promises_and_sources_alike(lively, period):
    horizon, policy = 40 * DAY, Lifecycle(mql_min_score=50, sql_min_score=80)
    with lively.reading() as connection:
        found, sources = promises(connection, period, horizon=horizon, policy=policy)
        apart = kept(connection, period, horizon=horizon, policy=policy)
        sources_apart = source_wins(connection, period, horizon=horizon)

    assert found.steps == apart.steps
    both = ((kept_.total, *kept_.bands, *kept_.models) for kept_ in (found, apart))
    for one, other in zip(*both, strict=True):
        assert (one.name, one.scores, one.realised) == (other.name, other.scores, other.realised)
        assert (one.expected, one.low, one.high) == pytest.approx((other.expected, other.low, other.high))
    assert [one.source for one in sources] == [one.source for one in sources_apart]
    for one, other in zip(sources, sources_apart, strict=True):
        assert (one.leads, one.realised) == (other.leads, other.realised)
        assert (one.expected, one.low, one.high) == pytest.approx((other.expected, other.low, other.high))


def test_stages_leak_alike_whether_or_not_sources_are_told(lively):
    asked = {"until": at(120), "idle_days": 30, "activities": ["visit", "pricing_page_view"]}
    with lively.reading() as connection:
        whole, stages = leaks(connection, **asked), leaks(connection, **asked, apart=False)

    assert stages == replace(whole, sources=(), owners=())
    assert whole.sources


def step_of(hot: int, won: int, leads: int = 1000, *, mature: bool = True) -> BandStep:
    """A step with so many hot leads, so many of them won."""
    shares = [
        BandShare(band=band, leads=n, share=n / leads, mature=n if mature else 0, won=w, conversion=w / n)
        for band, n, w in (("hot", hot, won), ("warm", 200, 10), ("cold", leads - 200 - hot, 2))
    ]
    return BandStep(since=0, until=1, bands=tuple(shares))


@pytest.mark.parametrize(
    ("steps", "named"),
    [
        ([step_of(100, 20), step_of(200, 16)], True),
        ([step_of(100, 20), step_of(200, 40)], False),  # as good as before
        ([step_of(100, 20), step_of(100, 5)], False),  # worse, but not larger
        ([step_of(10, 2), step_of(14, 2)], False),  # luck
        ([step_of(10, 2)] * 20 + [step_of(14, 1)] * 20, False),  # luck, told twenty times of the same leads
        ([step_of(100, 20), step_of(200, 16, mature=False)], False),  # nobody knows yet
        ([], False),
    ],
)
def test_a_band_that_grows_while_it_wins_less_is_named(steps, named):
    sentences = list(inflation(steps))
    assert len(sentences) == named
    if named:
        assert "hot is inflated: it grew from 10.0% to 20.0%" in sentences[0]
        assert "fell from 20.0% to 8.0%" in sentences[0]
