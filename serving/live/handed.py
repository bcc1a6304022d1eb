"""What became of each lead that was handed over, for marketing: accepted, turned down and why, won, lost, waiting.

A result counts for the last hand-off before it, so a lead that was turned down, came back and was won is
`recycled` once and `won` once. The accept rate counts answers alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, Row

from features.clock import DAY
from serving.lifecycle.handoff import Band
from serving.live.cursors import pack, unpack
from serving.live.tables_of_leads import CLOSINGS, MOVED, ROOTS, SOURCES, over_all, with_

PAGE, MOST = 50, 500  #: hand-offs in one answer
LONG_AGO = -(2**62)
UNKNOWN = "unknown"  #: a source that nobody told


class Became(StrEnum):
    """What became of a hand-off, the furthest first."""

    WON = "won"
    LOST = "lost"
    OPPORTUNITY = "opportunity"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    REJECTED = "rejected"
    RECYCLED = "recycled"  #: not accepted, and offered again since
    WITHDRAWN = "withdrawn"  #: the offer ended by itself: the score fell, or a person moved the lead
    MERGED = "merged"


_BETWEEN = "{0}.at >= h.offered_at AND (h.next_at IS NULL OR {0}.at < h.next_at)"
HANDED = f"""
handed AS (
    SELECT h.id, h.lead_id, h.offered_at, h.due_at, h.band, h.owner, h.reason, r.root,
           CASE WHEN h.ended_at <= :until THEN h.ended_at END AS ended_at,
           CASE WHEN h.ended_at <= :until THEN h.ending END AS ending,
           LEAD(h.offered_at) OVER (PARTITION BY r.root ORDER BY h.offered_at, h.id) AS next_at
    FROM hand_offs h JOIN roots r ON r.lead_id = h.lead_id
    WHERE h.offered_at <= :until
),
ended AS (
    SELECT h.id, MIN(CASE WHEN c.kind = 'closed_won' THEN c.at END) AS won_at,
           MIN(CASE WHEN c.kind = 'closed_lost' THEN c.at END) AS lost_at
    FROM handed h JOIN closings c ON c.root = h.root AND {_BETWEEN.format("c")}
    GROUP BY h.id
),
opened AS (
    SELECT h.id, MIN(m.at) AS at
    FROM handed h JOIN moved m ON m.root = h.root AND m.stage = 'opportunity' AND {_BETWEEN.format("m")}
    GROUP BY h.id
),
became AS (
    SELECT h.*, e.won_at, e.lost_at, o.at AS opened_at, s.value AS source,
           CASE WHEN COALESCE(h.ended_at, :until) > h.due_at THEN 1 ELSE 0 END AS late,
           CASE WHEN e.won_at IS NOT NULL THEN 'won' WHEN e.lost_at IS NOT NULL THEN 'lost'
                WHEN o.at IS NOT NULL THEN 'opportunity' WHEN h.ending IS NULL THEN 'waiting'
                WHEN h.ending IN ('accepted', 'merged') THEN h.ending WHEN h.next_at IS NOT NULL THEN 'recycled'
                ELSE h.ending END AS became
    FROM handed h LEFT JOIN ended e ON e.id = h.id LEFT JOIN opened o ON o.id = h.id
    LEFT JOIN sourced s ON s.root = h.root
    WHERE h.offered_at > :since
)"""  # noqa: S608  # our own words
_WITH = with_(ROOTS, CLOSINGS, MOVED, SOURCES, HANDED)


@dataclass(frozen=True, kw_only=True)
class Span:
    """(since, until] of the moments of offer, and whose hand-offs; None for all."""

    until: int
    since: int = LONG_AGO
    owner: str | None = None
    band: Band | None = None
    became: Became | None = None

    def question(self) -> dict[str, object]:
        """As plain data, for cursors; they go on while time does."""
        return {"list": "handoffs", "since": self.since, "owner": self.owner, "band": self.band, "became": self.became}

    def where(self) -> str:
        """The filters beside the time."""
        asked = [name for name in ("owner", "band", "became") if getattr(self, name) is not None]
        return " AND ".join(f"{name} = :{name}" for name in asked) or "1 = 1"

    def values(self) -> dict[str, object]:
        """Values of all bounds and filters."""
        asked = {name: getattr(self, name) for name in ("owner", "band", "became")}
        bounds = {"since": self.since, "until": self.until}
        return bounds | {name: str(value) for name, value in asked.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Fate:
    """One hand-off and what became of it; moments in microseconds."""

    hand_off_id: int
    lead_id: str
    band: Band
    offered_at: int
    due_at: int
    owner: str | None
    source: str | None
    became: Became
    reason: str | None  #: of a rejection, or why it was withdrawn
    answered_at: int | None
    late: bool  #: answered past its time, or past it and not answered
    opened_at: int | None  #: when it became an opportunity
    won_at: int | None
    lost_at: int | None


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Hand-offs of one band, source or owner, or of all."""

    name: str
    offered: int
    waiting: int
    accepted: int  #: by its answer, whatever came later
    rejected: int
    late: int
    won: int
    lost: int

    @property
    def accept_rate(self) -> float | None:
        """Accepted of the answered; None before the first answer."""
        answered = self.accepted + self.rejected
        return self.accepted / answered if answered else None


