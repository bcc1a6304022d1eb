"""Routes of pages: every error, foreseen or not, is a sentence on a page."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

import structlog
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from features.errors import RipenessError
from serving import problem
from serving.refusals import log_refusal
from serving.web.trouble import Unforeseen, trouble_page
from serving.web.visitor import SignInFirst

log = structlog.get_logger()

Handler = Callable[[Request], Awaitable[Response]]


class PageRoute(APIRoute):
    """A route whose errors are pages; who has not signed in is sent to do so, and comes back."""

    def get_route_handler(self) -> Handler:  # type: ignore[override]  # FastAPI's own says Coroutine
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except SignInFirst:
                return _sign_in(request)
            except RipenessError as error:
                log_refusal(problem.problem(error), request.scope)
                return await run_sync(trouble_page, request, error)
            except Exception as error:
                request_id = request.scope["state"].get("request_id")
                log.error("page_failed", request_id=request_id, error=type(error).__name__, where=problem.where(error))
                return await run_sync(trouble_page, request, Unforeseen("the fault is ours; the log names it"))

        return handle


class PageRouter(APIRouter):
    """Pages, which the document of the API leaves out."""

    def __init__(self) -> None:
        super().__init__(route_class=PageRoute, include_in_schema=False)


def _sign_in(request: Request) -> Response:
    """To where a key is asked for; a script that wants a part of a page has the browser go there."""
    address = f"/sign-in?to={quote(_asked_for(request))}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"hx-redirect": address})
    return RedirectResponse(address, status_code=303)


def _asked_for(request: Request) -> str:
    """The page to come back to; a form that came too late is not sent again."""
    if request.method != "GET":
        return "/"
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
