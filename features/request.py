"""What a caller sends for one lead: the schema of `POST /v1/predict`, and the lead that it describes.

The service and the MLflow model read requests with this one schema, so they can't disagree. Times
become int64 microseconds while they are read; a time without a zone is refused, never guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from features.errors import BadInput
from features.lead import Lead
from features.request_events import NO_EVENTS, Told
from features.request_fields import Moment, Scalar, Word
from features.stages import Stage

MOST_ATTRIBUTES = 1_000
MOST_FAULTS = 20  #: told of one request
MOST_READ = 2_000  #: beyond it faults are only counted: pydantic takes seconds to name a hundred thousand


class Schema(BaseModel):
    """Frozen, and closed to fields nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LeadIn(Schema):
    """Who the lead is."""

    lead_id: Word
    created_at: Moment | None = Field(None, description="when the lead came to you, with its time zone")
    attributes: Annotated[dict[Word, Scalar], Field(max_length=MOST_ATTRIBUTES)] = Field(
        default_factory=dict, description="fields of the lead by their names in your export, as known at `as_of`"
    )


class Bant(Schema):
    """What sales has learned in conversation; absent means that it is still to ask."""

    budget: Word | None = None
    authority: Word | None = None
    need: Word | None = None
    timeline: Word | None = None


NOTHING_LEARNED = Bant()  #: one for all: pydantic would copy a default for each request


class FactsIn(Schema):
    """What you know of the lead's place in your process; a score never changes these."""

    stage: Stage = Field(Stage.LEAD, description="where the lead is now")
    consent: Annotated[bool, Field(strict=True)] | None = Field(
        None, description="to be contacted for marketing; unknown counts as no"
    )
    objects_to_profiling: Annotated[bool, Field(strict=True)] = Field(
        False, description="the lead objected to being scored: no score is computed"
    )
    disqualified_reason: Word | None = Field(None, description="why sales turned the lead down, if they did")
    disqualified_at: Moment | None = Field(None, description="when they did: a request to sales after it wins")
    stage_since: Moment | None = Field(None, description="since when the lead is in its stage")
    consent_at: Moment | None = Field(None, description="when consent was given or refused, to hold against events")
    owner: Word | None = Field(None, description="the person who works the lead")
    bant: Bant = Field(default_factory=lambda: NOTHING_LEARNED)


NOTHING_KNOWN = FactsIn()


class PredictRequest(Schema):
    """One lead with its activities, to be scored as of one moment."""

    lead: LeadIn
    events: Told = NO_EVENTS
    as_of: Moment | None = Field(None, description="score as of this moment; now unless given")
    facts: FactsIn = Field(default_factory=lambda: NOTHING_KNOWN)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing wrong in a request, and where."""

    pointer: str  #: RFC 6901 JSON pointer, such as "/events/3/happened_at"
    detail: str


class BadRequest(BadInput):
    """A request that is JSON but does not describe a lead; `faults` says what is wrong where.

    `found` is how many faults there are where not all are told.
    """

    def __init__(self, faults: Sequence[Fault], found: int | None = None) -> None:
        self.faults = tuple(faults)
        self.found = max(found or 0, len(self.faults))
        told = [f"{f.pointer or 'the request'} {f.detail}" for f in self.faults[:3]]
        more = [f"and {self.found - len(told):,} more"] if self.found > len(told) else []
        super().__init__("; ".join(told + more))

    def under(self, where: str) -> "BadRequest":
        """The same faults of a part of a larger request, which lies at the pointer `where`."""
        return BadRequest([Fault(pointer=where + f.pointer, detail=f.detail) for f in self.faults], self.found)


def read_request(data: object, *, max_events: int | None = None) -> PredictRequest:
    """Check plain data, as JSON gives it, against the schema.

    Raises:
        BadRequest: with a fault for everything that is wrong, at most 20.
    """
    _refuse_too_many(data, max_events)
    try:
        return PredictRequest.model_validate(data)
    except ValidationError as error:
        raise refusal(error) from error


def _refuse_too_many(data: object, max_events: int | None) -> None:
    """Count before reading: what is wrong with each of half a million would take seconds to say."""
    events, lead = (data.get("events"), data.get("lead")) if isinstance(data, dict) else (None, None)
    attributes = lead.get("attributes") if isinstance(lead, dict) else None
    if max_events is not None and isinstance(events, list) and len(events) > max_events:
        detail = f"holds {len(events):,} events, over the {max_events:,} allowed; send the latest ones"
        raise BadRequest([Fault(pointer="/events", detail=detail)])
    if isinstance(attributes, dict) and len(attributes) > MOST_ATTRIBUTES:
        detail = f"holds {len(attributes):,} attributes, over the {MOST_ATTRIBUTES:,} allowed"
        raise BadRequest([Fault(pointer="/lead/attributes", detail=detail)])


def refusal(error: ValidationError) -> BadRequest:
    """Pydantic's findings as one error of ours."""
    if error.error_count() > MOST_READ:
        return BadRequest([Fault(pointer="", detail=f"has {error.error_count():,} faults, too many to name")])
    return BadRequest(faults_of(error), error.error_count())


def faults_of(error: ValidationError, *, at_most: int = MOST_FAULTS) -> tuple[Fault, ...]:
    """Pydantic's findings in our words, with JSON pointers."""
    found = error.errors(include_url=False, include_input=False)
    return tuple(_fault(e) for e in found[:at_most])


def _fault(error: ErrorDetails) -> Fault:
    """One finding; pydantic marks a fault of a field's name by a step of its own, which no pointer has."""
    *outer, last = error["loc"] or ("",)
    if last == "[key]" and len(outer) > 1 and outer[-1] != "attributes":
        return Fault(pointer=pointer(outer), detail=f"has a bad name: {_detail(error)}")
    return Fault(pointer=pointer(error["loc"]), detail=_detail(error))


def pointer(path: Sequence[object]) -> str:
    """An RFC 6901 JSON pointer to a path of names and positions; "" is the whole document."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


_DETAILS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "model_type": "should be an object",
    "dict_type": "should be an object",
    "tuple_type": "should be a list",
}


def _detail(error: ErrorDetails) -> str:
    if error["type"] == "too_long":
        return f"holds more than the {error['ctx']['max_length']:,} allowed"
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return _DETAILS.get(error["type"], message[:1].lower() + message[1:])


def to_lead(request: PredictRequest) -> Lead:
    """The lead that the request describes, as the kernel reads it."""
    return Lead(
        lead_id=request.lead.lead_id,
        created_at=request.lead.created_at,
        attributes=request.lead.attributes,
        events=request.events.once,
    )
