"""What came in, for those who run the service: kinds of events, and the audit."""

from fastapi import APIRouter, Request, Response

from features.clock import iso
from features.request import BadRequest, Fault
from features.tables import OUTCOME_KINDS
from serving import ingest_describe as describe
from serving.ingest import caller
from serving.routes import Service, as_json
from serving.store.audit import audit
from serving.store.kinds import seen_kinds

router = APIRouter()

AUDIT_ROWS = 1_000  #: in one answer


@router.get("/v1/kinds", **describe.KINDS)
def kinds(request: Request) -> Response:
    """All kinds of events that came in, how many, and whether anything knows them."""
    by = caller(request, "crm")
    with by.store.reading() as connection:
        found = seen_kinds(connection)
    mapped = known_kinds(by.service)
    return as_json({"kinds": [
        {"kind": k.kind, "events": k.events, "first_at": iso(k.first_at), "last_at": iso(k.last_at)}
        | {"mapped": k.kind in mapped}
        for k in found
    ]})  # fmt: skip


@router.get("/v1/audit", **describe.AUDIT)
def audit_rows(request: Request) -> Response:
    """Who wrote what when, without what it said."""
    by = caller(request, "admin")
    after = request.query_params.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise BadRequest([Fault(pointer="/after", detail="should be a whole number, the `next` of an answer")])
    with by.store.reading() as connection:
        rows = audit(connection, after=int(after), limit=AUDIT_ROWS)
    shown = [{**vars(row), "at": iso(row.at)} for row in rows]
    return as_json({"writes": shown, "next": rows[-1].seq if len(rows) == AUDIT_ROWS else None})


def known_kinds(service: Service) -> frozenset[str]:
    """Kinds that the settings, the model or the outcomes know."""
    settings, predictor = service.settings, service.models.status.predictor
    told = {name for kind, meaning in settings.kinds.items() for name in (kind, meaning.maps_to) if name}
    read = set(predictor.bundle.view.kind_of) if predictor else set()
    return frozenset(told | read | {*OUTCOME_KINDS, *settings.lifecycle.fast_track})
