"""The addresses of the service. Only here does serving ask what time it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

import orjson
import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from features.clock import to_micros
from features.errors import BadInput
from features.request import BadRequest, Fault, read_request
from features.settings import Settings
from serving import describe
from serving.body import read_json, require_json
from serving.keys import KeyRing, Scope
from serving.language import Language, catalog, preferred
from serving.model_source import ModelSource
from serving.predict import Case, Json, case_of
from serving.problem import problem
from serving.store.store import Store

log = structlog.get_logger()
router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class Service:
    """What the routes need, kept in `app.state.service`."""

    models: ModelSource
    settings: Settings
    keys: KeyRing
    now: Callable[[], datetime]  #: the only clock of the service, with its time zone
    store: Store | None = None  #: without one the service only scores what it is sent
    #: threads that score: more would wait for Python's one lock, and let nobody else have it (30 % fewer answers)
    batch: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))

    def case(self, data: object) -> Case:
        """The case that plain data describes, as of now unless it says otherwise."""
        limit = self.settings.service.max_events_per_lead
        return case_of(read_request(data), now=to_micros(self.now()), max_events=limit)

    def language(self, request: Request) -> Language:
        """The language that the caller likes best of ours."""
        return catalog(preferred(request.headers.get("accept-language"), self.settings.company.language))


def service_of(request: Request) -> Service:
    """The service that this request came to."""
    service: Service = request.app.state.service
    return service


def allowed(request: Request, scope: Scope | None = None) -> Service:
    """The service, for a caller whose key has this scope; without one any key will do.

    A plain call: FastAPI's dependencies take longer than the check itself.

    Raises:
        Unauthorized, Forbidden: as `KeyRing.check`.
    """
    service = service_of(request)
    service.keys.check(request.headers.get("authorization"), scope)
    return service


@router.post("/v1/predict", **describe.PREDICT)
async def predict(request: Request) -> Response:
    """Score one lead, with reasons, its stage and what to do next.

    On the event loop: a millisecond of work costs less than handing it to a thread and back
    (docs/decisions/0006).
    """
    allowed(request, "crm")
    return _predict(request)


def _predict(request: Request) -> Response:
    started, service = perf_counter(), service_of(request)
    case = service.case(_body(request))
    predictor, language = service.models.current(), service.language(request)
    answer = predictor.answer(case, language)
    took_ms = round(1000 * (perf_counter() - started), 2)
    log.info("lead_scored", lead_id=case.lead.lead_id, bundle=predictor.bundle.digest, took_ms=took_ms)
    return as_json(answer, language)


@router.post("/v1/predict/batch", **describe.BATCH)
async def predict_batch(request: Request) -> Response:
    """Score many leads; answers come in the same order, and one bad lead does not fail the rest."""
    return await run_sync(_predict_batch, request, limiter=allowed(request, "crm").batch)


def _predict_batch(request: Request) -> Response:
    started, service = perf_counter(), service_of(request)
    rows = _requests(_body(request), service.settings.service.max_batch)
    predictor, language = service.models.current(), service.language(request)
    read = [_case_or_problem(service, row, i) for i, row in enumerate(rows)]
    answers = iter(predictor.answers([case for case in read if isinstance(case, Case)], language))
    found = [next(answers) if isinstance(case, Case) else case for case in read]
    took_ms = round(1000 * (perf_counter() - started), 2)
    log.info("leads_scored", leads=len(rows), bundle=predictor.bundle.digest, took_ms=took_ms)
    return as_json({"answers": found}, language)


def _body(request: Request) -> object:
    require_json(request.headers.get("content-type"))
    return read_json(request.state.body)


def _requests(data: object, max_batch: int) -> Sequence[object]:
    if not isinstance(data, dict) or set(data) != {"requests"} or not isinstance(data["requests"], list):
        raise BadRequest([Fault(pointer="", detail="should be an object with one field, 'requests', a list")])
    rows = data["requests"]
    if len(rows) > max_batch:
        detail = f"holds {len(rows)} requests, over the {max_batch} allowed; send them in parts"
        raise BadRequest([Fault(pointer="/requests", detail=detail)])
    return rows


def _case_or_problem(service: Service, row: object, i: int) -> Case | Json:
    try:
        return service.case(row)
    except BadRequest as error:
        faults = [Fault(pointer=f"/requests/{i}{f.pointer}", detail=f.detail) for f in error.faults]
        return problem(BadRequest(faults))
    except BadInput as error:
        return problem(error)


@router.get("/v1/model", **describe.MODEL)
def model(request: Request) -> Response:
    """The model in service and its card."""
    predictor = allowed(request).models.current()
    view, card = predictor.bundle.view, predictor.bundle.card
    return as_json(
        {
            "model": predictor.model,
            "features": len(view.names),
            "kinds": [kind.name for kind in view.kinds],
            "fields": sorted(view.fields),
            "card": card,
        }
    )


@router.get("/health/live", **describe.LIVE)
async def live() -> Response:
    """Whether the process answers."""
    return as_json({"status": "live"})


@router.get("/health/ready", **describe.READY)
async def ready(request: Request) -> Response:
    """Whether a model is loaded; 503 says why not."""
    models = service_of(request).models
    predictor = models.current()
    return as_json({"status": "ready", "model": predictor.model, "trouble": models.status.trouble})


def as_json(data: Json, language: Language | None = None) -> Response:
    """An answer; with the language of its sentences where it has any."""
    headers = {"content-language": language.code, "vary": "Accept-Language"} if language else {}
    return Response(orjson.dumps(data, default=dict), headers=headers, media_type="application/json")
