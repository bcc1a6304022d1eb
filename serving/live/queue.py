"""The queue of sales: hand-offs that nobody has answered yet, each with its clock, the most urgent first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, select, tuple_

from features.clock import DAY, HOUR
from serving.lifecycle.handoff import Band, Clock
from serving.live.cursors import pack, unpack
from serving.store.live_schema import hand_offs
from serving.store.schema import leads, standings

PAGE, MOST = 50, 500  #: hand-offs in one answer
NOBODY = ""  #: as owner: leads that belong to nobody

_OWNER = func.coalesce(leads.c.owner, hand_offs.c.owner)
_SHOWN = ("name", "company", "role", "source", "probability", "score", "fit", "engagement", "stage", "trend", "action")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which hand-offs somebody wants to see; None for all."""

    owner: str | None = None  #: whose; `NOBODY` for those without an owner
    band: Band | None = None
    breached: bool | None = None  #: past their time, or not

    def question(self) -> dict[str, object]:
        """As plain data, for cursors."""
        return {"list": "queue", "owner": self.owner, "band": self.band, "breached": self.breached}


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One lead that sales has been offered and has not answered; moments in microseconds."""

    hand_off_id: int
    lead_id: str
    band: Band
    offered_at: int
    due_at: int
    clock: Clock  #: running or breached
    left_hours: float  #: until its time is over; negative once it is
    waited_days: float
    owner: str | None
    by: str  #: policy, or the id of a key
    lead: Mapping[str, Any]  #: name, company, score and so on, as lists show it; empty without a score
    reasons: Sequence[Mapping[str, Any]]  #: the strongest, each with its sentence by language
    action_text: Mapping[str, str]  #: what to do, by language


@dataclass(frozen=True, kw_only=True)
class BandClock:
    """How full one band of the queue is."""

    band: Band
    waiting: int
    breached: int


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    """A part of the queue, and how long all of it is."""

    rows: tuple[Waiting, ...]
    following: str | None  #: the cursor of the next part; None on the last one
    bands: tuple[BandClock, ...]  #: of all hand-offs asked for, the warmest first

    @property
    def waiting(self) -> int:
        """All that wait."""
        return sum(band.waiting for band in self.bands)

    @property
    def breached(self) -> int:
        """Those past their time."""
        return sum(band.breached for band in self.bands)


def queue(
    connection: Connection,
    asked: Asked = Asked(),
    *,
    now: int,
    after: str | None = None,
    limit: int = PAGE,  # frozen
) -> QueuePage:
    """The next hand-offs that wait, those due first at the top.

    Raises:
        BadCursor: `after` is none of this list.
    """
    found = _open(now, asked)
    page = found
    if after is not None:
        due_at, number = unpack(asked.question(), after, (int, int))
        page = found.where(tuple_(hand_offs.c.due_at, hand_offs.c.id) > tuple_(due_at, number))
    rows = connection.execute(page.order_by(hand_offs.c.due_at, hand_offs.c.id).limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return QueuePage(
        rows=tuple(_waiting(row, now) for row in rows[:limit]),
        following=None if last is None else pack(asked.question(), (last.due_at, last.id)),
        bands=_bands(connection, found, now),
    )


def _open(now: int, asked: Asked) -> "Select[Any]":
    chosen = (
        select(hand_offs, _OWNER.label("whose"), *(standings.c[name] for name in (*_SHOWN, "reasons", "action_text")))
        .join_from(hand_offs, leads, leads.c.lead_id == hand_offs.c.lead_id, isouter=True)
        .join(standings, standings.c.lead_id == hand_offs.c.lead_id, isouter=True)
    )
    return chosen.where(hand_offs.c.ended_at.is_(None), hand_offs.c.offered_at <= now, *_filters(now, asked))


def _filters(now: int, asked: Asked) -> "list[ColumnElement[bool]]":
    found: list[ColumnElement[bool]] = []
    if asked.owner == NOBODY:
        found.append(_OWNER.is_(None))
    elif asked.owner is not None:
        found.append(_OWNER.in_((asked.owner,)))
    if asked.band is not None:
        found.append(hand_offs.c.band == asked.band.value)
    if asked.breached is not None:
        found.append(hand_offs.c.due_at < now if asked.breached else hand_offs.c.due_at >= now)
    return found


def _bands(connection: Connection, found: "Select[Any]", now: int) -> tuple[BandClock, ...]:
    late = func.sum(case((hand_offs.c.due_at < now, 1), else_=0)).label("late")
    counted = found.with_only_columns(hand_offs.c.band, func.count().label("waiting"), late)
    rows = {row.band: row for row in connection.execute(counted.group_by(hand_offs.c.band))}
    return tuple(
        BandClock(band=band, waiting=rows[band.value].waiting, breached=rows[band.value].late)
        for band in Band
        if band.value in rows
    )


def _waiting(row: "Row[Any]", now: int) -> Waiting:
    return Waiting(
        hand_off_id=row.id,
        lead_id=row.lead_id,
        band=Band(row.band),
        offered_at=row.offered_at,
        due_at=row.due_at,
        clock=Clock.BREACHED if row.due_at < now else Clock.RUNNING,
        left_hours=(row.due_at - now) / HOUR,
        waited_days=(now - row.offered_at) / DAY,
        owner=row.whose,
        by=row.by,
        lead={} if row.score is None else {name: getattr(row, name) for name in _SHOWN},
        reasons=orjson.loads(row.reasons or "[]"),
        action_text=orjson.loads(row.action_text or "{}"),
    )
