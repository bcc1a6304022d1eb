"""Questions about the funnel and past answers, and what is told of them, as schemas."""

from typing import Literal

from pydantic import Field

from features.request import Schema
from features.request_fields import Moment
from features.stages import Stage
from serving.schemas import Out

SINCE = Field(None, description="after this moment; a year before `until` unless given")
UNTIL = Field(None, description="up to this moment; now unless given")
LAST_ID = 2**63 - 1


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


SHOWN = (FunnelOut, LeaksOut, SourcesOut, BandsOut, ReproducedOut)
