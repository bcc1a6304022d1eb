"""Adds the pages to the service."""

from inspect import isawaitable

from anyio.to_thread import run_sync
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from serving.web import funnel_pages, lead_routes, model_routes, queue_routes, routes
from serving.web.trouble import trouble_page


def install(app: FastAPI) -> None:
    """The pages, for a service that has a store."""
    for module in (routes, queue_routes, lead_routes, model_routes, funnel_pages):
        app.include_router(module.router)


def answer_browsers(app: FastAPI) -> None:
    """Where there is no page, a person gets a page that says so; a machine gets what it got before."""
    machines = app.exception_handlers[HTTPException]

    async def nowhere(request: Request, error: Exception) -> Response:
        asks_for_page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/")
        if not asks_for_page or not isinstance(error, HTTPException) or error.status_code not in (404, 405):
            answered = machines(request, error)
            return await answered if isawaitable(answered) else answered
        return await run_sync(trouble_page, request, routes.NotFound("there is no such page; go on from the queue"))

    app.add_exception_handler(HTTPException, nowhere)
