"""The application: routes, body limit, one shape of error, and a page that documents it all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.routing import Route

from features.settings import Service as ServiceLimits
from features.settings import Settings
from serving import (
    ask_describe,
    ask_leads,
    ask_schemas,
    describe,
    docs,
    funnel_routes,
    funnel_schemas,
    ingest_events,
    ingest_leads,
    ingest_lists,
    ingest_schemas,
    ingest_stages,
    metrics,
    problem,
    queue_schemas,
    routes,
)
from serving.body import BodyLimit
from serving.headers import SafeHeaders
from serving.keys import KeyFile, KeyRing
from serving.live.engine import Engine
from serving.model_source import ModelSource
from serving.routes import Service
from serving.schemas import components
from serving.shortcut import Shortcut
from serving.store.store import Store
from serving.traffic import Counts, Traffic
from serving.web import install as web
from serving.webhooks import routes as webhook_routes
from serving.webhooks import schemas as webhook_schemas
from serving.webhooks.worker import Webhooks

ABOUT = (
    "Sends back, for a lead and its activities, how likely it is to be won within the horizon, why, "
    "where it stands on the lifecycle, and what to do next. Every error of the application is problem+json (RFC 9457)."
)
#: schemas of what is asked of a store
SHOWN = tuple(
    shown
    for module in (ingest_schemas, ask_schemas, queue_schemas, funnel_schemas, webhook_schemas)
    for shown in module.SHOWN
)
#: routes that are there with a store
OF_STORE = (ingest_leads, ingest_events, ingest_stages, ingest_lists, ask_leads, funnel_routes, webhook_routes)


def create_app(
    *,
    models: ModelSource,
    settings: Settings,
    keys: KeyRing | KeyFile,
    now: Callable[[], datetime],
    store: Store | None = None,
) -> FastAPI:
    """The service; `now` tells the time, with its zone. Without a store it only scores what it is sent."""
    app = FastAPI(
        title="Ripeness",
        version=version("ripeness"),
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    alone = Service(models=models, settings=settings, keys=keys, now=now)
    app.state.service = alone if store is None else _with_store(alone, store)
    app.state.counts = Counts()
    app.router.routes.append(Route("/v1/predict", routes.predict, methods=["POST"]))
    app.include_router(routes.router)  # describes /v1/predict too, but takes 26 microseconds to find its way there
    if store is not None:
        for module in OF_STORE:
            app.include_router(module.router)
        web.install(app)
    app.include_router(docs.router)
    app.include_router(metrics.router)
    _wrap(app, settings.service)
    _describe(app, settings.service)
    return app


def _with_store(service: Service, store: Store) -> Service:
    """The service with an engine that scores what the store is told, and webhooks that tell others."""
    engine = Engine(store=store, models=service.models, settings=service.settings, now=service.now)
    webhooks = Webhooks(store=store, limits=service.settings.service, now=service.now)
    engine.on_notice = webhooks.wake
    return replace(service, store=store, engine=engine, webhooks=webhooks)


def _wrap(app: FastAPI, limits: ServiceLimits) -> None:
    """What every request goes through: the last one added is the first to see it."""
    app.add_middleware(Shortcut, path="/v1/predict", to=routes.predict)
    app.add_middleware(BodyLimit, max_bytes=limits.max_body_bytes)
    problem.install(app)
    if app.state.service.store is not None:
        web.answer_browsers(app)
    app.add_middleware(Traffic, limits=limits, counts=app.state.counts)
    app.add_middleware(SafeHeaders)


def _describe(app: FastAPI, limits: ServiceLimits) -> None:
    """Give the OpenAPI document our schemas; the routes only name them."""
    generate = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        document = generate()
        if app.state.service.store is not None:
            ask_describe.with_ids(document)
        describe.with_quotas(document["paths"])
        describe.show_answers(document["paths"])
        document["components"] = {
            "schemas": components(limits, *SHOWN),
            "securitySchemes": {"key": describe.KEY},
        }
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it
