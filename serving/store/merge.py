"""Making two leads one: the other's facts belong to the first from then on.

No fact is changed. A row in `merges` says whose facts count as whose; of the other's fields those
that the first has no value for are told of it anew, marked with the merge. So the record holds all
that it takes to tell the two apart again.
"""

import orjson
from sqlalchemy import delete, insert, select, update

from serving.store.errors import MergeConflict
from serving.store.leads import changes_of, last_values, require
from serving.store.schema import attribute_changes, leads, merges, standings
from serving.store.writer import Write


def merge(write: Write, lead_id: str, other: str) -> bool:
    """Make `other` part of `lead_id`; False when it is already.

    Raises:
        UnknownLead, LeadDeleted: one of them is not there.
        MergeConflict: they are the same lead, or either is part of a third.
    """
    into, merged = require(write.connection, lead_id), require(write.connection, other)
    if merged.merged_into == lead_id:
        return False
    if lead_id == other:
        raise MergeConflict("a lead can't be merged into itself; name two leads")
    for row in (into, merged):
        if row.merged_into is not None:
            raise MergeConflict(f"lead {row.lead_id!r} is part of {row.merged_into!r} already; name that one instead")
    _fill_in(write, lead_id, other)
    parts = select(leads.c.lead_id).where(leads.c.merged_into == other)
    moved = [other, *write.connection.execute(parts).scalars()]
    rows = [{"seq": write.seq, "lead_id": m, "into_id": lead_id, "at": write.now} for m in moved]
    write.connection.execute(insert(merges), rows)
    write.connection.execute(update(leads).where(leads.c.lead_id.in_(moved)).values(merged_into=lead_id))
    write.connection.execute(delete(standings).where(standings.c.lead_id.in_(moved)))
    return True


def _fill_in(write: Write, lead_id: str, other: str) -> None:
    """Tell of the first what only the other has a value for."""
    has = _said(write, lead_id)
    rows = [
        {"own": False, "field": name, "value": value, "seq": write.seq, "lead_id": lead_id}
        | {"known_at": write.now, "merge_seq": write.seq}
        for name, value in sorted(_said(write, other).items())
        if name not in has
    ]
    if rows:
        write.connection.execute(insert(attribute_changes), rows)


def _said(write: Write, lead_id: str) -> dict[str, str]:
    """The JSON of each attribute that has a value."""
    last = last_values(changes_of(write.connection, [lead_id]))
    return {name: value for (own, name), value in last.items() if not own and orjson.loads(value) is not None}
