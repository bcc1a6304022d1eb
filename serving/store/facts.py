"""What was known of a lead at a moment, read back from the facts: the lead as the kernel takes it, and its place.

With `seq` only what was written by then counts, so an answer of the past can be worked out again
even where facts came in later that claim to have been known before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, Table

from features.lead import Event, Lead
from features.stages import Stage
from features.tables import OUTCOME_KINDS
from serving.lifecycle.moves import POLICY, Standing, lasting, standing
from serving.store.family import Family, family_of
from serving.store.known import Known, known_of
from serving.store.leads import BANT
from serving.store.moves import Move, move_of_row
from serving.store.schema import attribute_changes, consents, events, stage_moves

REOPENED = "reopened"  #: code of a move that takes back that a lead was won or lost


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
    stage: Stage | None  #: by its moves; None before the first
    stage_since: int | None  #: as if moves that were taken back had never been made
    consent: bool | None  #: to be contacted for marketing; None where it never said
    objects_to_profiling: bool
    owner: str | None
    account_id: str | None
    outcomes: tuple[Outcome, ...]  #: the last one last
    consent_at: int | None = None  #: when it said so
    bant: Mapping[str, str] = field(default_factory=dict)  #: what sales learned, by BANT
    moves: tuple[Move, ...] = ()  #: the last one last

    @property
    def standing(self) -> Standing:
        """Where its moves have brought it, who did it, and when a person last had a hand in it."""
        return standing(self.moves)

    @property
    def closed(self) -> Outcome | None:
        """The last result, unless the CRM opened the lead again since: a closed lead is not scored any more."""
        closed = next((o for o in reversed(self.outcomes) if o.kind in OUTCOME_KINDS[:2]), None)
        opened = [m.happened_at for m in lasting(self.moves) if m.because.get("code") == REOPENED]
        return None if closed is not None and opened and opened[-1] >= closed.happened_at else closed

    @property
    def verdict(self) -> Outcome | None:
        """What sales said last."""
        return next((o for o in reversed(self.outcomes) if o.kind in OUTCOME_KINDS[2:]), None)

    @property
    def turned_down(self) -> Outcome | None:
        """The rejection that is in force: neither an acceptance nor a stage that somebody set came after it."""
        verdict = self.verdict
        if verdict is None or verdict.kind != "sales_rejected":
            return None
        set_at = [
            move.happened_at for move in lasting(self.moves) if move.by != POLICY and move.stage is not Stage.LEAD
        ]
        return None if set_at and set_at[-1] > verdict.happened_at else verdict

    @property
    def ended(self) -> bool:
        """Whether nobody is to be shown its score: it was won or lost, is a customer, or objects to profiling."""
        customer = self.stage is not None and self.stage.rank >= Stage.CUSTOMER.rank
        return self.objects_to_profiling or customer or self.closed is not None


def lead_at(connection: Connection, lead_id: str, as_of: int, *, seq: int | None = None) -> Lead:
    """The lead with what had happened and was known of it at `as_of`; equal to `features.rows.lead_at` of an export.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    family = family_of(connection, lead_id, seq=seq)
    tables = (attribute_changes, events)
    return lead_of(known_of(connection, [family], until=as_of, seq=seq, tables=tables)[family.root], as_of)


def place_at(connection: Connection, lead_id: str, as_of: int, *, seq: int | None = None) -> Place:
    """Where the lead stood, as known at `as_of`.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    family = family_of(connection, lead_id, seq=seq)
    return place_of(known_of(connection, [family], until=as_of, seq=seq)[family.root], as_of)


def lead_of(known: Known, as_of: int) -> Lead:
    """As `lead_at`, of rows that were read."""
    return lead_and_place_of(known, as_of)[0]


def place_of(known: Known, as_of: int) -> Place:
    """As `place_at`, of rows that were read."""
    return lead_and_place_of(known, as_of)[1]


def lead_and_place_of(known: Known, as_of: int) -> tuple[Lead, Place]:
    """As `lead_at` and `place_at`, of rows that were read: for both they are looked through once."""
    own, attributes = _values(known, as_of)
    told = _seen(known, events, as_of)
    return _lead(known, as_of, own, attributes, told), _place(known, as_of, own, told)


def _lead(known: Known, as_of: int, own: "Own", attributes: dict[str, object], told: "list[_Told]") -> Lead:
    created_at = _created_at(own)
    return Lead(
        lead_id=known.family.root,
        created_at=None if created_at is None or created_at > as_of else created_at,
        attributes=attributes,
        events=tuple(
            Event(row[1], row[2], known_at, row[4], row[5], row[6])
            for row, known_at in told
            if row[1] not in OUTCOME_KINDS
        ),
    )


def _place(known: Known, as_of: int, own: "Own", told: "list[_Told]") -> Place:
    family = known.family
    said = {row.purpose: row for row, _ in _seen(known, consents, as_of)}
    moves = tuple(move_of_row(row) for row, _ in _seen(known, stage_moves, as_of) if row.lead_id == family.root)
    stands = standing(moves)
    marketing = said.get("marketing")
    return Place(
        lead_id=family.root,
        stage=stands.stage,
        stage_since=stands.since,
        consent=None if marketing is None else marketing.given,
        consent_at=None if marketing is None else marketing.happened_at,
        objects_to_profiling="profiling" in said and not said["profiling"].given,
        owner=_first(family, own, "owner"),
        account_id=_first(family, own, "account_id"),
        bant={name: value for name in BANT if (value := _first(family, own, name)) is not None},
        moves=moves,
        outcomes=tuple(
            Outcome(kind=r.kind, happened_at=r.happened_at, known_at=known_at, reason=r.reason, note=r.note)
            for r, known_at in told
            if r[1] in OUTCOME_KINDS
        ),
    )


_Told = tuple[Any, int]  #: a row, and when the family knew of it


def _seen(known: Known, table: Table, as_of: int) -> list[_Told]:
    """Rows that had happened and were known, the last one last, each with when the family knew of it."""
    family, rows = known.family, known.rows[table]
    told = [(row, row.known_at) for row in rows]
    if family.others:
        told = [(row, family.known_at(row.lead_id, known_at)) for row, known_at in told]
    return [(row, known_at) for row, known_at in told if known_at <= as_of and row.happened_at <= as_of]


Own = dict[str, dict[str, object]]  #: value by field and member


def _values(known: Known, as_of: int) -> tuple[Own, dict[str, object]]:
    """Own fields by member, and the last known value of each attribute that says something.

    When a lead was created counts whenever it was told, as in an export.
    """
    family = known.family
    own: Own = {}
    attributes: dict[str, object] = {}
    rows = known.rows[attribute_changes]
    if family.others:
        rows = [row for row in rows if row.own or family.has_values_of(row.lead_id, row.seq)]
        rows = sorted(rows, key=lambda r: (family.known_at(r.lead_id, r.known_at), r.id))
    for row in rows:
        known_at = family.known_at(row.lead_id, row.known_at)
        if known_at > as_of and not (row.own and row.field == "created_at"):
            continue
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
