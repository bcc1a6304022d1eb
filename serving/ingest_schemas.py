"""What a CRM tells the service, and how it is acknowledged: schemas of the routes that write."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from features.request import Bant, Schema
from features.request_fields import Moment, Number, Scalar, Word
from features.settings import Actor
from features.stages import Stage
from features.verdicts import Rejection, Verdict
from serving.problem import Problem
from serving.schemas import Answer, Out

Note = Annotated[str, Field(strict=True, max_length=2_000)]
Flag = Annotated[bool, Field(strict=True)]
KNOWN_AT = "when you knew of it; the receipt unless given, and never later"
HAPPENED_AT = "when it happened, with its time zone; the receipt unless given"
ANSWER = "only there with ?answer=true; null of a closed lead or a customer, without a model, or after 10 seconds"
EVENT_ID = "your own key: the same again changes nothing. Without one, what it says is its key"


class LeadToTell(Schema):
    """What is told of a lead; what is absent stays as it was, null takes a value away."""

    lead_id: Word
    created_at: Moment | None = Field(None, description="when the lead came to you, with its time zone")
    account_id: Word | None = Field(None, description="the company that the lead belongs to")
    owner: Word | None = Field(None, description="who works the lead; never seen by the model")
    attributes: Annotated[dict[Word, Scalar], Field(max_length=1_000)] = Field(
        default_factory=dict, description="fields of the lead by their names in your export"
    )
    bant: Bant | None = Field(None, description="what sales has learned; each of the four is kept by itself")
    known_at: Moment | None = Field(None, description=KNOWN_AT)


class LeadFields(Schema):
    """As `LeadToTell`, for an address that names the lead."""

    created_at: Moment | None = None
    account_id: Word | None = None
    owner: Word | None = None
    attributes: Annotated[dict[Word, Scalar], Field(max_length=1_000)] = Field(default_factory=dict)
    bant: Bant | None = None
    known_at: Moment | None = None


class LeadsToTell(Schema):
    """Several leads; each is read on its own, so one that is wrong does not fail the rest."""

    leads: list[LeadToTell] = Field(description="at most `service.max_events_per_batch`")


class EventToTell(Schema):
    """One activity of a lead."""

    lead_id: Word = Field(description="whose it is; a lead never heard of is added")
    kind: Word = Field(description="what happened, by your own word, such as 'pricing_page_view'")
    happened_at: Moment = Field(description="when it happened, with its time zone")
    known_at: Moment | None = Field(None, description=KNOWN_AT)
    event_id: Word | None = Field(None, description=EVENT_ID)
    source: Word = Field("api", description="the system that gave the event_id")
    value: Number | None = Field(None, description="an amount, such as minutes watched")
    topic: Word | None = Field(None, description="what it was about, such as 'pricing'")
    channel: Word | None = Field(None, description="where it came from, such as 'email'")
    actor: Actor | None = Field(None, description="who acted; else the kind says it")


class EventsToTell(Schema):
    """Several activities; each is read on its own, so one that is wrong does not fail the rest."""

    events: list[EventToTell] = Field(description="at most `service.max_events_per_batch`")


class OutcomeToTell(Schema):
    """How it ended with a lead."""

    lead_id: Word
    kind: Literal["closed_won", "closed_lost"]
    happened_at: Moment = Field(description="when it was won or lost, with its time zone")
    known_at: Moment | None = Field(None, description=KNOWN_AT)
    event_id: Word | None = Field(None, description=EVENT_ID)
    source: Word = "api"
    value: Number | None = Field(None, description="what it was worth")
    reason: Word | None = Field(None, description="why, by a code of your own")


class FeedbackToTell(Schema):
    """What sales says of a lead that it was handed."""

    lead_id: Word
    verdict: Verdict
    reason: Rejection | None = Field(None, description="why it is rejected")
    note: Note | None = Field(None, description="in words; needed with the reason 'other'")
    happened_at: Moment | None = Field(None, description=HAPPENED_AT)
    known_at: Moment | None = Field(None, description=KNOWN_AT)
    event_id: Word | None = Field(None, description=EVENT_ID)
    source: Word = "api"
    handed_over: Flag = Field(False, description="the CRM itself handed the lead over; only with the scope crm")

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if (self.reason is None) == (self.verdict == "rejected"):
            raise ValueError("lacks the reason of a rejection, or gives one for an acceptance")
        if self.reason is Rejection.OTHER and not (self.note or "").strip():
            raise ValueError("gives the reason 'other' without a note that says it")
        return self


class ConsentToTell(Schema):
    """Whether a lead may be contacted for marketing."""

    lead_id: Word
    given: Flag
    happened_at: Moment | None = Field(None, description=HAPPENED_AT)
    known_at: Moment | None = Field(None, description=KNOWN_AT)


class ObjectionToTell(Schema):
    """Whether a lead objects to being scored; nothing is computed of one that does."""

    lead_id: Word
    objects: Flag
    happened_at: Moment | None = Field(None, description=HAPPENED_AT)
    known_at: Moment | None = Field(None, description=KNOWN_AT)


class StageToTell(Schema):
    """Where a lead is now: a fact with the scope crm, else a rep's own move."""

    lead_id: Word
    stage: Stage
    happened_at: Moment | None = Field(None, description=HAPPENED_AT)
    known_at: Moment | None = Field(None, description=KNOWN_AT)
    note: Note | None = Field(None, description="why, in words")


