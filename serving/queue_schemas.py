"""Questions about the queue of sales and what became of hand-offs, and their answers, as schemas."""

from typing import Annotated, Any

from pydantic import Field

from features.request import Schema
from features.request_fields import Word
from serving.ask import CURSOR
from serving.funnel_schemas import PeriodAsked
from serving.lifecycle.handoff import Band, Clock
from serving.live.handed import Became
from serving.live.queue import MOST, PAGE
from serving.schemas import Out

LIMIT = Field(PAGE, ge=1, le=MOST, description="how many at most")
Whose = Annotated[str, Field(max_length=200, pattern="^[^\0]*$")]


class QueueAsked(Schema):
    """Which part of the queue."""

    owner: Whose | None = Field(None, description="whose leads; empty for those that are nobody's")
    band: Band | None = Field(None, description="how warm the lead was when it was offered")
    breached: bool | None = Field(None, description="true: only those past their time; false: only the others")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class HandOffsAsked(PeriodAsked):
    """Which hand-offs, by when they were offered."""

    owner: Word | None = Field(None, description="whose it was when it was offered")
    band: Band | None = Field(None, description="how warm the lead was when it was offered")
    became: Became | None = Field(None, description="what became of it")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class InQueueOut(Out):
    """One lead that waits for sales."""

    hand_off_id: int
    lead_id: str
    band: Band
    offered_at: str
    due_at: str
    clock: Clock
    left_hours: float = Field(description="until its time is over; negative once it is")
    waited_days: float
    owner: str | None
    by: str = Field(description="`policy`, or the id of a key")
    lead: dict[str, Any] = Field(description="name, company, score and so on; empty for a lead without a score")
    reasons: list[dict[str, Any]]
    next_action: str | None = Field(description="what to do, as a sentence")


class BandClockOut(Out):
    """How full one band of the queue is."""

    band: Band
    waiting: int
    breached: int


class QueueOut(Out):
    """What waits for sales, those due first at the top."""

    waiting: int = Field(description="of all pages")
    breached: int = Field(description="of all pages")
    bands: list[BandClockOut]
    hand_offs: list[InQueueOut]
    next: str | None


class FateOut(Out):
    """One hand-off and what became of it."""

    hand_off_id: int
    lead_id: str
    band: Band
    offered_at: str
    due_at: str
    owner: str | None
    source: str | None
    became: Became
    reason: str | None
    answered_at: str | None
    late: bool
    opened_at: str | None
    won_at: str | None
    lost_at: str | None


class TallyOut(Out):
    """Hand-offs of one band, source or owner."""

    name: str = Field(description="empty for leads without an owner")
    offered: int
    waiting: int
    accepted: int
    rejected: int
    unanswered: int = Field(description="neither answered nor ended, whatever became of the lead")
    ended: int = Field(description="without an answer: by itself, or in a merge")
    late: int
    won: int
    lost: int
    accept_rate: float | None = Field(description="of those that were answered")


class ReasonTallyOut(Out):
    """How often sales gave one reason."""

    reason: str
    rejected: int
    share: float = Field(description="of all answers")
    recycled: int = Field(description="of these, offered again since")
    won: int = Field(description="of these, won before they were offered again")


class HandOffsOut(Out):
    """What became of the leads that were handed over."""

    total: TallyOut
    bands: list[TallyOut]
    sources: list[TallyOut]
    owners: list[TallyOut]
    reasons: list[ReasonTallyOut]
    became: dict[str, int]
    hand_offs: list[FateOut]
    next: str | None


SHOWN = (QueueOut, HandOffsOut)
