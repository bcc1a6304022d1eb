"""What a caller sends for one lead: the schema of `POST /v1/predict`, and the lead that it describes.

The service and the MLflow model read requests with this one schema, so they can't disagree. Times
become int64 microseconds while they are read; a time without a zone is refused, never guessed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, NotRequired

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, WithJsonSchema, with_config
from pydantic_core import ErrorDetails
from typing_extensions import TypedDict  # typing's own is not enough for pydantic before Python 3.12

from features.clock import to_micros
from features.errors import BadInput
from features.lead import Event, Lead
from features.stages import Stage

EARLIEST = to_micros(datetime(1990, 1, 1, tzinfo=UTC))
LATEST = to_micros(datetime(2200, 1, 1, tzinfo=UTC))


def read_moment(value: object) -> int:
    """An RFC 3339 time with its zone, such as `2026-03-01T09:00:00Z`, as microseconds since 1970 UTC.

    Raises:
        ValueError: it is no text, no such time, without a zone, or outside of 1990 to 2200.
    """
    if not isinstance(value, str):
        raise ValueError("should be a text such as '2026-03-01T09:00:00Z'")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("is no time; write it as '2026-03-01T09:00:00Z'") from error
    if moment.tzinfo is None:
        raise ValueError("has no time zone; end it with 'Z' or an offset such as '+01:00'")
    micros = to_micros(moment)
    if not EARLIEST <= micros < LATEST:
        raise ValueError("is not between the years 1990 and 2200")
    return micros


def _scalar(value: object) -> object:
    if isinstance(value, str):
        if len(value) > 10_000:
            raise ValueError("is longer than 10,000 characters")
    elif not (value is None or isinstance(value, bool | int | float)):
        raise ValueError("should be a text, a number, true, false or null; join a list into one text")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("is not a finite number")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("is outside of the 64-bit range")
    return value


Moment = Annotated[
    int,
    PlainValidator(read_moment, json_schema_input_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Scalar = Annotated[
    str | bool | int | float | None,
    PlainValidator(_scalar),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"], "maxLength": 10_000}),
]
Word = Annotated[str, Field(strict=True, min_length=1, max_length=200)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Schema(BaseModel):
    """Frozen, and closed to fields nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@with_config(ConfigDict(extra="forbid"))
class EventIn(TypedDict):
    """One activity of the lead.

    A dictionary, not a `Schema`: a lead brings dozens, and pydantic checks them in two thirds of the time.
    """

    kind: Annotated[Word, Field(description="what happened, by your own word, such as 'pricing_page_view'")]
    happened_at: Annotated[Moment, Field(description="when it happened, with its time zone")]
    known_at: NotRequired[
        Annotated[Moment | None, Field(description="when you learned of it; `happened_at` unless given")]
    ]
    value: NotRequired[Annotated[Number | None, Field(description="an amount, such as minutes watched")]]
    topic: NotRequired[Annotated[Word | None, Field(description="what it was about, such as 'pricing'")]]
    channel: NotRequired[Annotated[Word | None, Field(description="where it came from, such as 'email'")]]
    event_id: NotRequired[Annotated[Word | None, Field(description="your own key of the event")]]


class LeadIn(Schema):
    """Who the lead is."""

    lead_id: Word
    created_at: Moment | None = Field(None, description="when the lead came to you, with its time zone")
    attributes: Annotated[dict[Word, Scalar], Field(max_length=1_000)] = Field(
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
    owner: Word | None = Field(None, description="the person who works the lead")
    bant: Bant = Field(default_factory=lambda: NOTHING_LEARNED)


NOTHING_KNOWN = FactsIn()


class PredictRequest(Schema):
    """One lead with its activities, to be scored as of one moment."""

    lead: LeadIn
    events: tuple[EventIn, ...] = ()
    as_of: Moment | None = Field(None, description="score as of this moment; now unless given")
    facts: FactsIn = Field(default_factory=lambda: NOTHING_KNOWN)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing wrong in a request, and where."""

    pointer: str  #: RFC 6901 JSON pointer, such as "/events/3/happened_at"
    detail: str


class BadRequest(BadInput):
    """A request that is JSON but does not describe a lead; `faults` says what is wrong where."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        first = "; ".join(f"{f.pointer or '/'} {f.detail}" for f in self.faults[:3])
        more = f"; and {len(self.faults) - 3} more" if len(self.faults) > 3 else ""
        super().__init__(first + more)


def read_request(data: object) -> PredictRequest:
    """Check plain data, as JSON gives it, against the schema.

    Raises:
        BadRequest: with a fault for everything that is wrong, at most 20.
    """
    try:
        return PredictRequest.model_validate(data)
    except ValidationError as error:
        raise BadRequest(faults_of(error)) from error


def faults_of(error: ValidationError, *, at_most: int = 20) -> tuple[Fault, ...]:
    """Pydantic's findings in our words, with JSON pointers."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return tuple(Fault(pointer=pointer(e["loc"]), detail=_detail(e)) for e in found[:at_most])


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
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return _DETAILS.get(error["type"], message[:1].lower() + message[1:])


def to_lead(request: PredictRequest) -> Lead:
    """The lead that the request describes, as the kernel reads it."""
    return Lead(
        lead_id=request.lead.lead_id,
        created_at=request.lead.created_at,
        attributes=request.lead.attributes,
        events=[_event(sent) for sent in request.events],
    )


def _event(sent: EventIn) -> Event:
    happened_at, known_at = sent["happened_at"], sent.get("known_at")
    seen_at = happened_at if known_at is None else known_at
    return Event(sent["kind"], happened_at, seen_at, sent.get("value"), sent.get("topic"), sent.get("channel"))
