"""Questions about leads and their answers, as schemas: for reading queries, for the document and for tests."""

from typing import Any, Literal

from pydantic import Field

from features.request import Schema
from features.request_fields import Word
from features.settings import Grade
from features.stages import Stage
from serving.ask import CURSOR, LEAD_ID, OneLead
from serving.live.by_id import PredictById
from serving.schemas import ModelOut, Out

MOST = 200
LAST_ID = 2**63 - 1
LIMIT = Field(50, ge=1, le=MOST, description="how many at most")


class Page(OneLead):
    """A question about one lead whose answer has pages."""

    cursor: str | None = CURSOR
    limit: int = LIMIT


class ChangesAsked(Schema):
    """Which two scores to compare."""

    lead_id: Word = LEAD_ID
    from_: int | None = Field(
        None, alias="from", ge=1, le=LAST_ID, description="score_id; the one before `to` unless given"
    )
    to: int | None = Field(None, ge=1, le=LAST_ID, description="score_id; the last unless given")


class RankedAsked(Schema):
    """Which leads, in which order."""

    stage: Stage | None = Field(None, description="where the lead stands")
    band: Literal["hot", "warm", "cold"] | None = Field(None, description="by the thresholds of `[lifecycle]`")
    fit: Grade | None = Field(None, description="grade of who the lead is")
    engagement: Literal["1", "2", "3", "4"] | None = Field(None, description="grade of what it does")
    owner: Word | None = Field(None, description="the person who works it")
    source: Word | None = Field(None, description="where it came from")
    trend: Literal["rising", "falling", "steady"] | None = Field(
        None, description="5 points or more within a week; a lead without a score of a week ago has no trend"
    )
    q: Word | None = Field(None, description="part of its name or company, in any case")
    sort: Literal["probability", "due"] = Field(
        "probability", description="`due`: only what sales was offered and has not answered, the most urgent first"
    )
    cursor: str | None = CURSOR
    limit: int = LIMIT


class ScoreOut(Out):
    """A score that was given, as the ledger has it."""

    score_id: int
    as_of: str
    scored_at: str
    probability: float
    score: int
    fit: Grade
    engagement: Literal["1", "2", "3", "4"]
    stage: Stage = Field(description="where the lead stood after it")
    log_odds: float
    base_value: float
    contributions: dict[str, float] = Field(description="log-odds by field and kind; with the base value the whole")
    model: dict[str, str] = Field(description="version and bundle")
    seen: int = Field(description="the last write that it could see")


class ScoresOut(Out):
    """Scores of one lead, the last given first."""

    lead_id: str
    scores: list[ScoreOut]
    next: str | None


class GroupOut(Out):
    """What one field or kind of event added or took."""

    field: str = Field(description="as in `reasons`; `base_value` is where a model starts")
    family: str | None
    change: float = Field(description="log-odds")
    text: str = Field(description="what is so at the later moment")
    was: str | None = Field(description="the same of the earlier moment, where it reads otherwise")


class PartOut(Out):
    """One part of a difference."""

    code: Literal["ageing", "new_behaviour", "edited_data", "new_model"]
    log_odds: float
    text: str
    groups: list[GroupOut] = Field(description="they add up to `log_odds`; the strongest first")


class ChangesOut(Out):
    """The difference of two scores; the parts add up to it to 1e-9."""

    lead_id: str
    earlier: ScoreOut
    later: ScoreOut
    difference: float = Field(description="log-odds of the later score less those of the earlier")
    parts: list[PartOut] | None = Field(description="null where it can't be split; `why_not` then says why")
    measured_by: str | None = Field(description="bundle that measured ageing, behaviour and data")
    why_not: str | None
    note: str | None = Field(description="what to know about the split")


class AheadOut(Out):
    """The lead in some days, if nothing is told of it until then."""

    days: int
    as_of: str
    probability: float
    score: int
    lift: float
    fit: Grade
    engagement: Literal["1", "2", "3", "4"]
    recommended: Stage
    log_odds: float


class LaterOut(AheadOut):
    """The same, with what is different from now."""

    change: float = Field(description="log-odds against now")
    text: str
    groups: list[GroupOut] = Field(description="they add up to `change`; the strongest first")


class OutlookOut(Out):
    """What becomes of a score if nothing happens."""

    lead_id: str
    model: ModelOut
    now: AheadOut
    ahead: list[LaterOut]


class EffectOut(Out):
    """The score that first saw something. All that came since the score before shares one effect."""

    score_id: int
    score: int
    previous: int | None
    log_odds: float | None


class HappenedOut(Out):
    """One thing that happened."""

    what: Literal[
        "field",
        "consent",
        "activity",
        "outcome",
        "verdict",
        "merge",
        "move",
        "hand_off_offered",
        "hand_off_ended",
        "score",
    ]
    at: str
    known_at: str
    lead_id: str
    text: str
    because: list[str]
    data: dict[str, Any] = Field(description="by `what`: its fields as they were told or decided")
    effect: EffectOut | None


class TimelineOut(Out):
    """What happened to one lead, the last first."""

    lead_id: str
    entries: list[HappenedOut]
    next: str | None


class HandOffOut(Out):
    """A lead that sales was offered and has not answered."""

    hand_off_id: int
    offered_at: str
    due_at: str
    band: Literal["asked", "hot", "warm", "cold"]
    by: str


class RankedOut(Out):
    """One lead as lists show it."""

    lead_id: str
    score_id: int
    as_of: str
    probability: float
    score: int
    lift: float | None
    trend: int | None = Field(description="points of score within a week; null without a score of a week ago")
    fit: Grade
    engagement: Literal["1", "2", "3", "4"]
    band: Literal["hot", "warm", "cold"] | None
    stage: Stage
    stage_since: str | None
    next_action: dict[str, str | None] = Field(description="kind and text")
    reasons: list[dict[str, Any]] = Field(description="the three strongest, each with its text")
    name: str | None
    company: str | None
    role: str | None
    source: str | None
    owner: str | None
    hand_off: HandOffOut | None


class RankedListOut(Out):
    """A page of the ranked list."""

    leads: list[RankedOut]
    next: str | None


class OutcomeOut(Out):
    """How it ended, or what sales said."""

    kind: str
    happened_at: str
    reason: str | None
    note: str | None


class KnownOut(Out):
    """All that is known of one lead."""

    lead_id: str
    parts: list[str] = Field(description="lead_ids of those that were merged into it")
    created_at: str | None
    account_id: str | None
    owner: str | None
    attributes: dict[str, Any]
    events: int
    stage: Stage | None = Field(description="null before it was ever moved")
    stage_since: str | None
    consent: bool | None
    objects_to_profiling: bool
    closed: OutcomeOut | None
    verdict: OutcomeOut | None
    bant: dict[str, Any]
    hand_off: HandOffOut | None
    standing: RankedOut | None
    behind: bool = Field(description="something was told since its last score")


SHOWN = (PredictById, ScoresOut, ChangesOut, OutlookOut, TimelineOut, RankedListOut, KnownOut)
