"""Each figure of the funnel, held against plain loops over the rows, on both databases."""

import statistics
from itertools import pairwise

import pytest

from features.clock import DAY
from features.stages import Stage
from serving.live.funnel import Period, funnel
from serving.store.schema import events, leads, stage_moves, writes
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
