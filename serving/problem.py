"""Errors as callers see them: RFC 9457 problem+json, one shape for every status.

`type` is a URN that ends in the error's stable word, so a client can branch on it; `errors` points
into the request with RFC 6901 JSON pointers. Nothing of the request's values is repeated in logs.
"""

from asyncio import CancelledError
from collections.abc import Mapping
from http import HTTPStatus

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.errors import RipenessError
from features.request import BadRequest
from serving.refusals import log_refusal

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"


class FaultOut(BaseModel):
    """One thing wrong in the request, and where."""

    model_config = ConfigDict(extra="forbid")

    pointer: str = Field(description="RFC 6901 JSON pointer into the request; empty for the whole of it")
    detail: str


class Problem(BaseModel):
    """What went wrong, by RFC 9457."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="stable: 'urn:ripeness:problem:' and the error's word")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="the fact, the values and what to do")
    instance: str | None = Field(None, description="the path that was asked for")
    errors: list[FaultOut] = Field(default_factory=list)


def problem(error: RipenessError, *, instance: str | None = None) -> dict[str, object]:
    """The problem object of one of our own errors."""
    faults = error.faults if isinstance(error, BadRequest) else ()
    return _problem(
        error.code,
        status=error.http_status,
        title=error.title,
        detail=str(error),
        instance=instance,
        errors=[{"pointer": f.pointer, "detail": f.detail} for f in faults],
    )


def _problem(
    word: str, *, status: int, title: str, detail: str, instance: str | None, errors: list[dict[str, str]]
) -> dict[str, object]:
    found = {"type": f"urn:ripeness:problem:{word}", "title": title, "status": status, "detail": detail}
    return found | ({"instance": instance} if instance else {}) | {"errors": errors}


def refuse(error: RipenessError, scope: Scope) -> Response:
    """The answer to a request that ends in one of our own errors; the log gets a line without its values."""
    return _refuse(problem(error, instance=scope["path"]), scope, getattr(error, "headers", {}))


def _refuse(body: Mapping[str, object], scope: Scope, headers: Mapping[str, str]) -> Response:
    log_refusal(body, scope)
    return problem_response(body, headers)


def problem_response(body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    """A problem object as an HTTP response of its own status."""
    status = body["status"]
    return Response(
        orjson.dumps(body),
        status_code=status if isinstance(status, int) else 500,
        headers=dict(headers or {}),
        media_type=MEDIA_TYPE,
    )


def of_status(status: int, *, detail: str, instance: str | None) -> dict[str, object]:
    """The problem of a bare HTTP status such as 404."""
    phrase = HTTPStatus(status).phrase
    word = phrase.lower().replace(" ", "_").replace("-", "_")
    return _problem(word, status=status, title=phrase, detail=detail, instance=instance, errors=[])


def install(app: FastAPI) -> None:
    """Answer every error of `app` as problem+json; what nobody foresaw becomes a 500 without details."""
    app.add_exception_handler(RipenessError, _ours)
    app.add_exception_handler(HTTPException, _starlettes)
    app.add_middleware(Unforeseen)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, RipenessError)  # noqa: S101  # registered for this class
    return refuse(error, request.scope)


async def _starlettes(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class
    details = {
        404: "there is nothing at this address; see /docs for what there is",
        405: f"{request.method} is not offered here; see the Allow header and /docs",
    }
    detail = details.get(error.status_code, str(error.detail))
    body = of_status(error.status_code, detail=detail, instance=request.url.path)
    return _refuse(body, request.scope, error.headers or {})


class Unforeseen:
    """ASGI middleware: an error that nobody foresaw is logged without the request's values and answered 500.

    A request that is still under way when the service ends is answered 503.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def remember(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, remember)
        except Exception as error:
            request_id = scope.get("state", {}).get("request_id")
            log.error("request_failed", request_id=request_id, error=type(error).__name__, where=where(error))
            if started:
                raise
            body = of_status(500, detail="the fault is ours; the log names it", instance=scope["path"])
            await problem_response(body)(scope, receive, send)
        except CancelledError:  # by the server, which waits no longer
            if started:
                raise
            body = of_status(503, detail="the service is ending; ask again", instance=scope["path"])
            await _refuse(body, scope, {"Connection": "close"})(scope, receive, send)


def where(error: BaseException) -> list[str]:
    """File and line of the innermost calls; no values, for they may be personal."""
    found, at = [], error.__traceback__
    while at is not None:
        found.append(f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}")
        at = at.tb_next
    return found[-5:]