class StageToUndo(Schema):
    """The last move of a lead is to be taken back."""

    lead_id: Word


class MergeToTell(Schema):
    """Two leads that are one."""

    lead_id: Word = Field(description="the one that stays")
    other: Word = Field(description="the one that becomes part of it")


class CloudEvent(Schema):
    """A CloudEvent 1.0 whose type is the kind and whose subject is the lead; other attributes are left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"]
    id: Word
    source: Word
    type: Word
    subject: Word | None = Field(None, description="the lead_id; or `lead_id` within `data`")
    time: Moment | None = Field(None, description=HAPPENED_AT)
    data: object = Field(None, description="may hold lead_id, value, topic, channel, actor and known_at")


class Track(Schema):
    """A call of Segment's `track` as it comes; what is not listed is left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["track"] = "track"
    event: Word = Field(description="the kind")
    userId: Word | None = Field(None, description="the lead_id")  # noqa: N815  # Segment's word
    anonymousId: Word | None = Field(None, description="the lead_id of one without userId")  # noqa: N815
    messageId: Word | None = Field(None, description=EVENT_ID)  # noqa: N815
    timestamp: Moment | None = Field(None, description=HAPPENED_AT)
    properties: dict[str, object] | None = Field(None, description="may hold value or revenue, topic, channel")
    context: dict[str, object] | None = Field(None, description="its campaign's medium is a channel")


class TrackBatch(Schema):
    """Several calls, as Segment's batch has them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    batch: list[Track]


class LeadTaken(Out):
    """The lead is stored."""

    lead_id: str
    status: Literal["created", "updated"]
    answer: Answer | None = Field(None, description=ANSWER)


class LeadsTaken(Out):
    """An answer or a problem for each lead, in the same order."""

    results: list[LeadTaken | Problem]


class EventTaken(Out):
    """The event is stored, now or before."""

    event_id: str
    source: str
    status: Literal["stored", "duplicate"]
    answer: Answer | None = Field(None, description=ANSWER)


class EventsTaken(Out):
    """An answer or a problem for each event, in the same order."""

    results: list[EventTaken | Problem]


class ConsentTaken(Out):
    """The statement is stored."""

    lead_id: str
    status: Literal["stored"]
    answer: Answer | None = Field(None, description=ANSWER)


class StageTaken(Out):
    """Where the lead stands now."""

    lead_id: str = Field(description="of the lead that stays, where leads were merged")
    stage: Stage
    previous: Stage | None = Field(description="null where nothing moved")
    status: Literal["moved", "unchanged"]
    answer: Answer | None = Field(None, description=ANSWER)


class Merged(Out):
    """The leads are one."""

    lead_id: str
    other: str
    status: Literal["merged", "already_merged"]


class Deleted(Out):
    """Everything known of the lead is gone."""

    status: Literal["deleted"]
    rows: int = Field(description="how many rows of the store that were")


class KindOut(Out):
    """A kind of event that came in."""

    kind: str
    events: int = Field(description="ever received")
    first_at: str
    last_at: str
    mapped: bool = Field(description="`ripeness.toml` or the model knows it; another one has no effect on scores")


class Kinds(Out):
    """All kinds that came in, the most frequent first."""

    kinds: list[KindOut]


class AuditOut(Out):
    """One write, without what it said."""

    seq: int
    at: str
    key_id: str
    action: str
    lead_id: str | None = Field(description="a hash where the lead was deleted; null where it is about several")
    rows: int


class Audit(Out):
    """Writes in their order."""

    writes: list[AuditOut]
    next: int | None = Field(description="send it as `after` for the ones behind; null at the end")


SHOWN = (
    *(LeadToTell, LeadFields, LeadsToTell, EventToTell, EventsToTell, OutcomeToTell, FeedbackToTell),
    *(ConsentToTell, ObjectionToTell, StageToTell, StageToUndo, MergeToTell, CloudEvent, Track, TrackBatch),
    *(LeadTaken, LeadsTaken, EventTaken, EventsTaken, ConsentTaken, StageTaken, Merged, Deleted, Kinds, Audit),
)
