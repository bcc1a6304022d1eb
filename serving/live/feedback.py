"""What sales says of a lead that it was handed: it ends the hand-off, and an acceptance makes it sales qualified."""

from dataclasses import replace

from sqlalchemy import select

from features.clock import SECOND
from features.errors import BadInput
from features.stages import Stage
from features.tables import OUTCOME_KINDS
from serving.live.consequences import place_now
from serving.live.hand_offs import ever, open_of
from serving.store.events import NewEvent, Taken, take_in
from serving.store.family import Family, family_of
from serving.store.schema import events
from serving.store.writer import Write

VERDICTS = OUTCOME_KINDS[2:]
RETRIES = 600 * SECOND  #: within which the same said again is a retry, not a second verdict


class NeverHandedOver(BadInput):
    """A verdict on a lead that sales never had: nothing was written."""

    http_status = 409
    title = "The lead was never handed over"


def take_verdict(write: Write, verdict: NewEvent, *, by: str, handed_over: bool = False) -> tuple[NewEvent, Taken]:
    """Take in a verdict, said `by` a rep's key or the CRM; with `handed_over` the CRM vouches that sales had the lead.

    It comes back by the id that it is stored with.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
        NeverHandedOver: it was never offered to sales, nor is it with sales by its stage.
        EventConflict: another verdict has this event_id.
    """
    family = family_of(write.connection, verdict.lead_id)
    if not handed_over and not ever(write.connection, family.members):
        stage = place_now(write.connection, verdict.lead_id, write.now).stage
        if stage is None or stage.rank < Stage.SALES_QUALIFIED.rank:
            raise NeverHandedOver(
                "the lead was never handed over, so sales can't have answered; a CRM that handed it over itself "
                "sends handed_over: true"
            )
    verdict = _once(write, family, verdict)
    (answer,) = take_in(write, [verdict], by=by)
    if isinstance(answer, BadInput):
        raise answer
    return verdict, answer


def _once(write: Write, family: Family, verdict: NewEvent) -> NewEvent:
    """The verdict; one without id and time that only repeats what holds gets the id of that: it is a sender's retry."""
    if verdict.event_id is not None or verdict.happened_at is not None:
        return verdict
    place = place_now(write.connection, verdict.lead_id, write.now)
    with_sales = place.stage is not None and place.stage.rank >= Stage.SALES_QUALIFIED.rank
    holds = with_sales if verdict.kind == "sales_accepted" else place.turned_down is not None
    if not holds or open_of(write.connection, family.root) is not None:
        return verdict
    asked = select(events.c.source, events.c.event_id, events.c.digest).where(
        events.c.lead_id.in_(family.members), events.c.kind.in_(VERDICTS), events.c.happened_at > write.now - RETRIES
    )
    last = write.connection.execute(asked.order_by(events.c.happened_at.desc(), events.c.seq.desc()).limit(1)).first()
    if last is None or (last.source, last.digest) != (verdict.source, verdict.digest):
        return verdict
    return replace(verdict, event_id=last.event_id)
