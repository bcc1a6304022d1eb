"""What the routes that write have in common: who calls, and reading rows one by one.

Nothing is acknowledged before it is committed, and repeating any of it is safe.
"""

from asyncio import wait_for, wrap_future
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from anyio.to_thread import run_sync
from fastapi import Request, Response

from features.clock import SECOND, to_micros
from features.errors import BadInput
from features.request import BadRequest, Fault
from serving.body import read_json, require_json
from serving.keys import Forbidden, Key, Scope
from serving.language import Language
from serving.predict import Json
from serving.routes import Service, as_json, service_of
from serving.store.errors import StoreUnavailable
from serving.store.store import Store
from serving.store.writer import Act, Job

T = TypeVar("T")

ANSWER_SECONDS = 10  #: that a request waits for its lead to be scored again


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A request that may write: where to, by whose key, and what time it is."""

    service: Service
    store: Store
    key: Key
    now: int

    @property
    def latest(self) -> int:
        """The last moment that a fact may have: clocks differ a little."""
        return self.now + round(self.service.settings.service.max_clock_skew_seconds * SECOND)

    async def write(self, action: str, job: Job[T], *, lead_id: str | None = None, rows: int = 1) -> T:
        """Write, and wait for the commit without holding a thread."""
        act = Act(now=self.now, key_id=self.key.key_id, action=action, lead_id=lead_id, rows=rows)
        written = await wrap_future(self.store.submit(job, act))
        if self.service.engine is not None:
            self.service.engine.wake()
        return written


def caller(request: Request, *scopes: Scope) -> Caller:
    """The caller of a route that one of these scopes opens.

    Raises:
        Unauthorized, Forbidden: as `KeyRing.check`.
        StoreUnavailable: the service has no store.
    """
    service = service_of(request)
    key = service.keys.check(request.headers.get("authorization"), None)
    request.scope["state"]["key_id"] = key.key_id
    if not any(key.allows(scope) for scope in scopes):
        raise Forbidden(f"key {key.key_id} lacks the scope {scopes[0]!r}; ask for a key that has it")
    if service.store is None:
        raise StoreUnavailable("this service has no store; start it with `ripeness serve`")
    return Caller(service=service, store=service.store, key=key, now=to_micros(service.now()))


async def told(request: Request, by: Caller, lead_id: str, status: Json) -> Response:
    """Acknowledge what was told; with `?answer=true` only once the lead was scored again, and with the answer."""
    if not _wants_answer(request):
        return as_json(status)
    language = by.service.language(request)
    return as_json(status | {"answer": await _answer(by.service, lead_id, language)}, language)


def _wants_answer(request: Request) -> bool:
    asked = request.query_params.get("answer", "false")
    if asked not in ("true", "false"):
        raise BadRequest([Fault(pointer="", detail="answer in the address should be true or false")])
    return asked == "true"


async def _answer(service: Service, lead_id: str, language: Language) -> Json | None:
    """The lead's answer after its score has seen what was told; None where there is none, or not in time."""
    if service.engine is None:
        return None
    future = await run_sync(service.engine.fresh, lead_id)
    try:
        fresh = await wait_for(wrap_future(future), ANSWER_SECONDS)
    except TimeoutError:
        return None
    return None if fresh is None else fresh.predictor.answer(fresh.case, language)


def body_of(request: Request) -> object:
    """The JSON that was sent."""
    require_json(request.headers.get("content-type"))
    return read_json(request.state.body)


def read_rows(
    by: Caller, data: object, name: str, one: Callable[[object], T], where: str | None = None
) -> "list[T | BadInput]":
    """Each row of a list as `one` reads it, or why it can't be; pointers start at `where`."""
    rows = data.get(name) if isinstance(data, dict) and set(data) == {name} else None
    if not isinstance(rows, list):
        raise BadRequest([Fault(pointer="", detail=f"should be an object with one field, {name!r}, a list")])
    most = by.service.settings.service.max_events_per_batch
    where = f"/{name}" if where is None else where
    if len(rows) > most:
        detail = f"holds {len(rows)}, over the {most} allowed; send them in parts"
        raise BadRequest([Fault(pointer=where, detail=detail)])
    return [_row(row, one, f"{where}/{i}") for i, row in enumerate(rows)]


def _row(row: object, one: Callable[[object], T], where: str) -> T | BadInput:
    try:
        return one(row)
    except BadRequest as error:
        return error.under(where)
