"""What was known of a lead at a moment, read back from the facts: the lead as the kernel takes it, and its place.

With `seq` only what was written by then counts, so an answer of the past can be worked out again
even where facts came in later that claim to have been known before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Table, select

from features.lead import Event, Lead
from features.stages import Stage
from features.tables import OUTCOME_KINDS
from serving.store.family import Family, family_of
from serving.store.leads import changes_of
from serving.store.schema import consents, events, stage_moves


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How it ended, or what sales said."""

    kind: str  #: of OUTCOME_KINDS
    happened_at: int
    known_at: int
    reason: str | None
    note: str | None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a lead stands in the company's process."""

    lead_id: str  #: of the lead that stays, where leads were merged
    stage: Stage | None  #: of the last move; None before the first
    stage_since: int | None
    consent: bool | None  #: to be contacted for marketing; None where it never said
    objects_to_profiling: bool
    owner: str | None
    account_id: str | None
    outcomes: tuple[Outcome, ...]  #: the last one last

    @property
    def closed(self) -> Outcome | None:
        """The last result: a lead that was won or lost is not scored any more."""
        return next((o for o in reversed(self.outcomes) if o.kind in OUTCOME_KINDS[:2]), None)

    @property
    def verdict(self) -> Outcome | None:
        """What sales said last."""
        return next((o for o in reversed(self.outcomes) if o.kind in OUTCOME_KINDS[2:]), None)


def lead_at(connection: Connection, lead_id: str, as_of: int, *, seq: int | None = None) -> Lead:
    """The lead with what had happened and was known of it at `as_of`; equal to `features.rows.lead_at` of an export.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    family = family_of(connection, lead_id, seq=seq)
    own, attributes = _values(connection, family, as_of, seq)
    created_at = _created_at(own)
    return Lead(
        lead_id=family.root,
        created_at=None if created_at is None or created_at > as_of else created_at,
        attributes=attributes,
        events=tuple(
            Event(row.kind, row.happened_at, known_at, row.value, row.topic, row.channel)
            for row, known_at in _known(connection, events, family, as_of, seq)
            if row.kind not in OUTCOME_KINDS
        ),
    )


def place_at(connection: Connection, lead_id: str, as_of: int, *, seq: int | None = None) -> Place:
    """Where the lead stood, as known at `as_of`.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    family = family_of(connection, lead_id, seq=seq)
    own, _ = _values(connection, family, as_of, seq)
    said = {row.purpose: row.given for row, _ in _known(connection, consents, family, as_of, seq)}
    moves = [row for row, _ in _known(connection, stage_moves, family, as_of, seq) if row.lead_id == family.root]
    return Place(
        lead_id=family.root,
        stage=Stage(moves[-1].stage) if moves else None,
        stage_since=moves[-1].happened_at if moves else None,
        consent=said.get("marketing"),
        objects_to_profiling=said.get("profiling") is False,
        owner=_first(family, own, "owner"),
        account_id=_first(family, own, "account_id"),
        outcomes=tuple(
            Outcome(kind=r.kind, happened_at=r.happened_at, known_at=known_at, reason=r.reason, note=r.note)
            for r, known_at in _known(connection, events, family, as_of, seq)
            if r.kind in OUTCOME_KINDS
        ),
    )


def _known(
    connection: Connection, table: Table, family: Family, as_of: int, seq: int | None
) -> "Iterator[tuple[Row[Any], int]]":
    """Rows that had happened and were known, the last one last, each with when the family knew of it."""
    asked = select(table).where(
        table.c.lead_id.in_(family.members), table.c.happened_at <= as_of, table.c.known_at <= as_of
    )
    if seq is not None:
        asked = asked.where(table.c.seq <= seq)
    last = table.c.event_id if table is events else table.c.id
    for row in connection.execute(asked.order_by(table.c.happened_at, table.c.known_at, last)):
        known_at = family.known_at(row.lead_id, row.known_at)
        if known_at <= as_of:
            yield row, known_at


Own = dict[str, dict[str, object]]  #: value by field and member


def _values(connection: Connection, family: Family, as_of: int, seq: int | None) -> tuple[Own, dict[str, object]]:
    """Own fields by member, and the last known value of each attribute that says something.

    When a lead was created counts whenever it was told, as in an export.
    """
    own: Own = {}
    attributes: dict[str, object] = {}
    rows = [
        row
        for row in changes_of(connection, family.members)
        if (row.own or family.has_values_of(row.lead_id, row.seq))
        and (seq is None or row.seq <= seq)
        and (family.known_at(row.lead_id, row.known_at) <= as_of or (row.own and row.field == "created_at"))
    ]
    for row in sorted(rows, key=lambda r: (family.known_at(r.lead_id, r.known_at), r.id)):
        value = orjson.loads(row.value)
        if row.own:
            own.setdefault(row.field, {})[row.lead_id] = value
        else:
            attributes[row.field] = value
    return own, {name: value for name, value in attributes.items() if value is not None}


def _created_at(own: Own) -> int | None:
    """The earliest creation of all members: the person came when the first of them did."""
    told = [value for value in own.get("created_at", {}).values() if isinstance(value, int)]
    return min(told, default=None)


def _first(family: Family, own: Own, name: str) -> str | None:
    """The value of the lead that stays, else of another."""
    told = (own.get(name, {}).get(member) for member in family.members)
    return next((value for value in told if isinstance(value, str)), None)
