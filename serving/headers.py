"""What every answer carries: it holds personal data, nothing in it is to be run, and a name to ask about it."""

from secrets import token_hex

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
RAW = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
REQUEST_ID = b"x-request-id"  #: of the header that names the request as the log does


class SafeHeaders:
    """ASGI middleware: adds the headers to every response, and those in `scope["state"]["headers"]`.

    `scope["state"]` also gets the name of the request, `request_id`, and the `status` of its answer.
    HEAD is answered as GET is; the server leaves the body out.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = token_hex(8)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        own = (REQUEST_ID, request_id.encode())

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name for name, _ in message["headers"]}  # a page says itself what it may load
                added = [header for header in RAW if header[0] not in there]
                state["status"] = message["status"]
                message["headers"] = [*message["headers"], *added, own, *state.get("headers", ())]
            await send(message)

        await self.app({**scope, "method": "GET"} if scope["method"] == "HEAD" else scope, receive, add)
