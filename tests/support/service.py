"""The service in tests: a small bundle behind real HTTP on a free port of this machine."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx
import uvicorn
from fastapi import FastAPI

from features.settings import Settings
from serving.app import create_app
from serving.keys import KeyRing
from serving.model_source import ModelSource, Status
from serving.predict import Predictor
from serving.run import listen
from serving.store.store import Store
from support.small_bundle import small_bundle

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
START_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Running:
    """A running service and a client that has its key."""

    client: httpx.Client
    url: str
    token: str
    rep_token: str  #: of a key that may not send leads
    admin_token: str  #: of a key that may do everything
    models: ModelSource
    predictor: Predictor
    settings: Settings
    app: FastAPI

    def ask(self, body: object, **headers: str) -> httpx.Response:
        """POST /v1/predict with a JSON body."""
        return self.client.post("/v1/predict", json=body, headers=headers)


def nothing_to_fetch() -> str:
    """A model source that never has anything new."""
    return "unchanged"


def source_of(predictor: Predictor | None, settings: Settings) -> ModelSource:
    """A source that serves this predictor, or none."""
    source = ModelSource(lambda _: (_ for _ in ()).throw(AssertionError), nothing_to_fetch, settings)
    trouble = None if predictor else "no version is the champion yet; train one with `ripeness train`"
    source.status = Status(predictor=predictor, seen=nothing_to_fetch(), trouble=trouble)
    return source


@contextmanager
def service(
    settings: Settings | None = None,
    *,
    model: bool = True,
    store: Store | None = None,
    now: Callable[[], datetime] = lambda: NOW,
    source: ModelSource | None = None,
) -> Iterator[Running]:
    """The service over HTTP, with the small bundle unless `model` is false or `source` brings others."""
    settings = settings or Settings()
    bundle = replace(small_bundle(), card={"company": "Small", "has_skill": True})
    predictor = Predictor(bundle=bundle, version="7", settings=settings)
    models = source or source_of(predictor if model else None, settings)
    ring, token = KeyRing(keys=()).issue(["crm"])
    ring, rep_token = ring.issue(["rep"])
    ring, admin_token = ring.issue(["admin"])
    app = create_app(models=models, settings=settings, keys=ring, now=now, store=store)
    with (
        listening(app) as url,
        httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=30, trust_env=False) as client,
    ):
        yield Running(
            client=client,
            url=url,
            token=token,
            rep_token=rep_token,
            admin_token=admin_token,
            models=models,
            predictor=predictor,
            settings=settings,
            app=app,
        )


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """Serve an app on a free port by uvicorn, as in production; its address."""
    with listen("127.0.0.1", 0) as opened:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        started = threading.Event()
        server.startup = _announcing(server.startup, started)  # type: ignore[method-assign]  # to wait, not to poll
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        try:
            assert started.wait(START_SECONDS), "uvicorn did not start"
            yield f"http://127.0.0.1:{opened.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _announcing(startup, started):  # type: ignore[no-untyped-def]  # wraps uvicorn's own coroutine
    async def announcing(sockets=None):  # type: ignore[no-untyped-def]
        await startup(sockets)
        started.set()

    return announcing
