"""Everything that happened to a lead, in one order: what it did, what was told of it, how it was moved and scored.

A page is read backwards from a place in that order, a query a table. At one moment facts come before what was
made of them: fields, consent, activities, then moves, hand-offs, and scores last.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Table, and_, or_, select

from features.tables import OUTCOME_KINDS
from serving.live.cursors import BadCursor, pack, unpack
from serving.live.effects import Effect, effects_of
from serving.store.family import family_of
from serving.store.live_schema import hand_offs
from serving.store.schema import attribute_changes, consents, events, ledger, merges, stage_moves

What = Literal[
    "field", "consent", "activity", "outcome", "verdict", "merge", "move", "hand_off_offered", "hand_off_ended", "score"
]
Place = tuple[int, int, str, str]  #: when, which table, and the two parts of the row's key


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened."""

    what: What
    at: int  #: when it happened; of a field, when it was known
    known_at: int  #: when the company knew
    lead_id: str  #: that it came with, where leads were merged
    data: Mapping[str, Any]  #: by `what`
    effect: Effect | None = None  #: the score that first saw it, and the one before
    seq: int = field(default=0, repr=False)
    place: Place = field(default=(0, 0, "", ""), repr=False)


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """A page of what happened to one lead, the last first."""

    lead_id: str
    entries: tuple[Entry, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class _Source:
    """A table's part in the order."""

    rank: int  #: among what happened at one moment
    table: Table
    at: str  #: the column of the moment
    read: Callable[["Row[Any]"], tuple[What, Mapping[str, Any]]]
    key: tuple[str, ...] = ("id",)
    members: str = "lead_id"
    where: ColumnElement[bool] | None = None


def timeline(connection: Connection, lead_id: str, *, cursor: str | None = None, limit: int = 50) -> Timeline:
    """A page of what happened to a lead and to those that are part of it.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
        BadCursor: the cursor is none of this list.
    """
    family = family_of(connection, lead_id)
    question = ["timeline", family.root]
    after: Place | None = None
    if cursor is not None:
        at, rank, first, second = unpack(question, cursor, [int, int, str, str])
        after = int(at), int(rank), str(first), str(second)
        if not second and not (str(first).isdecimal() and len(str(first)) < 19):
            raise BadCursor("the cursor is not one of this list; send `next` of the last answer")
    found = [e for source in SOURCES for e in _entries(connection, source, family.members, after, limit + 1)]
    found.sort(key=_order, reverse=True)
    page = found[:limit]
    more = pack(question, page[-1].place) if len(found) > limit else None
    effects = effects_of(connection, family.root)
    seen = (replace(e, effect=effects.of(seq=e.seq, known_at=e.known_at)) if e.what != "score" else e for e in page)
    return Timeline(lead_id=family.root, entries=tuple(seen), next=more)


def _order(entry: Entry) -> tuple[int, int, object, str]:
    at, rank, first, second = entry.place
    return at, rank, first if second else int(first), second


def _entries(
    connection: Connection, source: _Source, members: Sequence[str], after: Place | None, limit: int
) -> Iterator[Entry]:
    table, at = source.table, source.table.c[source.at]
    keys = [table.c[name] for name in source.key]
    asked = select(table).where(table.c[source.members].in_(members), at.is_not(None))
    if source.where is not None:
        asked = asked.where(source.where)
    if after is not None:
        asked = asked.where(_before(source, after))
    for row in connection.execute(asked.order_by(at.desc(), *(key.desc() for key in keys)).limit(limit)):
        what, data = source.read(row)
        moment = getattr(row, source.at)
        first, second = (*(str(getattr(row, name)) for name in source.key), "")[:2]
        yield Entry(
            what=what,
            at=moment,
            known_at=getattr(row, "known_at", moment),
            lead_id=row.lead_id,
            data=data,
            seq=row.seq,
            place=(moment, source.rank, first, second),
        )


def _before(source: _Source, after: Place) -> ColumnElement[bool]:
    """Rows of the source that come behind a place, where the last come first."""
    moment, rank, first, second = after
    at = source.table.c[source.at]
    if source.rank != rank:
        return at <= moment if source.rank < rank else at < moment
    keys = [source.table.c[name] for name in source.key]
    if len(keys) == 1:
        behind: ColumnElement[bool] = keys[0] < int(first)
    else:
        behind = or_(keys[0] < first, and_(keys[0] == first, keys[1] < second))
    return or_(at < moment, and_(at == moment, behind))


def _field(row: "Row[Any]") -> tuple[What, Mapping[str, Any]]:
    return "field", {"field": row.field, "value": orjson.loads(row.value), "merged": row.merge_seq is not None}


def _consent(row: "Row[Any]") -> tuple[What, Mapping[str, Any]]:
    return "consent", {"purpose": row.purpose, "given": row.given}


def _event(row: "Row[Any]") -> tuple[What, Mapping[str, Any]]:
    """An activity, or how it ended, or what sales said."""
    if row.kind in OUTCOME_KINDS[:2]:
        return "outcome", {"kind": row.kind, "reason": row.reason}
    if row.kind in OUTCOME_KINDS[2:]:
        return "verdict", {"kind": row.kind, "reason": row.reason, "note": row.note}
    names = ("kind", "value", "topic", "channel", "actor", "event_id", "source")
    return "activity", {name: getattr(row, name) for name in names}


def _merge(row: "Row[Any]") -> tuple[What, Mapping[str, Any]]:
    return "merge", {"other": row.lead_id}


def _move(row: "Row[Any]") -> tuple[What, Mapping[str, Any]]:
    data = {name: getattr(row, name) for name in ("previous", "stage", "by", "undoes")}
    return "move", data | {"move_id": row.id, "because": orjson.loads(row.because)}


def _offered(row: "Row[Any]") -> tuple[What, Mapping[str, Any]]:
    return "hand_off_offered", {"hand_off_id": row.id, "band": row.band, "due_at": row.due_at, "by": row.by}


def _ended(row: "Row[Any]") -> tuple[What, Mapping[str, Any]]:
    return "hand_off_ended", {"hand_off_id": row.id, "ending": row.ending, "reason": row.reason, "by": row.ended_by}


def _score(row: "Row[Any]") -> tuple[What, Mapping[str, Any]]:
    names = ("probability", "score", "fit", "engagement", "stage", "version")
    return "score", {"score_id": row.id, **{name: getattr(row, name) for name in names}}


SHOWN_OF_OWN = or_(attribute_changes.c.own.is_(False), attribute_changes.c.field != "created_at")
SOURCES = (
    _Source(rank=0, table=attribute_changes, at="known_at", read=_field, where=SHOWN_OF_OWN),
    _Source(rank=1, table=consents, at="happened_at", read=_consent),
    _Source(rank=2, table=events, at="happened_at", read=_event, key=("event_id", "source")),
    _Source(rank=3, table=merges, at="at", read=_merge, members="into_id"),
    _Source(rank=4, table=stage_moves, at="happened_at", read=_move),
    _Source(rank=5, table=hand_offs, at="offered_at", read=_offered),
    _Source(rank=6, table=hand_offs, at="ended_at", read=_ended),
    _Source(rank=7, table=ledger, at="as_of", read=_score),
)
