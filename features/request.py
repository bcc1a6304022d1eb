"""What a caller sends for one lead: the schema of `POST /v1/predict`, and the lead that it describes.

The service and the MLflow model read requests with this one schema, so they can't disagree. Times
become int64 microseconds while they are read; a time without a zone is refused, never guessed.
"""

import math
import re
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
MOST_ATTRIBUTES = 1_000
MOST_FAULTS = 20  #: told of one request
MOST_READ = 2_000  #: beyond it faults are only counted: pydantic takes seconds to name a hundred thousand

_NO_TIME = "is no time of RFC 3339; write it as '2026-03-01T09:00:00Z'"


#: `date-time` of RFC 3339; `fromisoformat` alone reads weeks, commas and times without seconds as well
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII).fullmatch
_NO_ZONE = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?", re.ASCII).fullmatch


def read_moment(value: object) -> int:
    """An RFC 3339 time, such as `2026-03-01T09:00:00Z`, as microseconds since 1970 UTC.

    Finer fractions of a second are cut off.

    Raises:
        ValueError: it is no text, no such time, without a zone, or outside of 1990 to 2200.
    """
    if not isinstance(value, str):
        raise ValueError("should be a text such as '2026-03-01T09:00:00Z'")
    if not _RFC_3339(value):
        if _NO_ZONE(value):
            raise ValueError("has no time zone; end it with 'Z' or an offset such as '+01:00'")
        raise ValueError(_NO_TIME)
    try:
        moment = datetime.fromisoformat(value.upper() if value[-1] == "z" else value)
    except ValueError as error:
        raise ValueError(_NO_TIME) from error
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
    events: tuple[EventIn, ...] = ()
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
    """The lead that the request describes, as the kernel reads it; of events with one `event_id` the first counts."""
    return Lead(
        lead_id=request.lead.lead_id,
        created_at=request.lead.created_at,
        attributes=request.lead.attributes,
        events=[_event(sent) for sent in _each_once(request.events)],
    )


def _each_once(events: Sequence[EventIn]) -> Sequence[EventIn]:
    """As in training: whoever sends an event again means the same event."""
    named = [key for sent in events if (key := sent.get("event_id")) is not None]
    if len(set(named)) == len(named):
        return events
    seen: set[str] = set()
    kept = []
    for sent in events:
        key = sent.get("event_id")
        if key is None or key not in seen:
            kept.append(sent)
        if key is not None:
            seen.add(key)
    return kept


def _event(sent: EventIn) -> Event:
    happened_at, known_at = sent["happened_at"], sent.get("known_at")
    seen_at = happened_at if known_at is None else known_at
    return Event(sent["kind"], happened_at, seen_at, sent.get("value"), sent.get("topic"), sent.get("channel"))
