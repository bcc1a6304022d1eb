"""What sales says of a lead that it was handed: it ends the hand-off, and an acceptance makes it sales qualified."""

from features.errors import BadInput
from features.stages import Stage
from serving.live.consequences import place_now
from serving.live.hand_offs import ever
from serving.store.events import NewEvent, Taken, take_in
from serving.store.family import family_of
from serving.store.writer import Write


class NeverHandedOver(BadInput):
    """A verdict on a lead that sales never had: nothing was written."""

    http_status = 409
    title = "The lead was never handed over"


def take_verdict(write: Write, verdict: NewEvent, *, by: str, handed_over: bool = False) -> Taken:
    """Take in a verdict, said `by` a rep's key or the CRM; with `handed_over` the CRM vouches that sales had the lead.

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
    (answer,) = take_in(write, [verdict], by=by)
    if isinstance(answer, BadInput):
        raise answer
    return answer
