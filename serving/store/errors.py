"""What can go wrong with the store, in words for the caller, and which fault of a database is which."""

import sqlite3
from typing import ClassVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from features.errors import BadInput, BadSettings, RipenessError


class BadDatabase(BadSettings):
    """The database that is named can't be used: its address, its driver, or the version of its tables."""

    title = "The database can't be used"


class StoreUnavailable(RipenessError):
    """The database doesn't answer; nothing was written. Send it again: what was stored before is recognised."""

    exit_code = 7
    http_status = 503
    title = "The store can't be reached"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "5"}


class StoreBusy(StoreUnavailable):
    """More writes wait than `service.max_waiting_writes`; nothing was written. Send it again a little later."""

    title = "The store has too much to do"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class StoreFull(RipenessError):
    """The database has no room left; nothing was written, and reading goes on. Make room on its disk."""

    exit_code = 7
    http_status = 507
    title = "The store is full"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "60"}


class UnknownLead(BadInput):
    """Nothing was ever told of this lead."""

    http_status = 404
    title = "There is no such lead"


class LeadDeleted(BadInput):
    """The lead was deleted with all that was known of it; nothing more is taken in."""

    http_status = 410
    title = "The lead was deleted"


class EventConflict(BadInput):
    """The same event_id came with other content; the first is kept."""

    http_status = 409
    title = "The event contradicts one that is stored"


class MergeConflict(BadInput):
    """The two leads can't be made one."""

    http_status = 409
    title = "The leads can't be merged"


FULL_STATES = ("53100",)  #: PostgreSQL's disk_full
GONE_CLASSES = ("08", "25", "53", "57", "58", "XX")  #: of SQLSTATE: connection, state, resources, operator, system


def trouble_of(error: BaseException) -> RipenessError | None:
    """Our word for a database that fails; None for any other error."""
    if isinstance(error, PoolTimeout):
        return StoreUnavailable("all connections to the database are taken; try again in a few seconds")
    if not isinstance(error, DBAPIError):
        return None
    if _is_full(error):
        return StoreFull("the database has no room left; make room on its disk, then send it again")
    cause = error.orig
    state = getattr(cause, "sqlstate", None) or ""
    gone = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    if gone or state[:2] in GONE_CLASSES or type(cause) is sqlite3.DatabaseError:
        return StoreUnavailable("the database doesn't answer; nothing was written, so send it again in a few seconds")
    return None


def _is_full(error: BaseException | None) -> bool:
    """Whether the disk is full; what follows hides it, for SQLite ends the transaction and its savepoints with it."""
    while error is not None:
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        if full or getattr(error, "sqlstate", None) in FULL_STATES:
            return True
        if isinstance(error, DBAPIError) and _is_full(error.orig):
            return True
        error = error.__context__
    return False
