"""Opens the database: SQLite in a file unless a URL names PostgreSQL, its tables brought up to date.

SQLite keeps a write-ahead log and waits for the disk at every commit, so an acknowledged write
survives a power cut. Deleted rows are overwritten, for they may be personal.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

import serving.migrations
from serving.store.errors import BadDatabase, StoreUnavailable, trouble_of

FILE_NAME = "ripeness.db"  #: below the home folder
LOCK = 7_210_447_311  #: one number for all our services on a PostgreSQL database: who holds it writes
IMMEDIATE = "ripeness_immediate"  #: execution option: take SQLite's write lock at once


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long the database may take, and how large it may grow."""

    timeout_seconds: float = 5.0
    max_bytes: int | None = None  #: of an SQLite file
    connections: int = 8


def database_url(home: Path, named: str | None) -> URL:
    """The database that `named` names, or the SQLite file in the home folder.

    Raises:
        BadDatabase: no URL, or one of another kind of database.
    """
    if named is None:
        return URL.create("sqlite+pysqlite", database=str(home / FILE_NAME))
    try:
        url = make_url(named)
    except (ArgumentError, ValueError):  # its text may hold a password
        raise BadDatabase("the database URL can't be read; write postgresql://USER:PASSWORD@HOST/DATABASE") from None
    drivers = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    kind = url.drivername.partition("+")[0]
    if kind not in drivers or not url.database:
        raise BadDatabase(f"a database of the kind {kind!r} isn't known; name postgresql://HOST/DATABASE")
    return url.set(drivername=drivers[kind])


def open_engine(url: URL, limits: Limits) -> Engine:
    """Connections to the database; none is made yet.

    Raises:
        BadDatabase: the driver is not installed.
    """
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {
        "pool_size": limits.connections,
        "max_overflow": 0,
        "pool_timeout": limits.timeout_seconds,
        "connect_args": {"timeout": limits.timeout_seconds} if sqlite else _postgresql(limits),
        "pool_pre_ping": not sqlite,
    }
    try:
        engine = create_engine(url, **options)
    except (ImportError, NoSuchModuleError):
        raise BadDatabase("PostgreSQL needs its driver; install it with `pip install 'ripeness[postgresql]'`") from None
    if sqlite:
        _prepare_sqlite(engine, limits)
    return engine


def _postgresql(limits: Limits) -> dict[str, Any]:
    seconds = max(1, round(limits.timeout_seconds))
    return {"connect_timeout": max(2, seconds), "tcp_user_timeout": 1000 * seconds, "application_name": "ripeness"}


def _prepare_sqlite(engine: Engine, limits: Limits) -> None:
    """Settings of each connection; transactions begin when we say so, as SQLAlchemy's manual has it."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401  # sqlite3's own class
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")
        if limits.max_bytes is not None:
            (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
            connection.execute(f"PRAGMA max_page_count={max(1, limits.max_bytes // page_bytes)}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(IMMEDIATE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def take_write_lock(connection: Connection) -> None:
    """Wait until no other process writes; SQLite did so when the transaction began."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def migrate(engine: Engine) -> None:
    """Bring the tables up to date; of several processes that start at once one does it.

    Raises:
        BadDatabase: the tables are of a later release than this one.
        StoreUnavailable: the database can't be reached.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(serving.migrations.__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    try:
        with engine.connect().execution_options(**{IMMEDIATE: True}) as connection, connection.begin():
            take_write_lock(connection)
            current = MigrationContext.configure(connection).get_current_revision()
            if current != scripts.get_current_head():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    except CommandError as error:
        raise BadDatabase("the database was written by a later release; serve with that one") from error
    except DBAPIError as error:
        raise trouble_of(error) or StoreUnavailable("the database refuses its tables") from error
