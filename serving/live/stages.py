"""Stages that somebody sets: the CRM any as a fact, a rep those that are hers to set; and taking a move back."""

from dataclasses import dataclass
from typing import Literal

from features.clock import iso
from features.stages import Stage
from serving.lifecycle.moves import CRM, Move, WrongMove, lasting, undo
from serving.live.consequences import drop, place_now
from serving.live.hand_offs import end
from serving.live.marks import mark_due
from serving.live.moving import make_move, not_before
from serving.store.facts import REOPENED, Place
from serving.store.writer import Write

#: what a rep may set by hand; customers and evangelists are made by what the CRM tells
BY_REPS = (Stage.SUBSCRIBER, Stage.LEAD, Stage.MARKETING_QUALIFIED, Stage.SALES_QUALIFIED, Stage.OPPORTUNITY)


@dataclass(frozen=True, kw_only=True)
class StageSet:
    """A stage that somebody sets."""

    lead_id: str
    stage: Stage
    by: str  #: "crm", or the id of a rep's key
    happened_at: int | None = None  #: the receipt where it wasn't told
    known_at: int | None = None
    note: str | None = None

    @property
    def fact(self) -> bool:
        """Whether it is the CRM that says so."""
        return self.by == CRM


@dataclass(frozen=True, kw_only=True)
class Stands:
    """Where the lead stands afterwards."""

    lead_id: str
    stage: Stage
    status: Literal["moved", "unchanged"]
    previous: Stage | None = None


def set_stage(write: Write, told: StageSet) -> Stands:
    """Move a lead, and draw the consequences: the hand-off that this answers, the score that is due.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
        WrongMove: it is not this caller's to make.
    """
    place = place_now(write.connection, told.lead_id, write.now)
    current = place.stage or Stage.LEAD
    if not told.fact:
        _allowed(place, current, told.stage)
    opens = place.closed is not None and told.stage.rank < Stage.CUSTOMER.rank
    if told.stage is current and place.stage is not None and not opens:
        return Stands(lead_id=place.lead_id, stage=current, status="unchanged")
    moment = write.now if told.happened_at is None else told.happened_at
    code = REOPENED if opens else "fact" if told.fact else "set"
    move = Move(
        lead_id=place.lead_id,
        stage=told.stage,
        previous=current,
        happened_at=max(not_before(place.moves, moment), place.closed.happened_at if opens and place.closed else 0),
        known_at=told.known_at,
        by=told.by,
        because={"code": code} | ({"note": told.note} if told.note else {}),
    )
    make_move(write, move)
    _after(write, move)
    return Stands(lead_id=place.lead_id, stage=told.stage, previous=current, status="moved")


def _allowed(place: Place, current: Stage, wanted: Stage) -> None:
    """Refuse what is not a rep's to set."""
    closed = place.closed
    if closed is not None:
        ending = "won" if closed.kind == "closed_won" else "lost"
        raise WrongMove(f"the lead was {ending} on {iso(closed.happened_at)}; only the CRM can open it again")
    if current.rank >= Stage.CUSTOMER.rank:
        raise WrongMove(f"{current.value!r} is a fact of the CRM; only the CRM can change it")
    if wanted not in BY_REPS:
        raise WrongMove(f"{wanted.value!r} is a fact of the CRM; tell the outcome at /v1/outcomes instead")
    if wanted is current and place.stage is not None:
        raise WrongMove(f"the lead is at {current.value!r} already; there is nothing to move")


def take_back(write: Write, lead_id: str, *, by: str) -> Stands:
    """Undo the last move that lasts.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
        WrongMove: there is nothing to undo, or a rep would undo a fact of the CRM.
    """
    place = place_now(write.connection, lead_id, write.now)
    left = lasting(place.moves)
    if left and left[-1].by == CRM and by != CRM:
        raise WrongMove(f"{left[-1].stage.value!r} is a fact of the CRM; only the CRM can take it back")
    move = undo(place.moves, at=not_before(place.moves, write.now), by=by)
    make_move(write, move)
    _after(write, move)
    return Stands(lead_id=place.lead_id, stage=move.stage, previous=move.previous, status="moved")


def _after(write: Write, move: Move) -> None:
    """With sales or further a hand-off is accepted; anywhere else, or taken back, it is withdrawn."""
    if move.stage.rank >= Stage.SALES_QUALIFIED.rank and move.undoes is None:
        end(write, move.lead_id, at=move.happened_at, ending="accepted", by=move.by)
    else:
        reason = "undone" if move.undoes is not None else "stage_set"
        end(write, move.lead_id, at=move.happened_at, ending="withdrawn", by=move.by, reason=reason)
    if move.stage.rank >= Stage.CUSTOMER.rank:
        drop(write, move.lead_id, reason=move.stage.value, by=move.by)
    mark_due(write, [move.lead_id])
