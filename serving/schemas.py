"""What the service answers, as schemas: for the OpenAPI document, and for tests that hold answers against it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from features.request import PredictRequest
from features.settings import Family, Grade, Service
from features.stages import Stage
from serving.lifecycle import Action, Owner
from serving.live.by_id import PredictById
from serving.problem import Problem


class Out(BaseModel):
    """Frozen, and closed to fields nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelOut(Out):
    """Which model answered."""

    version: str
    bundle: str = Field(description="SHA-256 of the bundle's manifest")
    horizon_days: float = Field(description="within which a win counts")


class FitOut(Out):
    """Who the lead is."""

    grade: Grade = Field(description="A (best) to D, by quartiles of the reference leads")
    log_odds: float = Field(description="sum of the contributions of all fields")


class EngagementOut(Out):
    """What the lead did."""

    grade: Literal["1", "2", "3", "4"] = Field(description="1 (best) to 4, by quartiles of the reference leads")
    log_odds: float = Field(description="sum of the contributions of all behaviour")


class NextAction(Out):
    """What somebody should do."""

    kind: Action
    text: str
    topic: str | None = Field(description="what the lead was interested in of late")
    person: str | None = Field(description="the owner that the request named")


class BantOut(Out):
    """What sales knows, and what is still to ask."""

    known: dict[str, str]
    to_ask: list[str]


class StageOut(Out):
    """Where the lead stands, and where it should."""

    current: Stage
    recommended: Stage
    owner: Owner = Field(description="the team that the recommended stage belongs to")
    because: list[str]
    next_action: NextAction
    bant: BantOut


class EvidenceOut(Out):
    """What happened to leads with such a value; shares compare with `probability`, counts are of different leads."""

    leads: int = Field(description="different leads that ever had such a value")
    won: int = Field(description="of these, won within the horizon of one such moment, drawn for each lead")
    others: int | None = Field(
        description="different leads that ever had another value; null where the model is older than their count"
    )
    others_won: int | None = Field(description="of these, won within the horizon of one such moment")
    won_here: float = Field(description="share of the moments with such a value that a win followed within the horizon")
    won_elsewhere: float = Field(description="the same share of all other moments")
    text: str


class ReasonOut(Out):
    """What one field or kind of event adds to the log-odds."""

    field: str = Field(
        description="a field of the lead by its name in your export; a kind of event, such as 'pricing_page_view'; "
        "or 'activity' (all kinds together), 'age', 'first_touch_channel' or 'last_touch_channel'"
    )
    family: Family
    stage: Stage | None
    contribution: float
    direction: Literal["raises", "lowers"]
    text: str
    evidence: EvidenceOut | None = Field(description="null where it does not say the same as the contribution")


class ExplanationOut(Out):
    """`base_value + sum of contributions + remainder == log_odds`."""

    base_value: float
    log_odds: float
    by_stage: dict[str, float] = Field(description="log-odds of behaviour by the stage that it is evidence for")
    reasons: list[ReasonOut] = Field(description="the strongest first: at most five up and five down")
    remainder: float = Field(description="contributions of all fields and kinds without a reason of their own")


class WarningOut(Out):
    """One thing to know about the answer."""

    code: str
    count: int
    text: str


class Answer(Out):
    """A score with its reasons. All but `stage` is null for a lead that objects to profiling."""

    lead_id: str
    as_of: str
    model: ModelOut
    probability: float | None = Field(description="of being won within the horizon, calibrated")
    score: int | None = Field(description="percentile among the reference leads, 0 to 100")
    lift: float | None = Field(description="how many times likelier than the reference leads on average")
    fit: FitOut | None
    engagement: EngagementOut | None
    stage: StageOut
    explanation: ExplanationOut | None
    completeness: float | None = Field(description="share known of what the model reads")
    warnings: list[WarningOut]
    degraded: Literal[True] | None = Field(None, description="only there while the database does not answer")


class BatchRequest(Out):
    """Several leads; each is read on its own, so one that is wrong does not fail the rest."""

    requests: list[PredictRequest | PredictById]


class BatchAnswer(Out):
    """An answer or a problem for each request, in the same order."""

    answers: list[Answer | Problem]
    degraded: Literal[True] | None = Field(None, description="only there while the database does not answer")


class Live(Out):
    """The process answers."""

    status: Literal["live"]


class Ready(Out):
    """A model is loaded."""

    status: Literal["ready"]
    model: ModelOut
    trouble: str | None = Field(description="why a newer model was refused, if one was")


class ModelCard(Out):
    """The model in service, and what its card says."""

    model: ModelOut
    features: int
    kinds: list[str] = Field(description="kinds of events that it reads")
    fields: list[str] = Field(description="fields of a lead that it reads")
    card: dict[str, Any]


def components(limits: Service, *more: type[BaseModel]) -> dict[str, Any]:
    """All schemas by name, as the OpenAPI document refers to them; `more` are those of further routes."""
    own = (PredictRequest, PredictById, BatchRequest, Answer, BatchAnswer, Problem, Live, Ready, ModelCard)
    shown: tuple[type[BaseModel], ...] = (*own, *more)
    _, found = models_json_schema(
        [(schema, "validation") for schema in shown], ref_template="#/components/schemas/{model}"
    )
    definitions: dict[str, Any] = found["$defs"]
    definitions["PredictRequest"]["properties"]["events"]["maxItems"] = limits.max_events_per_lead
    definitions["BatchRequest"]["properties"]["requests"]["maxItems"] = limits.max_batch
    return definitions
