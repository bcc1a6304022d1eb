"""The addresses of the service. Only here does serving ask what time it is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

import orjson
import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from features.clock import SECOND, to_micros
from features.errors import BadInput
from features.request import BadRequest, Fault, read_request
from features.settings import Settings
from serving import describe
from serving.body import NUL, parse_json, read_json, refuse_nul, require_json
from serving.keys import KeyFile, KeyRing, Scope
from serving.language import Language, catalog, preferred
from serving.live.by_id import PredictById, case_by_id, cases_by_id, is_by_id, read_by_id
from serving.live.engine import Engine
from serving.model_source import ModelSource
from serving.predict import Case, Json, case_of
from serving.problem import problem
from serving.store.errors import StoreUnavailable
from serving.store.store import Store
from serving.store.writer import last_seq
from serving.webhooks.worker import Webhooks

MOST_ON_LOOP = 100_000  #: bytes of a body; about 800 events
READERS = 4  #: threads that look leads up; they mostly wait for the database
SEEN = "x-ripeness-seen"  #: header: the last write that an answer by id could see; repeats it with `as_of` and bundle

log = structlog.get_logger()
router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class Service:
    """What the routes need, kept in `app.state.service`."""

    models: ModelSource
    settings: Settings
    keys: KeyRing | KeyFile
    now: Callable[[], datetime]  #: the only clock of the service, with its time zone
    store: Store | None = None  #: without one the service only scores what it is sent
    engine: Engine | None = None  #: there with a store: scores leads again when something was told of them
    webhooks: Webhooks | None = None  #: tells others what happened; none without a store
    #: threads that score: more would wait for Python's one lock, and let nobody else have it (30 % fewer answers)
    batch: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    #: threads that look leads up, apart from those that score: a database that hangs must not stop scoring
    look_up: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(READERS))

    @property
    def degraded(self) -> bool:
        """Whether the store is gone, so that only what needs none is done."""
        return self.store is not None and not self.store.healthy

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the store.

        Raises:
            StoreUnavailable: there is none, or the database doesn't answer.
        """
        if self.store is None:
            raise StoreUnavailable("this service has no store, so it knows no lead; send the whole lead")
        with self.store.reading() as connection:
            yield connection

    def case(self, data: object) -> Case:
        """The case that plain data describes, as of now unless it says otherwise."""
        limits = self.settings.service
        request = read_request(data, max_events=limits.max_events_per_lead)
        return case_of(request, now=to_micros(self.now()), max_skew=self.skew)

    def case_by_id(self, connection: Connection, asked: PredictById) -> Case:
        """The case of a lead of the store, as of now unless it says otherwise.

        Raises:
            UnknownLead, LeadDeleted, LeadClosed, BadRequest: as `serving.live.by_id.case_by_id`.
        """
        return case_by_id(connection, asked, now=to_micros(self.now()), ahead=self.skew)

    @property
    def skew(self) -> int:
        """How far ahead of ours a caller's clock may be, in microseconds."""
        return round(self.settings.service.max_clock_skew_seconds * SECOND)

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
    key = service.keys.check(request.headers.get("authorization"), scope)
    request.scope["state"]["key_id"] = key.key_id
    return service


# On the event loop: a millisecond of work costs less than handing it to a thread and back
# (docs/decisions/0006); the few bodies that take longer go the way of batches.
@router.post("/v1/predict", **describe.PREDICT)
async def predict(request: Request) -> Response:
    """Score one lead, with reasons, its stage and what to do next."""
    started = perf_counter()
    service = allowed(request, "crm")
    if len(request.scope["state"]["body"]) > MOST_ON_LOOP:
        return await run_sync(_predict, request, service, started, limiter=service.batch)
    data = _sent(request)
    if is_by_id(data):
        return await run_sync(_predict_by_id, request, service, data, started, limiter=service.look_up)
    return _predict(request, service, started, data)


def _sent(request: Request) -> object:
    require_json(request.headers.get("content-type"))
    return read_json(request.scope["state"]["body"])


def _predict(request: Request, service: Service, started: float, data: object = None) -> Response:
    case = service.case(_sent(request) if data is None else data)
    predictor, language = service.models.current(), service.language(request)
    answer = predictor.answer(case, language)
    if service.degraded:
        answer["degraded"] = True
    _log("lead_scored", request, started, bundle=predictor.bundle.digest)
    return as_json(answer, language)


