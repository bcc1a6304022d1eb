"""The one writer: requests hand it their writes, and it commits several of them together.

While one commit waits for the disk the next writes gather; each is then a savepoint of one
transaction, so one that is refused leaves the others alone. Nobody hears of success before the
commit.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, func, insert, select, text

from features.errors import RipenessError
from serving.store.engine import IMMEDIATE, take_write_lock
from serving.store.errors import StoreBusy, StoreUnavailable, trouble_of
from serving.store.schema import writes

log = structlog.get_logger()
T = TypeVar("T")

LAST_SEQ = select(func.max(writes.c.seq))
GROUP = 200  #: writes in one commit at most
NOT_PREPARED = "the database has not answered yet; nothing was written, so send it again in a few seconds"
PROBE_SECONDS = 1.0  #: between two looks whether a database that was gone is back


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who writes what, for the audit: no payload."""

    now: int  #: when it was received
    key_id: str
    action: str
    lead_id: str | None = None  #: none where it is about several
    rows: int = 1


@dataclass(frozen=True, kw_only=True)
class Write:
    """One write under way: its place in the order of all, and the connection to do it with."""

    connection: Connection
    seq: int
    act: Act

    @property
    def now(self) -> int:
        """When it was received."""
        return self.act.now


Job = Callable[[Write], T]


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    job: Job[Any]
    act: Act
    future: "Future[Any]"


class Writer:
    """A thread that owns all writing.

    `prepare` is done before the first write, as soon as the database answers; until then the store isn't healthy.
    """

    def __init__(self, engine: Engine, *, max_waiting: int, prepare: Callable[[], None] | None = None) -> None:
        self.healthy = prepare is None  #: whether the database took the last write or look
        self._prepare = prepare
        self._engine = engine.execution_options(**{IMMEDIATE: True})
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(maxsize=max_waiting)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def prepared(self) -> bool:
        """Whether the tables are there."""
        return self._prepare is None

    @property
    def waiting(self) -> int:
        """How many writes wait to be begun."""
        return self._waiting.qsize()

    def submit(self, job: Job[T], act: Act) -> "Future[T]":
        """Queue a write; the future has its result once it is committed.

        Raises:
            StoreBusy: too many wait.
            StoreUnavailable: the writer has ended.
        """
        if self._closed.is_set():
            raise StoreUnavailable("the service is ending; nothing was written")
        future: Future[T] = Future()
        try:
            self._waiting.put_nowait(_Waiting(job=job, act=act, future=future))
        except queue.Full:
            raise StoreBusy(f"{self._waiting.maxsize} writes wait already; send it again in a second") from None
        return future

    def close(self) -> None:
        """Commit what waits, then end."""
        if not self._closed.is_set():
            self._closed.set()
            self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                first = self._waiting.get(timeout=PROBE_SECONDS)
            except queue.Empty:
                if not self.healthy:
                    self._look()
                continue
            group, ended = self._gather(first)
            if group:
                self._write(group)
            if ended:
                return

    def _gather(self, first: _Waiting | None) -> tuple[list[_Waiting], bool]:
        """All that waits, up to a group; whether the end was among it."""
        group, following = [], first
        while following is not None:
            if following.future.set_running_or_notify_cancel():
                group.append(following)
            if len(group) == GROUP:
                return group, False
            try:
                following = self._waiting.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _write(self, group: list[_Waiting]) -> None:
        try:
            self._be_prepared()
            with self._engine.begin() as connection:
                take_write_lock(connection)
                found = self._done(connection, group)
        except Exception as error:
            self._fail(group, error)
            return
        self.healthy = True
        for waiting, result in zip(group, found, strict=True):
            if isinstance(result, BaseException):
                waiting.future.set_exception(result)
            else:
                waiting.future.set_result(result)

    def _done(self, connection: Connection, group: list[_Waiting]) -> list[Any]:
        """The result or the error of each write; what the database itself refuses fails them all."""
        seq = last_seq(connection)
        found: list[Any] = []
        for waiting in group:
            try:
                with connection.begin_nested():
                    found.append(_perform(connection, seq + 1, waiting))
                seq += 1
            except Exception as error:
                if trouble_of(error) is not None:
                    raise
                found.append(error)
        return found

    def _fail(self, group: list[_Waiting], error: Exception) -> None:
        trouble = StoreUnavailable(NOT_PREPARED) if isinstance(error, RipenessError) else trouble_of(error)
        self.healthy = not isinstance(trouble, StoreUnavailable)
        log.error("store_write_failed", error=type(error).__name__, writes=len(group))
        for waiting in group:
            waiting.future.set_exception(_anew(trouble) if trouble else error)

    def _be_prepared(self) -> None:
        if self._prepare is not None:
            self._prepare()
            self._prepare = None

    def _look(self) -> None:
        try:
            self._be_prepared()
            with self._engine.begin() as connection:
                connection.execute(text("SELECT 1"))
            self.healthy = True
        except Exception as error:
            self.healthy = False
            log.warning("store_unreachable", error=type(error).__name__)


def _anew(trouble: RipenessError) -> RipenessError:
    """One error for each waiting thread: a traceback belongs to one."""
    return type(trouble)(str(trouble))


def _perform(connection: Connection, seq: int, waiting: _Waiting) -> object:
    act = waiting.act
    row = {"seq": seq, "at": act.now, "key_id": act.key_id, "action": act.action}
    connection.execute(insert(writes), row | {"lead_id": act.lead_id, "rows": act.rows})
    return waiting.job(Write(connection=connection, seq=seq, act=act))


def last_seq(connection: Connection) -> int:
    """The number of the last write that this transaction sees; 0 before the first."""
    return connection.execute(LAST_SEQ).scalar() or 0
