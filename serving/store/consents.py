"""What leads allow: to be contacted for marketing, and to be scored. The statement made last counts."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import insert

from serving.lifecycle.moves import CRM
from serving.live.consequences import drop, place_now
from serving.live.marks import mark_due
from serving.store.leads import introduce
from serving.store.schema import consents
from serving.store.tombstones import refusal
from serving.store.writer import Write

Purpose = Literal["marketing", "profiling"]


@dataclass(frozen=True, kw_only=True)
class Consent:
    """One statement of a lead; an objection to profiling is `profiling` not given."""

    lead_id: str
    purpose: Purpose
    given: bool
    happened_at: int
    known_at: int | None = None  #: the receipt unless given


def state(write: Write, consent: Consent) -> None:
    """Add a statement.

    Raises:
        LeadDeleted: the lead was deleted.
    """
    _, gone = introduce(write, [consent.lead_id])
    if gone:
        raise refusal()
    row = {
        "seq": write.seq,
        "lead_id": consent.lead_id,
        "purpose": consent.purpose,
        "given": consent.given,
        "happened_at": consent.happened_at,
        "known_at": write.now if consent.known_at is None else consent.known_at,
    }
    write.connection.execute(insert(consents), row)
    mark_due(write, [consent.lead_id])
    if consent.purpose == "profiling" and not consent.given:
        _stop_scoring(write, consent)


def _stop_scoring(write: Write, consent: Consent) -> None:
    """An objection takes effect at once, unless it was taken back since it was made."""
    place = place_now(write.connection, consent.lead_id, max(write.now, consent.happened_at))
    if place.objects_to_profiling:
        drop(write, place.lead_id, reason="objected", by=CRM)
