"""The way past FastAPI's routing and dependencies, for the one address that is asked most."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from features.errors import RipenessError
from serving.problem import refuse


class Shortcut:
    """ASGI middleware: a POST to `path` goes straight to its function, which takes the request and nothing else.

    FastAPI takes 40 microseconds to find that out each time; it still describes the address and
    answers all other methods there.
    """

    def __init__(self, app: ASGIApp, *, path: str, to: Callable[[Request], Awaitable[Response]]) -> None:
        self.app = app
        self.path = path
        self.to = to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != self.path or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        scope["state"]["path"] = self.path
        try:
            response = await self.to(Request(scope))
        except RipenessError as error:
            response = refuse(error, scope)
        await response(scope, receive, send)
