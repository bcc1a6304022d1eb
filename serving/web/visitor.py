"""Who looks at a page: a person with a session, or nobody yet."""

from dataclasses import dataclass
from functools import cached_property

from fastapi import Request
from starlette.applications import Starlette
from starlette.responses import Response

from features.clock import to_micros
from features.errors import RipenessError
from features.request import BadRequest, Fault
from serving.keys import Forbidden, Key, KeyFile, Scope
from serving.language import LANGUAGES, Language, catalog, preferred
from serving.routes import Service, service_of
from serving.store.errors import StoreUnavailable
from serving.store.store import Store
from serving.web.forms import form_of
from serving.web.sessions import COOKIE, HOURS, VISITOR, Session, Sessions, new_id

LANGUAGE = "ripeness_language"
YEAR_SECONDS = 365 * 86_400
TOKEN = "form_token"  # noqa: S105  # the name of the field


class SignInFirst(RipenessError):
    """Nobody is signed in, or the session has ended; the page of signing in follows."""

    http_status = 401
    title = "Sign in first"


class StaleForm(RipenessError):
    """The form is not one of this session; open the page again and send it anew."""

    http_status = 403
    title = "This form can't be used any more"


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who looks at a page, at a moment, in a language."""

    request: Request
    service: Service
    store: Store
    sessions: Sessions
    language: Language
    now: int
    session: Session | None
    key: Key | None
    visitor_id: str  #: of the session, or of one who has not signed in

    @cached_property
    def form_token(self) -> str:
        """What each form on this visitor's pages brings."""
        return self.sessions.form_token(self.visitor_id)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of this service, as of now."""
        return _keys(self.service)

    def may(self, scope: Scope) -> bool:
        """Whether this person's key allows it."""
        return self.key is not None and self.key.allows(scope)

    def require(self, *scopes: Scope) -> Key:
        """The key of this person, which must allow one of these; none means that any key will do.

        Raises:
            SignInFirst: nobody is signed in.
            Forbidden: the key allows none of it.
        """
        if self.key is None:
            raise SignInFirst("nobody is signed in here, or the session has ended; sign in with a key")
        if scopes and not any(self.key.allows(scope) for scope in scopes):
            raise Forbidden(f"this page needs a key with the scope {' or '.join(scopes)}; ask whoever runs the service")
        return self.key

    def form(self) -> dict[str, str]:
        """The fields of the form that this visitor sent.

        Raises:
            BadRequest: it is no form.
            StaleForm: it was not made for this visitor.
        """
        fields = form_of(self.request)
        if not self.sessions.is_form_token(self.visitor_id, fields.pop(TOKEN, "")):
            raise StaleForm("the form was made for another session; open the page again and send it anew")
        return fields

    def remember(self, response: Response) -> Response:
        """Let a browser that has not signed in keep the name that its forms belong to."""
        if self.session is None and self.request.cookies.get(VISITOR) != self.visitor_id:
            self.set_cookie(response, VISITOR, self.visitor_id, HOURS * 3_600)
        return response

    def set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        """A cookie that no script and no other site can read or send; `seconds` 0 takes it away."""
        secure = self.request.url.scheme == "https"
        response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def visitor_of(request: Request) -> Visitor:
    """Who sent this request.

    Raises:
        StoreUnavailable: the service has no store, so there is nothing to show.
    """
    service = service_of(request)
    if service.store is None:
        raise StoreUnavailable("this service has no store; start it with `ripeness serve`")
    now = to_micros(service.now())
    sessions = _sessions(request.app, service.store, now)
    session = sessions.read(request.cookies.get(COOKIE), now)
    key = None if session is None else _key(service, session.key_id)
    session = None if key is None else session
    if key is not None:
        request.scope["state"]["key_id"] = key.key_id
    return Visitor(
        request=request,
        service=service,
        store=service.store,
        sessions=sessions,
        language=language_of(request, service),
        now=now,
        session=session,
        key=key,
        visitor_id=_visitor_id(request) if session is None else session.session_id,
    )


def _sessions(app: Starlette, store: Store, now: int) -> Sessions:
    """The sessions of this service; what signs them is read when the first page is asked for."""
    if not hasattr(app.state, "sessions"):
        app.state.sessions = Sessions.of(store, now)
    found: Sessions = app.state.sessions
    return found


def language_of(request: Request, service: Service) -> Language:
    """The language that was chosen on a page, else the one that the browser asks for."""
    chosen = request.cookies.get(LANGUAGE)
    if chosen in LANGUAGES:
        return catalog(chosen)
    return catalog(preferred(request.headers.get("accept-language"), service.settings.company.language))


def chosen_language(code: str) -> str:
    """The code of a language that there is.

    Raises:
        BadRequest: there is no such language.
    """
    if code not in LANGUAGES:
        raise BadRequest([Fault(pointer="", detail=f"the language should be one of {', '.join(LANGUAGES)}")])
    return code


def _key(service: Service, key_id: str) -> Key | None:
    """The key, unless it was taken back since."""
    return next((key for key in _keys(service) if key.key_id == key_id), None)


def _keys(service: Service) -> tuple[Key, ...]:
    ring = service.keys.ring if isinstance(service.keys, KeyFile) else service.keys
    return ring.keys


def _visitor_id(request: Request) -> str:
    kept = request.cookies.get(VISITOR, "")
    return kept if len(kept) == 32 and kept.isalnum() and kept.isascii() else new_id()
