"""What became of each lead that was handed over, for marketing: accepted, turned down and why, won, lost, waiting.

A result counts for the last hand-off before it, so a lead that was turned down, came back and was won is
`recycled` once and `won` once. The accept rate counts answers alone.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row

from features.clock import DAY
from serving.lifecycle.handoff import Band
from serving.live.cursors import pack, unpack
from serving.live.fates import WITH_FATES
from serving.live.tables_of_leads import over_all

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
    unanswered: int  #: neither answered nor ended, whatever became of the lead
    ended: int  #: without an answer: by itself, or in a merge
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
    place = None if after is None else tuple(map(int, unpack(span.question(), after, (int, int))))
    asked = f"{WITH_FATES} SELECT * FROM became WHERE {span.where()} ORDER BY offered_at DESC, id DESC"  # noqa: S608
    found = over_all(connection, asked, span.values())
    groups = _groups(found)
    rows, following = _page(found, span, place, limit)
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


class _Group(NamedTuple):
    """Hand-offs that are alike in all that sums are made of."""

    band: str
    owner: str | None
    source: str | None
    ending: str | None
    reason: str | None
    became: str
    late: int
    many: int


def _groups(found: "Iterable[Row[Any]]") -> list[_Group]:
    alike = attrgetter(*_Group._fields[:-1])
    return [_Group._make((*key, many)) for key, many in Counter(map(alike, found)).items()]


def _page(
    found: "Sequence[Row[Any]]", span: Span, place: tuple[int, ...] | None, limit: int
) -> tuple[tuple[Fate, ...], str | None]:
    """The part of the list behind a place, and the cursor of the next one."""
    start = 0 if place is None else bisect_right(found, (-place[0], -place[1]), key=lambda r: (-r.offered_at, -r.id))
    rows = found[start : start + limit]
    more = start + limit < len(found)
    return tuple(_fate(row) for row in rows), pack(
        span.question(), (rows[-1].offered_at, rows[-1].id)
    ) if more else None


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
    groups: Iterable[_Group], key: Callable[[_Group], str], order: list[str] | None = None
) -> tuple[Tally, ...]:
    """One for each key, in the order given or the largest first."""
    apart: dict[str, list[_Group]] = {}
    for row in groups:
        apart.setdefault(key(row), []).append(row)
    found = [_tally(name, rows) for name, rows in apart.items()]
    if order is not None:
        return tuple(sorted(found, key=lambda one: order.index(one.name)))
    return tuple(sorted(found, key=lambda one: (-one.offered, one.name)))


def _tally(name: str, groups: Iterable[_Group]) -> Tally:
    groups = list(groups)

    def count(column: str, value: object) -> int:
        return sum(row.many for row in groups if getattr(row, column) == value)

    return Tally(
        name=name,
        offered=sum(row.many for row in groups),
        waiting=count("became", Became.WAITING.value),
        accepted=count("ending", "accepted"),
        rejected=count("ending", "rejected"),
        unanswered=count("ending", None),
        ended=count("ending", "withdrawn") + count("ending", "merged"),
        late=count("late", 1),
        won=count("became", Became.WON.value),
        lost=count("became", Became.LOST.value),
    )


def _reasons(groups: Iterable[_Group]) -> tuple[ReasonTally, ...]:
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