@dataclass(frozen=True, kw_only=True)
class ReasonTally:
    """How often sales turned leads down for one reason."""

    reason: str
    rejected: int
    share: float  #: of all answers
    recycled: int  #: of these, offered again since
    won: int  #: of these, won all the same before they were offered again


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A part of the list, and the sums over all of it."""

    rows: tuple[Fate, ...]
    following: str | None
    total: Tally
    bands: tuple[Tally, ...]
    sources: tuple[Tally, ...]
    owners: tuple[Tally, ...]
    reasons: tuple[ReasonTally, ...]
    became: Mapping[str, int]


def handed(connection: Connection, span: Span, *, after: str | None = None, limit: int = PAGE) -> Handed:
    """Hand-offs offered in (since, until] and what had become of them by `until`, the latest first.

    Raises:
        BadCursor: `after` is none of this list.
    """
    rows, following = _page(connection, span, after, limit)
    asked = f"""{_WITH} SELECT band, owner, source, ending, reason, became, late, COUNT(*) AS many FROM became
        WHERE {span.where()} GROUP BY band, owner, source, ending, reason, became, late"""  # noqa: S608
    groups = over_all(connection, asked, span.values())
    return Handed(
        rows=rows,
        following=following,
        total=_tally("all", groups),
        bands=_tallies(groups, lambda row: row.band, [band.value for band in Band]),
        sources=_tallies(groups, lambda row: source_of(row.source) or UNKNOWN),
        owners=_tallies(groups, lambda row: row.owner or ""),
        reasons=_reasons(groups),
        became={state.value: sum(r.many for r in groups if r.became == state.value) for state in Became},
    )


def _page(connection: Connection, span: Span, after: str | None, limit: int) -> tuple[tuple[Fate, ...], str | None]:
    values, place = span.values() | {"most": limit + 1}, "1 = 1"
    if after is not None:
        values["at"], values["number"] = unpack(span.question(), after, (int, int))
        place = "(offered_at, id) < (:at, :number)"
    asked = (
        f"{_WITH} SELECT * FROM became WHERE {span.where()} AND {place} ORDER BY offered_at DESC, id DESC LIMIT :most"  # noqa: S608
    )
    rows = over_all(connection, asked, values)
    last = rows[limit - 1] if len(rows) > limit else None
    following = None if last is None else pack(span.question(), (last.offered_at, last.id))
    return tuple(_fate(row) for row in rows[:limit]), following


def _fate(row: "Row[Any]") -> Fate:
    return Fate(
        hand_off_id=row.id,
        lead_id=row.root,
        band=Band(row.band),
        offered_at=row.offered_at,
        due_at=row.due_at,
        owner=row.owner,
        source=source_of(row.source),
        became=Became(row.became),
        reason=row.reason if row.ended_at is not None else None,
        answered_at=row.ended_at,
        late=bool(row.late),
        opened_at=row.opened_at,
        won_at=row.won_at,
        lost_at=row.lost_at,
    )


def source_of(value: str | None) -> str | None:
    """A source as text; None where nobody told one."""
    if value is None:
        return None
    said = orjson.loads(value)
    return None if said is None else str(said)


def waited_days(fate: Fate, until: int) -> float:
    """How long sales took, or takes so far."""
    return ((until if fate.answered_at is None else fate.answered_at) - fate.offered_at) / DAY


def _tallies(
    groups: "Iterable[Row[Any]]", key: "Callable[[Row[Any]], str]", order: list[str] | None = None
) -> tuple[Tally, ...]:
    """One for each key, in the order given or the largest first."""
    apart: dict[str, list[Row[Any]]] = {}
    for row in groups:
        apart.setdefault(key(row), []).append(row)
    found = [_tally(name, rows) for name, rows in apart.items()]
    if order is not None:
        return tuple(sorted(found, key=lambda one: order.index(one.name)))
    return tuple(sorted(found, key=lambda one: (-one.offered, one.name)))


def _tally(name: str, groups: "Iterable[Row[Any]]") -> Tally:
    groups = list(groups)

    def count(column: str, value: object) -> int:
        return sum(row.many for row in groups if getattr(row, column) == value)

    return Tally(
        name=name,
        offered=sum(row.many for row in groups),
        waiting=count("became", Became.WAITING.value),
        accepted=count("ending", "accepted"),
        rejected=count("ending", "rejected"),
        late=count("late", 1),
        won=count("became", Became.WON.value),
        lost=count("became", Became.LOST.value),
    )


def _reasons(groups: "Iterable[Row[Any]]") -> tuple[ReasonTally, ...]:
    answered, by_reason = 0, Counter[tuple[str, str]]()
    for row in groups:
        answered += row.many if row.ending in ("accepted", "rejected") else 0
        if row.ending == "rejected":
            by_reason[row.reason or "other", row.became] += row.many
    totals = Counter[str]()
    for (reason, _), many in by_reason.items():
        totals[reason] += many
    return tuple(
        ReasonTally(
            reason=reason,
            rejected=many,
            share=many / answered,
            recycled=by_reason[reason, Became.RECYCLED.value],
            won=by_reason[reason, Became.WON.value],
        )
        for reason, many in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    )
