"""API keys: made at the first start, kept hashed, each allowed to do some things only.

A token holds 256 random bits, so a plain SHA-256 of it can't be guessed back; a slow hash protects
words that people chose, and would cost every request its time.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import BadSettings, RipenessError

log = structlog.get_logger()

Scope = Literal["crm", "rep", "admin", "metrics"]

PREFIX = "rip_"  #: lets scanners of leaked secrets find our tokens


class BadKeys(BadSettings):
    """The file of API keys can't be trusted or read; repair it, or remove it to have a new key made."""

    title = "The API keys can't be used"


class NoSuchKey(BadSettings):
    """No key goes by that id."""

    title = "There is no such API key"


class Unauthorized(RipenessError):
    """No API key was sent, or none that we know."""

    http_status = 401
    title = "An API key is needed"
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Bearer realm="ripeness"'}


class Forbidden(RipenessError):
    """The API key is known but not allowed to do this."""

    http_status = 403
    title = "The API key does not allow this"


class Key(BaseModel):
    """One key as it is kept: never the token itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_id: str  #: for logs and for taking it back
    name: str = ""  #: whose it is
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    scopes: tuple[Scope, ...]

    def allows(self, scope: Scope) -> bool:
        """`admin` may do everything."""
        return scope in self.scopes or "admin" in self.scopes


class KeyRing(BaseModel):
    """The keys of one service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[Key, ...]

    @classmethod
    def open(cls, path: Path) -> "tuple[KeyRing, str | None]":
        """The keys in the file at `path`; without a file a first key is made, and its token returned once.

        The file is readable by its owner only. Of two processes that start at once one makes the key.

        Raises:
            BadKeys: the file is readable by others, or is no file of keys.
        """
        ring, token = cls(keys=()).issue(("crm", "rep", "admin"))
        if not path.exists() and ring._create(path):
            return ring, token
        return cls.read(path), None

    @classmethod
    def read(cls, path: Path) -> "KeyRing":
        """The keys in the file at `path`; none without a file.

        Raises:
            BadKeys: the file is readable by others, or is no file of keys.
        """
        if not path.exists():
            return cls(keys=())
        try:
            if os.name == "posix" and path.stat().st_mode & 0o077:
                raise BadKeys(f"{path} is open to other users of this machine; run `chmod 600 {path}`")
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise BadKeys(f"{path} can't be read as a file of API keys; remove it to have a new key made") from error

    def issue(self, scopes: Iterable[Scope], *, name: str = "") -> "tuple[KeyRing, str]":
        """This ring with one more key, and the key's token, which is kept nowhere."""
        token = PREFIX + secrets.token_urlsafe(32)
        key = Key(key_id=secrets.token_hex(4), name=name, sha256=_digest(token), scopes=tuple(scopes))
        return KeyRing(keys=(*self.keys, key)), token

    def without(self, key_id: str) -> "KeyRing":
        """This ring with one key less.

        Raises:
            NoSuchKey: none has that id.
        """
        kept = tuple(key for key in self.keys if key.key_id != key_id)
        if len(kept) == len(self.keys):
            raise NoSuchKey(f"no key has the id {key_id!r}; `ripeness key list` shows those that there are")
        return KeyRing(keys=kept)

    def save(self, path: Path) -> None:
        """Write the ring, replacing the file at once or not at all."""
        self._written_beside(path).replace(path)

    def _create(self, path: Path) -> bool:
        """Write the ring unless the file is there by now; whether it was written."""
        beside = self._written_beside(path)
        try:
            os.link(beside, path)
        except FileExistsError:
            return False
        finally:
            beside.unlink()
        return True

    def _written_beside(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(self.model_dump_json(indent=2))
        return Path(name)

    def check(self, authorization: str | None, scope: Scope | None) -> Key:
        """The key that an Authorization header brings, if it may do what `scope` covers; None covers what any key may.

        Every key is compared, in constant time, so that the answer's time tells nothing.

        Raises:
            Unauthorized: no `Bearer` token, or an unknown one.
            Forbidden: a known one without the scope.
        """
        kind, _, token = (authorization or "").partition(" ")
        digest = _digest(token.strip())
        found = [key for key in self.keys if hmac.compare_digest(key.sha256, digest)]
        if kind.lower() != "bearer" or not found:
            raise Unauthorized("send the header 'Authorization: Bearer TOKEN' with a token of this service")
        if scope is not None and not found[0].allows(scope):
            raise Forbidden(f"key {found[0].key_id} lacks the scope {scope!r}; ask for a key that has it")
        return found[0]


class KeyFile:
    """The keys in a file, followed: a key made or taken back while the service runs counts within a second."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = _stamp(path)
        self.ring = KeyRing.read(path)

    def check(self, authorization: str | None, scope: Scope | None) -> Key:
        """As `KeyRing.check`, by the keys of now."""
        return self.ring.check(authorization, scope)

    def refresh(self) -> None:
        """Read the file again if it changed; one that can't be read changes nothing, and the log says so once."""
        stamp = _stamp(self.path)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self.ring = KeyRing.read(self.path)
        except BadKeys as error:
            log.error("keys_not_read", why=str(error))
        else:
            log.info("keys_read", keys=len(self.ring.keys))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes with the file; the time alone has steps of milliseconds."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