def _predict_by_id(request: Request, service: Service, data: dict[str, object], started: float) -> Response:
    asked = read_by_id(data)
    predictor, language = service.models.current(), service.language(request)
    with service.reading() as connection:
        case, seen = service.case_by_id(connection, asked), last_seq(connection)
    response = as_json(predictor.answer(case, language), language)
    response.headers[SEEN] = str(seen)
    _log("lead_scored", request, started, bundle=predictor.bundle.digest)
    return response


@router.post("/v1/predict/batch", **describe.BATCH)
async def predict_batch(request: Request) -> Response:
    """Score many leads; answers come in the same order, and one bad lead does not fail the rest."""
    started = perf_counter()
    service = allowed(request, "crm")
    rows = await run_sync(_read_batch, request, service, limiter=service.batch)
    if any(isinstance(row, PredictById) for row in rows):
        rows = await run_sync(_look_up, service, rows, limiter=service.look_up)
    return await run_sync(_predict_batch, request, service, rows, started, limiter=service.batch)


def _read_batch(request: Request, service: Service) -> list[Case | PredictById | Json]:
    require_json(request.headers.get("content-type"))
    body: bytes = request.scope["state"]["body"]
    rows = _requests(parse_json(body), service.settings.service.max_batch)
    return [_row_or_problem(service, row, i, nul=NUL in body) for i, row in enumerate(rows)]


def _look_up(service: Service, rows: list[Case | PredictById | Json]) -> list[Case | PredictById | Json]:
    """The rows with the cases of leads that are asked for by their ids, or a problem in the place of each."""
    asked = [row for row in rows if isinstance(row, PredictById)]
    try:
        with service.reading() as connection:
            cases = iter(cases_by_id(connection, asked, now=to_micros(service.now()), ahead=service.skew))
    except StoreUnavailable as error:
        return [problem(error) if isinstance(row, PredictById) else row for row in rows]
    return [_found_or_problem(next(cases), i) if isinstance(row, PredictById) else row for i, row in enumerate(rows)]


def _predict_batch(
    request: Request, service: Service, rows: list[Case | PredictById | Json], started: float
) -> Response:
    predictor, language = service.models.current(), service.language(request)
    cases = [row for row in rows if isinstance(row, Case)]
    answers = iter(predictor.answers(cases, language))
    found = [next(answers) if isinstance(row, Case) else row for row in rows]
    refused = len(rows) - len(cases)
    _log("leads_scored", request, started, leads=len(rows), refused=refused, bundle=predictor.bundle.digest)
    request.scope["state"]["scores"] = len(cases)
    return as_json({"answers": found} | ({"degraded": True} if service.degraded else {}), language)


def _log(event: str, request: Request, started: float, **facts: object) -> None:
    """One line for what was done; who a lead is stays out of it, the request's name leads to the caller's own log."""
    state, took_ms = request.scope["state"], round(1000 * (perf_counter() - started), 2)
    state["scores"] = 1  # counted in metrics; batches say theirs
    log.info(event, request_id=state["request_id"], key_id=state["key_id"], **facts, took_ms=took_ms)


def _requests(data: object, max_batch: int) -> Sequence[object]:
    if not isinstance(data, dict) or set(data) != {"requests"} or not isinstance(data["requests"], list):
        raise BadRequest([Fault(pointer="", detail="should be an object with one field, 'requests', a list")])
    rows = data["requests"]
    if len(rows) > max_batch:
        detail = f"holds {len(rows)} requests, over the {max_batch} allowed; send them in parts"
        raise BadRequest([Fault(pointer="/requests", detail=detail)])
    return rows


def _row_or_problem(service: Service, row: object, i: int, *, nul: bool) -> Case | PredictById | Json:
    try:
        if nul:
            refuse_nul(row)
        return read_by_id(row) if is_by_id(row) else service.case(row)
    except BadRequest as error:
        return problem(error.under(f"/requests/{i}"))


def _found_or_problem(found: Case | BadInput, i: int) -> Case | Json:
    if isinstance(found, Case):
        return found
    return problem(found.under(f"/requests/{i}") if isinstance(found, BadRequest) else found)


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
