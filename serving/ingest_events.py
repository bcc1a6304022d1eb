"""The addresses that tell what happened: activities in several forms, outcomes, and what sales says."""

from collections.abc import Sequence
from urllib.parse import unquote

import structlog
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from features.errors import BadInput
from features.request import BadRequest, Fault
from serving import ingest_describe as describe
from serving import ingest_read as read
from serving import ingest_schemas as schemas
from serving.body import read_json, require_json
from serving.ingest import Caller, body_of, caller, read_rows, told
from serving.keys import Forbidden
from serving.lifecycle.moves import CRM
from serving.live.feedback import take_verdict
from serving.predict import Json
from serving.problem import problem
from serving.routes import as_json
from serving.store.events import NewEvent, take_in, take_in_one
from serving.store.writer import Write

log = structlog.get_logger()
router = APIRouter()

CLOUD_EVENT = "application/cloudevents+json"
CLOUD_EVENTS = "application/cloudevents-batch+json"


@router.post("/v1/events", **describe.EVENT)
async def tell_event(request: Request) -> Response:
    """Tell of one activity; or of CloudEvents, one or several, in any of their forms."""
    by = caller(request, "crm")
    kind = require_json(request.headers.get("content-type"), (CLOUD_EVENT, CLOUD_EVENTS))
    data = read_json(request.state.body)
    if kind == CLOUD_EVENTS:
        rows = read_rows(by, {"events": data}, "events", lambda row: read.cloud_event_of(row, latest=by.latest), "")
        return await _events(by, rows)
    if kind == CLOUD_EVENT:
        return await _event(request, by, read.cloud_event_of(data, latest=by.latest))
    if "ce-specversion" in request.headers:
        return await _event(request, by, read.cloud_event_of(_binary(request, data), latest=by.latest))
    return await _event(request, by, read.event_of(read.read_as(schemas.EventToTell, data, latest=by.latest)))


def _binary(request: Request, data: object) -> dict[str, object]:
    """A CloudEvent whose attributes came as headers, where all but plain ASCII is percent-encoded."""
    sent = {k.removeprefix("ce-"): v for k, v in request.headers.items() if k.startswith("ce-")}
    attributes = {name: _decoded(name, value) for name, value in sent.items()}
    return {**attributes, "data": data}


def _decoded(name: str, value: str) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise BadRequest([Fault(pointer=f"/{name}", detail="is not UTF-8 once its percent signs are read")]) from error


@router.post("/v1/events/batch", **describe.EVENTS)
async def tell_events(request: Request) -> Response:
    """Tell of several activities at once; one that is wrong does not fail the rest."""
    by = caller(request, "crm")

    def one(row: object) -> NewEvent:
        return read.event_of(read.read_as(schemas.EventToTell, row, latest=by.latest))

    return await _events(by, await run_sync(read_rows, by, body_of(request), "events", one))


@router.post("/v1/track", **describe.TRACK)
async def track(request: Request) -> Response:
    """Tell of activities as Segment's `track` sends them, one or a batch."""
    by = caller(request, "crm")
    data = body_of(request)
    if not (isinstance(data, dict) and "batch" in data):
        return await _event(request, by, read.track_of(data, latest=by.latest))
    rows = read_rows(by, {"batch": data["batch"]}, "batch", lambda row: read.track_of(row, latest=by.latest))
    return await _events(by, rows)


@router.post("/v1/outcomes", **describe.OUTCOME)
async def tell_outcome(request: Request) -> Response:
    """Tell how it ended with a lead: won or lost."""
    by = caller(request, "crm")
    sent = read.read_as(schemas.OutcomeToTell, body_of(request), latest=by.latest)
    return await _event(request, by, read.outcome_of(sent), action="outcome")


@router.post("/v1/feedback", **describe.FEEDBACK)
async def tell_feedback(request: Request) -> Response:
    """Tell what sales says of a lead: accepted, or rejected and why."""
    by = caller(request, "rep", "crm")
    sent = read.read_as(schemas.FeedbackToTell, body_of(request), latest=by.latest)

    if sent.handed_over and not by.key.allows("crm"):
        raise Forbidden(f"key {by.key.key_id} lacks the scope 'crm', and only the CRM can say handed_over: true")
    event, who = read.verdict_of(sent), by.key.key_id if by.key.allows("rep") else CRM

    def job(write: Write) -> Json:
        stored, taken = take_verdict(write, event, by=who, handed_over=sent.handed_over)
        return _event_taken(stored, taken, write.now)

    status = await by.write("feedback", job, lead_id=event.lead_id)
    return await told(request, by, event.lead_id, status)


async def _event(request: Request, by: Caller, sent: NewEvent, *, action: str = "event") -> Response:
    event = read.understood(sent, by.service.settings)
    status = await by.write(
        action,
        lambda write: _event_taken(event, take_in_one(write, event), write.now),
        lead_id=event.lead_id,
    )
    return await told(request, by, event.lead_id, status)


async def _events(by: Caller, rows: "Sequence[NewEvent | BadInput]") -> Response:
    """Take in those that could be read, in one write; an answer or a problem for each, in the same order."""
    events = [read.understood(row, by.service.settings) for row in rows if isinstance(row, NewEvent)]
    taken = await by.write("events", lambda write: take_in(write, events), rows=len(events))
    answers = iter(zip(events, taken, strict=True))
    results = [problem(row) if isinstance(row, BadInput) else _answer(*next(answers), by.now) for row in rows]
    stored = sum(answer == "stored" for answer in taken)
    log.info("events_taken_in", sent=len(rows), stored=stored)
    return as_json({"results": results})


def _answer(event: NewEvent, answer: str | BadInput, now: int) -> Json:
    return problem(answer) if isinstance(answer, BadInput) else _event_taken(event, answer, now)


def _event_taken(event: NewEvent, status: str, now: int) -> Json:
    source, event_id = event.key(now)
    return {"event_id": event_id, "source": source, "status": status}
