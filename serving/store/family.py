"""A lead and those that were merged into it, as one: whose facts count, and from when they were known.

Facts of the other lead count as known when the leads were merged, if they were known before: until
then nobody could have used them for this one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import BindParameter, Connection, bindparam, select

from serving.store.leads import require
from serving.store.schema import leads, merges

IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
MERGED_INTO = select(leads.c.lead_id, leads.c.merged_into).where(leads.c.lead_id.in_(IDS))
PARTS = select(merges.c.into_id, merges.c.lead_id, merges.c.seq, merges.c.at).where(merges.c.into_id.in_(IDS))


class Merged(NamedTuple):
    """When another lead became part of this one."""

    seq: int
    at: int


@dataclass(frozen=True, kw_only=True)
class Family:
    """The lead that stays, and the others that are part of it."""

    root: str
    others: Mapping[str, Merged]

    @property
    def members(self) -> list[str]:
        """All of them, the one that stays first."""
        return [self.root, *self.others]

    def known_at(self, lead_id: str, known_at: int) -> int:
        """From when a fact of this member counts as known of the family."""
        return known_at if lead_id == self.root else max(known_at, self.others[lead_id].at)

    def has_values_of(self, lead_id: str, seq: int) -> bool:
        """Whether a field's value told in write `seq` counts: of the others only from the merge on."""
        return lead_id == self.root or seq > self.others[lead_id].seq


def family_of(connection: Connection, lead_id: str, *, seq: int | None = None) -> Family:
    """The family that the lead belongs to now, or the one that it headed after write `seq`.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    found = require(connection, lead_id)
    root: str = lead_id if seq is not None else found.merged_into or lead_id
    return _headed_by(connection, [root], seq)[root]


def families_of(connection: Connection, lead_ids: Sequence[str]) -> dict[str, Family]:
    """The families that these leads belong to now, by the ids asked for; leads that are not there are left out."""
    rows = connection.execute(MERGED_INTO, {"ids": lead_ids})
    root = {lead_id: merged_into or lead_id for lead_id, merged_into in rows}
    found = _headed_by(connection, sorted(set(root.values())), None)
    return {lead_id: found[root[lead_id]] for lead_id in lead_ids if lead_id in root}


def _headed_by(connection: Connection, roots: Sequence[str], seq: int | None) -> dict[str, Family]:
    """The family of each lead that stays."""
    others: dict[str, dict[str, Merged]] = {root: {} for root in roots}
    for into_id, lead_id, merge_seq, at in connection.execute(PARTS, {"ids": roots}):
        if seq is None or merge_seq <= seq:
            others[into_id][lead_id] = Merged(merge_seq, at)
    return {root: Family(root=root, others=merged) for root, merged in others.items()}
