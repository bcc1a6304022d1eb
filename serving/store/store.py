"""The store of one service: one writer, many readers, one database."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import structlog
from sqlalchemy import URL, Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from features.settings import Service
from serving.store.engine import IMMEDIATE, Limits, database_url, migrate, open_engine
from serving.store.errors import StoreUnavailable, trouble_of
from serving.store.writer import NOT_PREPARED, Act, Job, Writer

log = structlog.get_logger()
T = TypeVar("T")

LOOKED_AT = 1_000  #: rows of each index, to guess the rest
SAMPLES = text("SELECT name FROM sqlite_master WHERE name = 'sqlite_stat4'")


class Store:
    """Open it once per process. Functions of this package take a `Write` to write, a `Connection` to read."""

    def __init__(self, engine: Engine, *, max_waiting: int = 1_000, prepare: Callable[[], None] | None = None) -> None:
        self.engine = engine
        repeatable = engine.dialect.name == "postgresql"
        self._readers = engine.execution_options(isolation_level="REPEATABLE READ") if repeatable else engine
        self._writer = Writer(engine, max_waiting=max_waiting, prepare=prepare)

    @classmethod
    def open(cls, url: URL, *, limits: Limits = Limits(), max_waiting: int = 1_000) -> "Store":  # noqa: B008  # frozen
        """The store in a database, its tables brought up to date.

        Raises:
            BadDatabase, StoreUnavailable: as `open_engine` and `migrate`.
        """
        engine = open_engine(url, limits)
        try:
            migrate(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, max_waiting=max_waiting)

    @classmethod
    def of_settings(cls, service: Service, *, home: Path, named: str | None) -> "Store":
        """The store that the settings name; `named` is the URL of the environment, which comes first.

        While PostgreSQL doesn't answer the store isn't healthy; its tables are brought up to date when it does.

        Raises:
            BadDatabase: as `open`.
            StoreUnavailable: a SQLite file can't be opened.
        """
        limits = Limits(timeout_seconds=service.database_timeout_seconds, max_bytes=service.database_max_bytes)
        url = database_url(home, named or service.database_url)
        try:
            return cls.open(url, limits=limits, max_waiting=service.max_waiting_writes)
        except StoreUnavailable:
            if url.get_backend_name() == "sqlite":
                raise
            engine = open_engine(url, limits)
            return cls(engine, max_waiting=service.max_waiting_writes, prepare=lambda: migrate(engine))

    @property
    def healthy(self) -> bool:
        """Whether the database took the last write, read or look; looked at again every second while it didn't."""
        return self._writer.healthy

    @property
    def waiting(self) -> int:
        """How many writes wait for a commit."""
        return self._writer.waiting

    def submit(self, job: Job[T], act: Act) -> "Future[T]":
        """Queue a write; the future has its result once it is committed.

        Raises:
            StoreBusy, StoreUnavailable: at once, or from the future.
        """
        return self._writer.submit(job, act)

    def write(self, job: Job[T], act: Act) -> T:
        """Write, and wait for the commit.

        Raises:
            StoreBusy, StoreUnavailable, StoreFull: nothing was written.
        """
        return self.submit(job, act).result()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the store until it is given back.

        Raises:
            StoreUnavailable: the database doesn't answer.
        """
        if not self._writer.prepared:
            raise StoreUnavailable(NOT_PREPARED)
        try:
            with self._readers.connect() as connection, connection.begin():
                yield connection
        except (DBAPIError, PoolTimeout) as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            self._writer.healthy = self._writer.healthy and not isinstance(trouble, StoreUnavailable)
            raise trouble from error

    def learn_sizes(self) -> None:
        """Let SQLite count what its tables hold, or it guesses and walks the wrong way through large ones.

        PostgreSQL does so by itself. Where the database is busy or gone it is left for the next time.
        """
        if self.engine.dialect.name != "sqlite":
            return
        try:
            with self.engine.execution_options(**{IMMEDIATE: True}).begin() as connection:
                connection.execute(text(f"PRAGMA analysis_limit = {LOOKED_AT}"))
                connection.execute(text("ANALYZE"))
                if connection.execute(SAMPLES).first() is not None:  # of some builds: they hold lead_ids
                    connection.execute(text("DELETE FROM sqlite_stat4"))
        except (DBAPIError, PoolTimeout) as error:
            log.warning("store_sizes_not_learned", error=type(error).__name__)
        self.engine.dispose()  # what is open reads the sizes no more than once

    def close(self) -> None:
        """Commit what waits, and end."""
        self._writer.close()
        self.engine.dispose()
