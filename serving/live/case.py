"""From the store to the case that a predictor answers: the lead and its place, as known at a moment."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from features.clock import DAY
from features.request import FactsIn
from features.stages import Stage
from serving.lifecycle.moves import standing
from serving.predict import Case
from serving.store.facts import Place, lead_at, place_at
from serving.store.live_schema import hand_offs
from serving.store.moves import moves_of


@dataclass(frozen=True, kw_only=True)
class Living:
    """A lead of the store at a moment."""

    case: Case
    place: Place


def living_at(connection: Connection, lead_id: str, as_of: int, *, seq: int | None = None) -> Living:
    """The lead as known at `as_of`; with `seq` only what was written by then counts.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    lead = lead_at(connection, lead_id, as_of, seq=seq)
    place = place_at(connection, lead.lead_id, as_of, seq=seq)
    stands = standing([m for m in moves_of(connection, lead.lead_id) if m.happened_at <= as_of])
    verdict = place.verdict
    turned_down = verdict if verdict is not None and verdict.kind == "sales_rejected" else None
    facts = FactsIn.model_construct(
        stage=stands.stage or Stage.LEAD,
        stage_since=stands.since,
        consent=place.consent,
        objects_to_profiling=place.objects_to_profiling,
        disqualified_reason=None if turned_down is None else turned_down.reason or "other",
        disqualified_at=None if turned_down is None else turned_down.happened_at,
        owner=place.owner,
    )
    case = Case(
        lead=lead,
        as_of=as_of,
        facts=facts,
        set_days=None if stands.set_at is None else max(0, as_of - stands.set_at) / DAY,
        offered=_offered(connection, lead.lead_id, as_of),
    )
    return Living(case=case, place=place)


def _offered(connection: Connection, lead_id: str, as_of: int) -> bool:
    """Whether sales had been offered the lead and had not answered by then."""
    asked = select(hand_offs.c.id).where(
        hand_offs.c.lead_id == lead_id,
        hand_offs.c.offered_at <= as_of,
        hand_offs.c.ended_at.is_(None) | (hand_offs.c.ended_at > as_of),
    )
    return connection.execute(asked.limit(1)).first() is not None
