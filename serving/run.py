"""Starts the service on this machine, and ends it cleanly on SIGINT or SIGTERM."""

import ipaddress
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import orjson
import structlog
import uvicorn
from fastapi import FastAPI

from features.errors import RipenessError
from features.settings import Settings
from serving.app import create_app
from serving.garbage import spare_what_is_loaded
from serving.keys import KeyFile, KeyRing
from serving.model_source import ModelSource
from serving.repeat import repeat
from serving.routes import Service
from serving.store.store import Store

KEYS = "keys.json"  #: below the home folder
REFRESH_SECONDS = 30.0
KEYS_SECONDS = 1.0
SIZES_SECONDS = 3_600.0
PATIENCE_SECONDS = 30.0  #: of the start with a registry that does not answer
NO_DATABASE = "the database doesn't answer yet, so what is told is answered 503; it is tried again every second"
SHUTDOWN_SECONDS = 10


class CantListen(RipenessError):
    """The address is not one to listen on: taken, not of this machine, or open to the network unasked."""

    exit_code = 7
    title = "The service can't listen there"


def serve(
    settings: Settings,
    *,
    home: Path,
    tracking_uri: str,
    host: str | None,
    port: int | None,
    now: Callable[[], datetime],
    say: Callable[[str], None],
    database_url: str | None = None,
) -> None:
    """Serve the champion until told to stop; `host` and `port` are those of the command line, if given.

    `database_url` is that of the environment; it comes before the one of the settings.

    Raises:
        CantListen: the address is taken, or `ripeness.toml` alone opens it to the network.
        BadKeys: the file of API keys can't be trusted.
        BadDatabase, StoreUnavailable: the store can't be opened; one on PostgreSQL is waited for instead.
    """
    log_as_json()
    with listen(listening_host(settings, host), settings.service.port if port is None else port) as listening:
        keys = open_keys(home / KEYS, say)
        store = Store.of_settings(settings.service, home=home, named=database_url)
        if not store.healthy:
            say(NO_DATABASE)
        models = ModelSource.from_registry(tracking_uri, settings, home=home)
        status = models.start(patience_seconds=PATIENCE_SECONDS)
        if status.predictor is None:
            say(f"no model yet, so /v1/predict answers 503: {status.trouble}")
        app = create_app(models=models, settings=settings, keys=keys, now=now, store=store)
        with _beside(app.state.service, keys):
            run(app, listening, say=say)


@contextmanager
def _beside(service: Service, keys: KeyFile) -> Iterator[None]:
    """What goes on beside the routes: new models, new keys, scoring, telling others. The store is closed last."""
    with ExitStack() as ending:
        if service.store is not None:
            ending.callback(service.store.close)
            service.store.learn_sizes()
            ending.callback(repeat(service.store.learn_sizes, every_seconds=SIZES_SECONDS, name="store-sizes"))
        ending.callback(service.models.watch(every_seconds=REFRESH_SECONDS))
        ending.callback(repeat(keys.refresh, every_seconds=KEYS_SECONDS, name="keys-refresh"))
        for worker in (service.engine, service.webhooks):
            if worker is not None:
                worker.start()
                ending.callback(worker.stop)
        yield


def open_keys(path: Path, say: Callable[[str], None]) -> KeyFile:
    """The keys in the file at `path`; says the token of a first one, and that there is none.

    Raises:
        BadKeys: as `KeyRing.open`.
    """
    ring, token = KeyRing.open(path)
    if token is not None:
        say(f"API key, shown this once: {token}")
    if not ring.keys:
        say(f"{path} holds no API key, so nobody may ask; make one with `ripeness key add --scope crm`")
    return KeyFile(path)


def listening_host(settings: Settings, host: str | None) -> str:
    """The host to listen on; beyond this machine only when the command line names it.

    Raises:
        CantListen: only the settings name it.
    """
    if host is None and not is_loopback(settings.service.host):
        raise CantListen(
            f"service.host is {settings.service.host!r}, open to the network; "
            f"say so on the command line too: --host {settings.service.host}"
        )
    return settings.service.host if host is None else host


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address or name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def run(app: FastAPI, listening: socket.socket, *, say: Callable[[str], None] = lambda _: None) -> None:
    """Serve the app with one worker until SIGINT or SIGTERM; requests under way are answered first."""
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    say(f"serving on http://{shown}:{port}, documented at /docs; Ctrl-C ends it")
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    spare_what_is_loaded()  # answering a request makes many objects and no cycles
    with _signals_end_quietly():
        uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on; they wait until the server is up.

    Raises:
        CantListen: the address is taken or not of this machine.

    asyncio turns Nagle's algorithm off for sockets that say they are TCP: without that each answer
    waits 40 ms for the peer's delayed acknowledgement.
    """
    listening = None
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        if listening is not None:
            listening.close()
        raise CantListen(f"{host} port {port}: {error.strerror}; choose another with --host and --port") from error
    return listening


@contextmanager
def _signals_end_quietly() -> Iterator[None]:
    """uvicorn raises a signal that ended it once more; by then it has done its work."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def log_as_json() -> None:
    """Logs as one JSON object a line on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_LibraryLines()], level=logging.WARNING, force=True)


class _LibraryLines(logging.Handler):
    """What libraries log, the server first of all, as lines like ours; never a traceback, which may hold values."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0] if record.exc_info else None
        error = kind.__name__ if kind else None
        structlog.get_logger().log(
            record.levelno, "library_says", library=record.name, text=record.getMessage().strip(), error=error
        )
