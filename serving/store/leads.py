"""Leads and their fields: what was told of them, kept as history.

A value told with its own `known_at` is always kept, so any order of telling ends the same. Told
without one it counts from its receipt, and is left out where it repeats the last known value: a CRM
that sends all fields every night adds nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, Row, insert, select, update

from serving.live.marks import mark_due
from serving.store.errors import UnknownLead
from serving.store.schema import attribute_changes, leads
from serving.store.tombstones import deleted, refusal
from serving.store.writer import Write

OWN = ("created_at", "account_id", "owner")  #: fields of every lead, apart from its attributes
BANT = ("budget", "authority", "need", "timeline")  #: what sales learned of it in conversation, kept apart as well


@dataclass(frozen=True, kw_only=True)
class LeadTold:
    """What is told of one lead at once; only what is there is told."""

    lead_id: str
    own: Mapping[str, object] = field(default_factory=dict)  #: of OWN and BANT; created_at in microseconds
    attributes: Mapping[str, object] = field(default_factory=dict)  #: by the export's names
    known_at: int | None = None  #: the receipt unless given


def tell(write: Write, told: LeadTold) -> bool:
    """Take in a lead's fields; whether the lead is new.

    Raises:
        LeadDeleted: the lead was deleted.
    """
    new, gone = introduce(write, [told.lead_id])
    if gone:
        raise refusal()
    before = last_values(changes_of(write.connection, [told.lead_id]))
    rows = _changes(write, told, before)
    if rows:
        write.connection.execute(insert(attribute_changes), rows)
    if not told.own.keys().isdisjoint(OWN):
        _show_now(write, told.lead_id)
    if rows or new:
        mark_due(write, [told.lead_id])
    return bool(new)


def introduce(write: Write, lead_ids: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Add the leads never heard of; gives the new ones and those that were deleted, which stay away."""
    wanted = frozenset(lead_ids)
    there = select(leads.c.lead_id).where(leads.c.lead_id.in_(wanted))
    missing = wanted.difference(write.connection.execute(there).scalars())
    gone = deleted(write.connection, missing) if missing else frozenset()
    new = missing - gone
    if new:
        write.connection.execute(insert(leads), [{"lead_id": i, "seq": write.seq} for i in sorted(new)])
    return new, gone


def require(connection: Connection, lead_id: str) -> "Row[Any]":
    """The row of a lead in `leads`.

    Raises:
        UnknownLead, LeadDeleted: there is none.
    """
    found = connection.execute(select(leads).where(leads.c.lead_id == lead_id)).one_or_none()
    if found is None:
        if deleted(connection, [lead_id]):
            raise refusal()
        raise UnknownLead("nothing was told of this lead yet; send it to /v1/leads or send its events first")
    return found


def changes_of(connection: Connection, lead_ids: Sequence[str]) -> "Sequence[Row[Any]]":
    """All changes of these leads, the last known last."""
    asked = select(attribute_changes).where(attribute_changes.c.lead_id.in_(lead_ids))
    return connection.execute(asked.order_by(attribute_changes.c.known_at, attribute_changes.c.id)).all()


def last_values(changes: "Sequence[Row[Any]]") -> dict[tuple[bool, str], str]:
    """The JSON of the last known value by (own, field)."""
    return {(change.own, change.field): change.value for change in changes}


def json_of(value: object) -> str:
    """A value as the store keeps it: JSON, so that 5, 5.0, "5" and true stay apart."""
    return orjson.dumps(value).decode()


def _changes(write: Write, told: LeadTold, before: Mapping[tuple[bool, str], str]) -> list[dict[str, object]]:
    values = {(True, name): json_of(value) for name, value in told.own.items()}
    values |= {(False, name): json_of(value) for name, value in told.attributes.items()}
    known_at = write.now if told.known_at is None else told.known_at
    return [
        {"seq": write.seq, "lead_id": told.lead_id, "own": own, "field": name, "value": value, "known_at": known_at}
        for (own, name), value in values.items()
        if told.known_at is not None or before.get((own, name)) != value
    ]


def _show_now(write: Write, lead_id: str) -> None:
    """Bring the columns of `leads` up to date."""
    last = last_values(changes_of(write.connection, [lead_id]))
    now = {name: orjson.loads(last.get((True, name), "null")) for name in OWN}
    write.connection.execute(update(leads).where(leads.c.lead_id == lead_id).values(**now))
