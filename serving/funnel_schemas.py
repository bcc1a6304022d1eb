"""Questions about the queue and the funnel and their answers, as schemas."""

from typing import Annotated, Any, Literal

from pydantic import Field

from features.request import Schema
from features.request_fields import Moment, Word
from features.stages import Stage
from serving.ask import CURSOR
from serving.lifecycle.handoff import Band, Clock
from serving.live.handed import Became
from serving.live.queue import MOST, PAGE
from serving.schemas import Out

LIMIT = Field(PAGE, ge=1, le=MOST, description="how many at most")
SINCE = Field(None, description="after this moment; a year before `until` unless given")
UNTIL = Field(None, description="up to this moment; now unless given")
LAST_ID = 2**63 - 1
Whose = Annotated[str, Field(max_length=200, pattern="^[^\0]*$")]


class QueueAsked(Schema):
    """Which part of the queue."""

    owner: Whose | None = Field(None, description="whose leads; empty for those that are nobody's")
    band: Band | None = Field(None, description="how warm the lead was when it was offered")
    breached: bool | None = Field(None, description="true: only those past their time; false: only the others")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class HandOffsAsked(Schema):
    """Which hand-offs, by when they were offered."""

    since: Moment | None = SINCE
    until: Moment | None = UNTIL
    owner: Word | None = Field(None, description="whose it was when it was offered")
    band: Band | None = Field(None, description="how warm the lead was when it was offered")
    became: Became | None = Field(None, description="what became of it")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class PeriodAsked(Schema):
    """Which period."""

    since: Moment | None = SINCE
    until: Moment | None = UNTIL


class StepsAsked(PeriodAsked):
    """Which period, in steps of how many days."""

    step_days: int = Field(30, ge=1, le=3_660, description="days in a step; at most 200 steps")


class LeaksAsked(Schema):
    """At which moment."""

    until: Moment | None = Field(None, description="at this moment; now unless given")
    idle_days: float | None = Field(
        None, gt=0, le=36_500, description="without any activity; `lifecycle.idle_days` unless given"
    )


class ReproduceAsked(Schema):
    """Which past answer."""

    score_id: int = Field(ge=1, le=LAST_ID, description="of the ledger, as `/v1/scores` lists it")


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


class StageCountOut(Out):
    """How many leads came to a stage or beyond."""

    stage: Stage
    leads: int
    went_on: float | None = Field(description="share that came to the next stage as well")
    of_all: float | None = Field(description="share of those who came in")


class FunnelStepOut(Out):
    """One step of time."""

    since: str
    until: str
    by_entry: list[StageCountOut]
    by_moves: list[StageCountOut]


class StayOut(Out):
    """Days in a stage, of leads that left it in the period."""

    stage: Stage
    left: int
    lower: float | None = Field(description="a quarter stayed shorter")
    median: float | None
    upper: float | None = Field(description="a quarter stayed longer")


class FunnelOut(Out):
    """Counts and conversion between stages, and time in stage."""

    since: str
    until: str
    by_entry: list[StageCountOut] = Field(description="leads that came in the period, and how far they have come")
    by_moves: list[StageCountOut] = Field(description="leads that came to each stage in the period")
    steps: list[FunnelStepOut]
    stays: list[StayOut]


class LeakOut(Out):
    """Open leads of one stage, source or owner."""

    name: str
    open: int
    idle: int
    share: float


class LeaksOut(Out):
    """Where leads leak out."""

    idle_days: float
    open: int
    idle: int
    stages: list[LeakOut]
    sources: list[LeakOut]
    owners: list[LeakOut]


class SourceWinsOut(Out):
    """Wins of one source beside those of all leads of equal fit."""

    source: str
    leads: int
    realised: int
    expected: float
    low: float
    high: float
    ratio: float | None
    verdict: Literal["more", "as expected", "fewer"]


class SourcesOut(Out):
    """How good each source is."""

    since: str
    until: str
    horizon_days: float
    sources: list[SourceWinsOut]


class BandShareOut(Out):
    """One band in one step of time."""

    band: Literal["hot", "warm", "cold"]
    leads: int
    share: float
    mature: int
    won: int
    conversion: float | None


class BandStepOut(Out):
    """All bands in one step of time; none where nothing was scored."""

    since: str
    until: str
    bands: list[BandShareOut]


class PromiseOut(Out):
    """Mature scores: what they promised, what luck allows, what came."""

    name: str
    scores: int
    expected: float
    low: float
    high: float
    realised: int
    as_promised: bool


class BandsOut(Out):
    """Bands over time, and promises against wins."""

    since: str
    until: str
    horizon_days: float
    steps: list[BandStepOut]
    inflation: list[str] = Field(description="a sentence for each band that grew while fewer of its leads were won")
    total: PromiseOut
    bands: list[PromiseOut]
    models: list[PromiseOut] = Field(description="by version")


class DifferenceOut(Out):
    """One number that came out otherwise."""

    name: str
    then: float | int | str | None
    now: float | int | str | None


class ReproducedOut(Out):
    """A past answer worked out again."""

    score_id: int
    lead_id: str
    as_of: str
    bundle: str
    equal: bool
    same_inputs: bool = Field(description="the store brings the lead as it was scored")
    differences: list[DifferenceOut]
    why_not: str | None


SHOWN = (QueueOut, HandOffsOut, FunnelOut, LeaksOut, SourcesOut, BandsOut, ReproducedOut)
