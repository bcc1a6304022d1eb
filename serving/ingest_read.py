"""From plain data to what the store takes in: our own bodies, CloudEvents and Segment's calls."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from features.clock import iso
from features.read_events import canonical
from features.request import BadRequest, Fault, faults_of, refusal
from features.request_fields import Moment, Number, Word
from features.settings import Actor, Settings
from features.tables import OUTCOME_KINDS
from serving.ingest_schemas import (
    CloudEvent,
    EventToTell,
    FeedbackToTell,
    LeadToTell,
    OutcomeToTell,
    Track,
)
from serving.store.events import NewEvent
from serving.store.leads import BANT, OWN, LeadTold

T = TypeVar("T", bound=BaseModel)
TIMES = ("happened_at", "known_at", "created_at", "time", "timestamp")

_LEAD_ID: TypeAdapter[object] = TypeAdapter(Word)
_EXTRAS: Mapping[str, TypeAdapter[object]] = {
    "value": TypeAdapter(Number | None),
    "topic": TypeAdapter(Word | None),
    "channel": TypeAdapter(Word | None),
    "actor": TypeAdapter(Actor | None),
    "known_at": TypeAdapter(Moment | None),
}


def read_as(schema: type[T], data: object, *, latest: int) -> T:
    """Plain data, checked; no time in it may lie after `latest`.

    Raises:
        BadRequest: with a fault for everything that is wrong.
    """
    try:
        read = schema.model_validate(data)
    except ValidationError as error:
        raise refusal(error) from error
    late = [name for name in TIMES if (getattr(read, name, None) or 0) > latest]
    if late:
        raise BadRequest([Fault(pointer=f"/{name}", detail=_future(latest)) for name in late])
    return read


def lead_told(sent: LeadToTell) -> LeadTold:
    """The fields that are there; null ones too, for they take a value away."""
    own = {name: getattr(sent, name) for name in OWN if name in sent.model_fields_set}
    if sent.bant is not None:
        own |= {name: getattr(sent.bant, name) for name in BANT if name in sent.bant.model_fields_set}
    return LeadTold(lead_id=sent.lead_id, own=own, attributes=sent.attributes, known_at=sent.known_at)


def event_of(sent: EventToTell) -> NewEvent:
    """The event as the store takes it in."""
    return NewEvent(**dict(sent))


def understood(event: NewEvent, settings: Settings) -> NewEvent:
    """The event with the outcome that its kind means by `maps_to`, if it means one, as in training."""
    meant = canonical(settings, event.kind)
    return replace(event, means=meant) if meant in OUTCOME_KINDS and meant != event.kind else event


def outcome_of(sent: OutcomeToTell) -> NewEvent:
    """An outcome is an event of its kind."""
    return NewEvent(**dict(sent))


def verdict_of(sent: FeedbackToTell) -> NewEvent:
    """A verdict is an event of the seller."""
    fields = sent.model_dump(exclude={"verdict", "handed_over"})
    return NewEvent(kind=f"sales_{sent.verdict}", actor="seller", **fields)


def cloud_event_of(data: object, *, latest: int) -> NewEvent:
    """A CloudEvent in structured form.

    Raises:
        BadRequest: it is none, or names no lead.
    """
    sent = read_as(CloudEvent, data, latest=latest)
    inside = sent.data if isinstance(sent.data, dict) else {}
    extras = {name: _inside(adapter, inside.get(name), f"/data/{name}") for name, adapter in _EXTRAS.items()}
    known_at = extras.pop("known_at")
    if isinstance(known_at, int) and known_at > latest:
        raise BadRequest([Fault(pointer="/data/known_at", detail=_future(latest))])
    lead_id = sent.subject or _inside(_LEAD_ID, inside.get("lead_id"), "/subject")
    fixed = {"lead_id": lead_id, "kind": sent.type, "happened_at": sent.time, "known_at": known_at}
    return NewEvent(**fixed, **extras, event_id=sent.id, source=sent.source)  # type: ignore[arg-type]  # checked above


def track_of(data: object, *, latest: int) -> NewEvent:
    """A call of Segment's `track`; what says nothing that we know is left aside.

    Raises:
        BadRequest: it is none, or names no lead.
    """
    sent = read_as(Track, data, latest=latest)
    lead_id = sent.userId or sent.anonymousId
    if lead_id is None:
        raise BadRequest([Fault(pointer="/userId", detail="is missing; so nobody knows whose it is")])
    properties, context = sent.properties or {}, sent.context or {}
    campaign = context.get("campaign")
    medium = campaign.get("medium") if isinstance(campaign, dict) else None
    return NewEvent(
        lead_id=lead_id,
        kind=sent.event,
        happened_at=sent.timestamp,
        event_id=sent.messageId,
        source="segment",
        value=_number(properties.get("value", properties.get("revenue"))),
        topic=_word(properties.get("topic", properties.get("category"))),
        channel=_word(properties.get("channel", medium)),
    )


def _inside(adapter: TypeAdapter[object], value: object, where: str) -> object:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        faults = [Fault(pointer=where, detail=fault.detail) for fault in faults_of(error)[:1]]
        raise BadRequest(faults) from error


def _future(latest: int) -> str:
    return f"lies in the future, after {iso(latest)}; send it when it has happened"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 200 else None
