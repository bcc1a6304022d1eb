"""Sessions of people: a signed cookie that names a key and an end.

The service keeps nothing of a session but those that were ended early, and these only until they would
have ended anyway, or the service ends. The secret that signs is kept in the store.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import insert, select

from features.clock import SECOND
from serving.store.schema import about
from serving.store.store import Store
from serving.store.writer import Act, Write

COOKIE = "ripeness_session"
VISITOR = "ripeness_visitor"  #: of somebody who has not signed in: what the token of a form belongs to
HOURS = 12  #: of a working day
SECRET = "session_secret"  # noqa: S105  # where it is kept, not what it is


@dataclass(frozen=True, kw_only=True)
class Session:
    """One person at one browser, from signing in to `ends_at`."""

    session_id: str
    key_id: str
    ends_at: int  #: seconds since 1970


class Sessions:
    """Makes and reads the cookies of one service."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._ended: dict[str, int] = {}

    @classmethod
    def of(cls, store: Store, now: int) -> "Sessions":
        """Those signed with the secret of this store, which is made where there is none yet."""
        found = store.write(_secret, Act(now=now, key_id="service", action="session_secret", rows=0))
        return cls(bytes.fromhex(found))

    def begin(self, key_id: str, now: int) -> Session:
        """A new session of a key."""
        return Session(session_id=new_id(), key_id=key_id, ends_at=now // SECOND + HOURS * 3_600)

    def cookie(self, session: Session) -> str:
        """The session as the browser keeps it."""
        told = f"{session.session_id}.{session.key_id}.{session.ends_at}"
        return f"{told}.{self._signed('session', told)}"

    def read(self, cookie: str | None, now: int) -> Session | None:
        """The session that a cookie names; None for one that is not ours, has ended or was ended."""
        told, _, signature = (cookie or "").rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signed("session", told).encode()):
            return None
        session_id, key_id, ends_at = told.split(".")
        if int(ends_at) <= now // SECOND or session_id in self._ended:
            return None
        return Session(session_id=session_id, key_id=key_id, ends_at=int(ends_at))

    def end(self, session: Session, now: int) -> None:
        """Let nobody use this session any more."""
        self._ended = {name: ends_at for name, ends_at in self._ended.items() if ends_at > now // SECOND}
        self._ended[session.session_id] = session.ends_at

    def form_token(self, visitor_id: str) -> str:
        """What a form of this visitor has to bring, so that no other site can send it."""
        return self._signed("form", visitor_id)

    def is_form_token(self, visitor_id: str, token: str) -> bool:
        """Whether a form of this visitor brought it."""
        return hmac.compare_digest(self.form_token(visitor_id).encode(), token.encode())

    def _signed(self, what: str, text: str) -> str:
        return hmac.new(self._secret, f"{what}:{text}".encode(), hashlib.sha256).hexdigest()


def new_id() -> str:
    """A name that can't be guessed."""
    return secrets.token_hex(16)


def _secret(write: Write) -> str:
    kept: str | None = write.connection.execute(select(about.c.value).where(about.c.name == SECRET)).scalar()
    if kept is None:
        kept = secrets.token_hex(32)
        write.connection.execute(insert(about), {"name": SECRET, "value": kept})
    return kept
