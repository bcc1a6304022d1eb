"""The addresses that every page needs: coming in, going out, the language, and our own files."""

from functools import cache

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from features.errors import RipenessError
from serving.keys import Key, KeyFile, Unauthorized
from serving.web.forms import own_path
from serving.web.page_route import PageRouter
from serving.web.render import ASSETS, PLACES, page
from serving.web.sessions import COOKIE, HOURS, VISITOR
from serving.web.visitor import LANGUAGE, YEAR_SECONDS, Visitor, chosen_language, visitor_of

KEPT = "public, max-age=31536000, immutable"  #: by browsers; the address changes with the file
TYPES = {
    "style.css": "text/css",
    "htmx.min.js": "text/javascript",
    "keys.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}

router = PageRouter()


class NotFound(RipenessError):
    """There is no such page."""

    http_status = 404
    title = "There is no such page"


@router.get("/")
def home(request: Request) -> Response:
    """The first page that this person may see."""
    visitor = visitor_of(request)
    visitor.require()
    return go_to(next((path for path, _, scopes in PLACES if any(map(visitor.may, scopes))), "/queue"))


@router.get("/sign-in")
def sign_in(request: Request) -> Response:
    """Where a key is asked for."""
    visitor = visitor_of(request)
    return page(visitor, "sign_in.html", to=own_path(request.query_params.get("to"), "/"), trouble=None)


@router.post("/sign-in")
def signed_in(request: Request) -> Response:
    """Begin a session with the key that was typed in."""
    visitor = visitor_of(request)
    fields = visitor.form()
    to = own_path(fields.get("to"), "/")
    try:
        key = _checked(visitor, fields.get("key", ""))
    except Unauthorized:
        trouble = visitor.language.say("This service knows no such key. Check that you copied all of it.")
        return page(visitor, "sign_in.html", status=401, to=to, trouble=trouble)
    session = visitor.sessions.begin(key.key_id, visitor.now)
    answer = go_to(to)
    visitor.set_cookie(answer, COOKIE, visitor.sessions.cookie(session), HOURS * 3_600)
    visitor.set_cookie(answer, VISITOR, "", 0)
    return answer


def _checked(visitor: Visitor, token: str) -> Key:
    keys = visitor.service.keys
    ring = keys.ring if isinstance(keys, KeyFile) else keys
    return ring.check(f"Bearer {token}", None)


@router.post("/sign-out")
def signed_out(request: Request) -> Response:
    """End the session, here and wherever its cookie went."""
    visitor = visitor_of(request)
    visitor.form()
    if visitor.session is not None:
        visitor.sessions.end(visitor.session, visitor.now)
    answer = go_to("/sign-in")
    visitor.set_cookie(answer, COOKIE, "", 0)
    return answer


@router.post("/language")
def language(request: Request) -> Response:
    """Keep the language that was chosen."""
    visitor = visitor_of(request)
    fields = visitor.form()
    answer = go_to(own_path(fields.get("to"), "/"))
    visitor.set_cookie(answer, LANGUAGE, chosen_language(fields.get("language", "")), YEAR_SECONDS)
    return answer


@router.get("/assets/{name}")
def asset_file(name: str) -> Response:
    """A file that the pages are made with."""
    if name not in TYPES:
        raise NotFound("there is no such file; go back to the page that you came from")
    return Response(_bytes(name), media_type=TYPES[name], headers={"cache-control": KEPT})


@cache
def _bytes(name: str) -> bytes:
    return (ASSETS / name).read_bytes()


def go_to(path: str) -> Response:
    """Go on to another page, by GET."""
    return RedirectResponse(path, status_code=303)
