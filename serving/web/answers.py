"""What happens when two people, or one person twice, answer for the same lead: the second changes nothing."""

from typing import Literal

from sqlalchemy import Connection, select

from features.stages import Stage
from serving.ingest_read import verdict_of
from serving.ingest_schemas import FeedbackToTell
from serving.lifecycle.moves import lasting
from serving.live.consequences import place_now
from serving.live.feedback import take_verdict
from serving.live.stages import take_back
from serving.store.facts import Place
from serving.store.family import family_of
from serving.store.live_schema import hand_offs
from serving.store.writer import Write

Answered = Literal["accepted", "rejected", "taken"]


def answer(write: Write, told: FeedbackToTell, *, by: str) -> Answered:
    """Take in what a rep says; "taken" where somebody else accepted the lead before, and nothing was written.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
        NeverHandedOver: it was never offered to sales, nor is it with sales by its stage.
    """
    held_by = holder(write.connection, place_now(write.connection, told.lead_id, write.now))
    if held_by is not None and held_by != by:
        return "taken"
    if held_by is None or told.verdict != "accepted":
        take_verdict(write, verdict_of(told), by=by)
    return "accepted" if told.verdict == "accepted" else "rejected"


def undo_once(write: Write, lead_id: str, *, seen: int | None, by: str) -> Literal["undone", "moved_on"]:
    """Take back the move with the id `seen`, the one that the page showed as the last; any other one stays.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
        WrongMove: a rep would undo a fact of the CRM.
    """
    moves = place_now(write.connection, lead_id, write.now).moves
    left = lasting(moves)
    if left and left[-1].move_id == seen:
        take_back(write, lead_id, by=by)
        return "undone"
    again = seen is not None and bool(moves) and moves[-1].undoes == seen
    return "undone" if again else "moved_on"


def holder(connection: Connection, place: Place) -> str | None:
    """The key that accepted the last offer of a lead, while the lead is still with sales."""
    with_sales = place.stage is not None and place.stage.rank >= Stage.SALES_QUALIFIED.rank
    if not with_sales or place.turned_down is not None:
        return None
    family = family_of(connection, place.lead_id)
    asked = select(hand_offs.c.ending, hand_offs.c.ended_by).where(hand_offs.c.lead_id.in_(family.members))
    latest = asked.order_by(hand_offs.c.offered_at.desc(), hand_offs.c.id.desc()).limit(1)
    last = connection.execute(latest).first()
    return last.ended_by if last is not None and last.ending == "accepted" else None
