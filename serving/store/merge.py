"""Making two leads one: the other's facts belong to the first from then on.

No fact is changed. A row in `merges` says whose facts count as whose; of the other's fields those
that the first has no value for are told of it anew, marked with the merge. So the record holds all
that it takes to tell the two apart again.
"""

import orjson
from sqlalchemy import delete, insert, select, update

from features.stages import Stage
from serving.lifecycle.moves import CRM, POLICY, Move, standing
from serving.live.consequences import drop, place_now
from serving.live.hand_offs import end
from serving.live.marks import mark_due
from serving.live.moving import make_move, not_before
from serving.store.errors import MergeConflict
from serving.store.leads import changes_of, last_values, require
from serving.store.moves import moves_of
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
    end(write, other, at=write.now, ending="merged", by=CRM, reason=None)
    _stand_as_far(write, lead_id, other)
    mark_due(write, [lead_id, other])
    return True


def _stand_as_far(write: Write, lead_id: str, other: str) -> None:
    """The lead that stays is as far along as the further of both; what is closed or not to be scored comes along."""
    own, others = (moves_of(write.connection, name) for name in (lead_id, other))
    here, there = (standing(moves).stage or Stage.LEAD for moves in (own, others))
    if there.rank > here.rank:
        move = Move(
            lead_id=lead_id,
            stage=there,
            previous=here,
            happened_at=not_before(own, write.now),
            by=CRM if there.rank >= Stage.SALES_QUALIFIED.rank else POLICY,
            because={"code": "merged"},
        )
        make_move(write, move)
    place = place_now(write.connection, lead_id, write.now)
    if place.ended:
        drop(write, lead_id, reason="merged", by=CRM)


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
