"""The funnel: how many leads come to each stage, how many of those go on, and how long they stay.

A lead has come to a stage when it was there or further on: whoever skips a stage has come through it. A
lead without a move is a lead since it came, at the latest since its first move. Moves that were taken back
count as never made, and a win makes a customer whether or not a move says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row

from features.clock import DAY
from features.stages import Stage
from serving.live.tables_of_leads import CLOSINGS, MOVED, PERSONS, ROOTS, over_all, rank_of, with_

QUARTILES = (0.25, 0.5, 0.75)
_STAGES = tuple(Stage)

#: each stage that each lead of the period ever had, with its rank and since when; of a lead to which nothing happened
#: since the period began nothing is counted
STEPS = f"""
lately AS MATERIALIZED (
    SELECT root FROM persons WHERE came_at > :since
    UNION SELECT root FROM moved WHERE at > :since
    UNION SELECT root FROM closings WHERE at > :since
),
numbered AS (
    SELECT m.root, m.stage, m.previous, m.at,
           ROW_NUMBER() OVER (PARTITION BY m.root ORDER BY m.at, m.known_at, m.id) AS nth
    FROM moved m JOIN lately a ON a.root = m.root
),
steps AS (
    SELECT p.root, COALESCE(n.previous, 'lead') AS stage,
           CASE WHEN n.at < p.came_at THEN n.at ELSE p.came_at END AS at, 0 AS nth
    FROM lately a JOIN persons p ON p.root = a.root LEFT JOIN numbered n ON n.root = p.root AND n.nth = 1
    UNION ALL SELECT root, stage, at, nth FROM numbered
),
ranked AS (
    SELECT root, {rank_of("stage")} AS reached, at FROM steps
    UNION ALL SELECT c.root, {Stage.CUSTOMER.rank}, c.at
    FROM closings c JOIN lately a ON a.root = c.root WHERE c.kind = 'closed_won'
),
firsts AS (
    SELECT root, {", ".join(f"MIN(CASE WHEN reached >= {s.rank} THEN at END) AS f{s.rank}" for s in Stage)}
    FROM ranked WHERE at <= :until GROUP BY root
)"""  # noqa: S608  # our own words
_WITH = with_(ROOTS, PERSONS, CLOSINGS, MOVED, STEPS)


@dataclass(frozen=True, kw_only=True)
class Period:
    """(since, until], cut into steps of equal length, the last one perhaps shorter."""

    since: int
    until: int
    step: int  #: microseconds

    def steps(self) -> Iterator[tuple[int, int]]:
        """(since, until] of each step."""
        starts = range(self.since, self.until, self.step)
        return ((start, min(start + self.step, self.until)) for start in starts)

    def values(self) -> dict[str, int]:
        """For the SQL."""
        return {"since": self.since, "until": self.until, "step": self.step}


@dataclass(frozen=True, kw_only=True)
class StageCount:
    """How many leads came to a stage, and which share of them went on to the next."""

    stage: Stage
    leads: int
    went_on: float | None  #: None for the last stage, and where nobody came
    of_all: float | None  #: share of those who came in at the top


@dataclass(frozen=True, kw_only=True)
class Step:
    """The funnel of one step of time."""

    since: int
    until: int
    by_entry: tuple[StageCount, ...]  #: leads that came in then, and how far they have come by the end of the period
    by_moves: tuple[StageCount, ...]  #: leads that came to each stage then, whenever they came in


@dataclass(frozen=True, kw_only=True)
class Stay:
    """How long leads were in a stage that they left in the period; days."""

    stage: Stage
    left: int
    lower: float | None
    median: float | None
    upper: float | None


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """The whole period, and each of its steps."""

    by_entry: tuple[StageCount, ...]
    by_moves: tuple[StageCount, ...]
    steps: tuple[Step, ...]
    stays: tuple[Stay, ...]


def funnel(connection: Connection, period: Period) -> Funnel:
    """Counts and conversion by entry date and by moves, and time in stage."""
    entered, moved = _reached(connection, period)
    steps = tuple(
        Step(since=since, until=until, by_entry=counts(entered.get(k, ())), by_moves=counts(moved.get(k, ())))
        for k, (since, until) in enumerate(period.steps())
    )
    return Funnel(
        by_entry=counts(_sum(entered)), by_moves=counts(_sum(moved)), steps=steps, stays=_stays(connection, period)
    )


def counts(reached: Sequence[int]) -> tuple[StageCount, ...]:
    """The counts of all stages with their shares."""
    numbers = list(reached) or [0] * len(_STAGES)
    following = [(b / a if a else None) for a, b in pairwise(numbers)] + [None]
    return tuple(
        StageCount(stage=stage, leads=n, went_on=on, of_all=n / numbers[0] if numbers[0] else None)
        for stage, n, on in zip(_STAGES, numbers, following, strict=True)
    )


def _sum(steps: Mapping[int, Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip(*steps.values(), strict=True)]


def _reached(connection: Connection, period: Period) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """How many came to each stage: by step of entry up to the end, and for the first time in each step.

    Leads are counted by the steps in which they came to each stage; -1 is before the period, none is never.
    """
    steps = ", ".join(
        f"CASE WHEN f{s.rank} <= :since THEN -1 ELSE (f{s.rank} - :since - 1) / :step END AS k{s.rank}" for s in Stage
    )
    keys = ", ".join(f"k{stage.rank}" for stage in Stage)
    asked = f"""{_WITH}, came AS (SELECT {steps} FROM firsts)
        SELECT COUNT(*) AS many, {keys} FROM came GROUP BY {keys}"""  # noqa: S608
    entered, moved = dict[int, list[int]](), dict[int, list[int]]()
    for many, *came in over_all(connection, asked, period.values()):
        for rank, k in enumerate(came):
            if k is not None and k >= 0:
                moved.setdefault(k, [0] * len(_STAGES))[rank] += many
            if k is not None and came[0] is not None and came[0] >= 0:
                entered.setdefault(came[0], [0] * len(_STAGES))[rank] += many
    return entered, moved


#: a stay ends with the next move or with a result; one that a result has begun is none
STAYS = """
marks AS (
    SELECT root, stage, at, nth, 1 AS told FROM steps
    UNION ALL SELECT c.root, 'closed', c.at, 0, 0 FROM closings c JOIN lately a ON a.root = c.root
),
following AS (
    SELECT root, stage, at, told, LEAD(at) OVER way AS next_at,
           LAG(told) OVER way AS before, LAG(at) OVER way AS before_at
    FROM marks WINDOW way AS (PARTITION BY root ORDER BY at, told, nth)
),
stays AS (
    SELECT stage, next_at - at AS took FROM following
    WHERE told = 1 AND next_at > :since AND next_at <= :until
      AND NOT (COALESCE(before, 1) = 0 AND before_at = at)
),
lined AS (
    SELECT stage, took, ROW_NUMBER() OVER (PARTITION BY stage ORDER BY took) - 1 AS nth,
           COUNT(*) OVER (PARTITION BY stage) AS many
    FROM stays
)"""


def _stays(connection: Connection, period: Period) -> tuple[Stay, ...]:
    """Quartiles between the two nearest stays, as statistics programs have them."""
    near = " OR ".join(
        f"nth = CAST({round(100 * q)} * (many - 1) / 100 AS bigint) "
        f"OR nth = CAST(({round(100 * q)} * (many - 1) + 99) / 100 AS bigint)"
        for q in QUARTILES
    )
    asked = f"{_WITH}, {STAYS.strip()} SELECT stage, took, nth, many FROM lined WHERE {near}"  # noqa: S608
    rows: dict[str, list[Row[Any]]] = {}
    for row in over_all(connection, asked, period.values()):
        rows.setdefault(row.stage, []).append(row)
    return tuple(_stay(stage, rows.get(stage.value, [])) for stage in Stage)


def _stay(stage: Stage, rows: "Sequence[Row[Any]]") -> Stay:
    if not rows:
        return Stay(stage=stage, left=0, lower=None, median=None, upper=None)
    took, many = {row.nth: row.took for row in rows}, rows[0].many
    lower, median, upper = (_between(took, q * (many - 1)) / DAY for q in QUARTILES)
    return Stay(stage=stage, left=many, lower=lower, median=median, upper=upper)


def _between(took: Mapping[int, int], place: float) -> float:
    below = int(place)
    share = place - below
    return took[below] * (1 - share) + (took[below + 1] * share if share else 0.0)
