"""The addresses that set a lead's stage, and take a move back."""

from fastapi import APIRouter, Request, Response

from serving import ingest_describe as describe
from serving import ingest_read as read
from serving import ingest_schemas as schemas
from serving.ingest import Caller, body_of, caller, told
from serving.lifecycle.moves import CRM
from serving.live.stages import StageSet, Stands, set_stage, take_back
from serving.predict import Json

router = APIRouter()


@router.post("/v1/stage", **describe.STAGE)
async def tell_stage(request: Request) -> Response:
    """Set a lead's stage: any as a fact of the CRM; as a rep up to opportunity."""
    by = caller(request, "rep", "crm")
    sent = read.read_as(schemas.StageToTell, body_of(request), latest=by.latest)
    wanted = StageSet(
        lead_id=sent.lead_id,
        stage=sent.stage,
        by=_who(by),
        happened_at=sent.happened_at,
        known_at=sent.known_at,
        note=sent.note,
    )
    stands = await by.write("stage", lambda write: set_stage(write, wanted), lead_id=sent.lead_id)
    return await told(request, by, stands.lead_id, _stands(stands))


@router.post("/v1/stage/undo", **describe.STAGE_UNDO)
async def undo_stage(request: Request) -> Response:
    """Take back a lead's last move."""
    by = caller(request, "rep", "crm")
    sent = read.read_as(schemas.StageToUndo, body_of(request), latest=by.latest)
    stands = await by.write(
        "stage_undo", lambda write: take_back(write, sent.lead_id, by=_who(by)), lead_id=sent.lead_id
    )
    return await told(request, by, stands.lead_id, _stands(stands))


def _who(by: Caller) -> str:
    return CRM if by.key.allows("crm") else by.key.key_id


def _stands(stands: Stands) -> Json:
    previous = None if stands.previous is None else stands.previous.value
    return {"lead_id": stands.lead_id, "stage": stands.stage.value, "previous": previous, "status": stands.status}
