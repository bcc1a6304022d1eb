"""The addresses that tell of leads: fields, consent and objection, merging, deleting."""

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from features.errors import BadInput
from features.request import BadRequest, Fault
from serving import ingest_describe as describe
from serving import ingest_read as read
from serving import ingest_schemas as schemas
from serving.ingest import Caller, body_of, caller, read_rows, told
from serving.predict import Json
from serving.problem import problem
from serving.routes import as_json
from serving.store.consents import Consent, state
from serving.store.erase import erase
from serving.store.leads import LeadTold, tell
from serving.store.merge import merge
from serving.store.writer import Write

router = APIRouter()


@router.post("/v1/leads", **describe.LEAD)
async def tell_lead(request: Request) -> Response:
    """Tell of a lead: it is added, or the fields that are there are changed."""
    by = caller(request, "crm")
    sent = read.read_as(schemas.LeadToTell, body_of(request), latest=by.latest)
    return await _lead(request, by, read.lead_told(sent))


@router.put("/v1/leads/{lead_id:path}", **describe.LEAD_FIELDS)
async def tell_lead_fields(request: Request, lead_id: str) -> Response:
    """As `POST /v1/leads`, for the lead that the address names."""
    by = caller(request, "crm")
    fields = body_of(request)
    data = {**fields, "lead_id": named(lead_id)} if isinstance(fields, dict) and "lead_id" not in fields else fields
    if isinstance(fields, dict) and "lead_id" in fields:
        raise BadRequest([Fault(pointer="/lead_id", detail="is in the address already; leave it out")])
    return await _lead(request, by, read.lead_told(read.read_as(schemas.LeadToTell, data, latest=by.latest)))


async def _lead(request: Request, by: Caller, sent: LeadTold) -> Response:
    new = await by.write("lead", lambda write: tell(write, sent), lead_id=sent.lead_id)
    return await told(request, by, sent.lead_id, _lead_taken(sent, new=new))


def _lead_taken(sent: LeadTold, *, new: bool) -> Json:
    return {"lead_id": sent.lead_id, "status": "created" if new else "updated"}


@router.post("/v1/leads/batch", **describe.LEADS)
async def tell_leads(request: Request) -> Response:
    """Tell of several leads at once; one that is wrong does not fail the rest."""
    by = caller(request, "crm")

    def one(row: object) -> LeadTold:
        return read.lead_told(read.read_as(schemas.LeadToTell, row, latest=by.latest))

    rows = await run_sync(read_rows, by, body_of(request), "leads", one)

    def job(write: Write) -> list[Json]:
        return [problem(row) if isinstance(row, BadInput) else _taken(write, row) for row in rows]

    results = await by.write("leads", job, rows=len(rows))
    return as_json({"results": results})


def _taken(write: Write, sent: LeadTold) -> Json:
    try:
        return _lead_taken(sent, new=tell(write, sent))
    except BadInput as error:  # raised before anything is written
        return problem(error)


@router.post("/v1/consent", **describe.CONSENT)
async def tell_consent(request: Request) -> Response:
    """Tell whether a lead may be contacted for marketing."""
    by = caller(request, "crm")
    sent = read.read_as(schemas.ConsentToTell, body_of(request), latest=by.latest)
    happened_at = by.now if sent.happened_at is None else sent.happened_at
    said = Consent(
        lead_id=sent.lead_id,
        purpose="marketing",
        given=sent.given,
        happened_at=happened_at,
        known_at=sent.known_at,
    )
    return await _consent(request, by, "consent", said)


@router.post("/v1/objection", **describe.OBJECTION)
async def tell_objection(request: Request) -> Response:
    """Tell whether a lead objects to being scored."""
    by = caller(request, "crm")
    sent = read.read_as(schemas.ObjectionToTell, body_of(request), latest=by.latest)
    happened_at = by.now if sent.happened_at is None else sent.happened_at
    said = Consent(
        lead_id=sent.lead_id,
        purpose="profiling",
        given=not sent.objects,
        happened_at=happened_at,
        known_at=sent.known_at,
    )
    return await _consent(request, by, "objection", said)


async def _consent(request: Request, by: Caller, action: str, said: Consent) -> Response:
    await by.write(action, lambda write: state(write, said), lead_id=said.lead_id)
    return await told(request, by, said.lead_id, {"lead_id": said.lead_id, "status": "stored"})


@router.post("/v1/merge", **describe.MERGE)
async def merge_leads(request: Request) -> Response:
    """Make two leads one: what is known of the other belongs to the first from now on."""
    by = caller(request, "admin")
    sent = read.read_as(schemas.MergeToTell, body_of(request), latest=by.latest)
    done = await by.write("merge", lambda write: merge(write, sent.lead_id, sent.other), lead_id=sent.lead_id)
    return as_json({**dict(sent), "status": "merged" if done else "already_merged"})


@router.delete("/v1/leads/{lead_id:path}", **describe.DELETE)
async def delete_lead(request: Request, lead_id: str) -> Response:
    """Delete a lead and those merged into it, with everything known of them."""
    by = caller(request, "admin")
    name = named(lead_id)
    rows = await by.write("delete", lambda write: erase(write, name), lead_id=name)
    return as_json({"status": "deleted", "rows": rows})


def named(lead_id: str) -> str:
    """A lead_id from an address.

    Raises:
        LeadDeleted, BadRequest: it can't be one.
    """
    if not 0 < len(lead_id) <= 200 or "\0" in lead_id:
        raise BadRequest([Fault(pointer="", detail="the lead_id in the address should have 1 to 200 characters")])
    return lead_id
