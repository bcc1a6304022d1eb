"""Where leads leak out of the funnel: open ones that did nothing for the policy's days, by stage, source and owner."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from features.clock import days
from features.stages import Stage
from serving.live.funnel import STEPS
from serving.live.handed import LONG_AGO, UNKNOWN, source_of
from serving.live.tables_of_leads import CLOSINGS, MOVED, PERSONS, ROOTS, SOURCES, among, over_all, rank_of, with_

OPEN = """
latest AS (
    SELECT root, stage, came_at FROM (
        SELECT root, stage, MIN(at) OVER (PARTITION BY root) AS came_at,
               ROW_NUMBER() OVER (PARTITION BY root ORDER BY nth DESC) AS back
        FROM steps
    ) steps_back WHERE back = 1
),
ends AS (SELECT root, MAX(at) AS at FROM closings GROUP BY root),
reopened AS (
    SELECT root, MAX(at) AS at FROM moved WHERE because LIKE '%"code":"reopened"%' GROUP BY root
),
active AS (
    SELECT DISTINCT r.root FROM events e JOIN roots r ON r.lead_id = e.lead_id
    WHERE e.happened_at > :cutoff AND e.happened_at <= :until AND e.kind IN ({kinds})
)"""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """Open leads of one stage, source or owner, and how many of them are idle."""

    name: str
    open: int
    idle: int

    @property
    def share(self) -> float:
        """Idle of the open."""
        return self.idle / self.open


@dataclass(frozen=True, kw_only=True)
class Leaks:
    """All open leads up to opportunity, seen from three sides."""

    idle_days: float
    open: int
    idle: int
    stages: tuple[Leak, ...]  #: in the order of the lifecycle
    sources: tuple[Leak, ...]  #: most idle leads first
    owners: tuple[Leak, ...]


def leaks(
    connection: Connection, *, until: int, idle_days: float, activities: Sequence[str], apart: bool = True
) -> Leaks:
    """Who is idle at `until`; `activities` are the kinds of events that count as something the lead did.

    Without `apart` only stages are told, not sources and owners, in half the time.
    A lead that did nothing since it came is idle since then.
    """
    listed, bound = among("kind", activities)
    parts = (ROOTS, PERSONS, CLOSINGS, MOVED, *([SOURCES] if apart else []), STEPS, OPEN.format(kinds=listed))
    side = "s.value AS source, p.owner" if apart else "NULL AS source, NULL AS owner"
    asked = f"""{with_(*parts)}
        SELECT l.stage, {side}, COUNT(*) AS many,
               SUM(CASE WHEN l.came_at <= :cutoff AND a.root IS NULL THEN 1 ELSE 0 END) AS idle
        FROM latest l JOIN leads p ON p.lead_id = l.root
        LEFT JOIN ends e ON e.root = l.root LEFT JOIN reopened o ON o.root = l.root
        LEFT JOIN active a ON a.root = l.root {"LEFT JOIN sourced s ON s.root = l.root" if apart else ""}
        WHERE l.came_at <= :until AND {rank_of("l.stage")} < {Stage.CUSTOMER.rank} AND (e.at IS NULL OR o.at >= e.at)
        GROUP BY l.stage{", s.value, p.owner" if apart else ""}"""  # noqa: S608  # our own words
    bounds = {"since": LONG_AGO, "until": until, "cutoff": until - days(idle_days)}
    rows = over_all(connection, asked, bounds | bound)
    stages = _by(rows, lambda row: row.stage)
    return Leaks(
        idle_days=idle_days,
        open=sum(row.many for row in rows),
        idle=sum(row.idle for row in rows),
        stages=tuple(sorted(stages, key=lambda leak: Stage(leak.name).rank)),
        sources=_by(rows, lambda row: source_of(row.source) or UNKNOWN) if apart else (),
        owners=_by(rows, lambda row: row.owner or "") if apart else (),
    )


def _by(rows: "Iterable[Row[Any]]", key: "Callable[[Row[Any]], str]") -> tuple[Leak, ...]:
    sums: dict[str, list[int]] = {}
    for row in rows:
        both = sums.setdefault(key(row), [0, 0])
        both[0] += row.many
        both[1] += row.idle
    found = [Leak(name=name, open=many, idle=idle) for name, (many, idle) in sums.items()]
    return tuple(sorted(found, key=lambda leak: (-leak.idle, -leak.open, leak.name)))
