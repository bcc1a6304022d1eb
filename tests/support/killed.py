"""A real service that is killed with SIGKILL again and again while clients send events and insist.

The service runs in processes forked from one that has everything imported, so that a start takes
part of a second. What was acknowledged is then looked for in the database.
"""

import multiprocessing
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import psutil
from sqlalchemy import func, select

from features.settings import Settings
from serving.app import create_app
from serving.keys import KeyRing
from serving.model_source import ModelSource
from serving.run import listen, run
from serving.store.engine import database_url
from serving.store.schema import events, kinds_seen
from serving.store.store import Store

CLIENTS = 4
START_SECONDS = 120
UP_SECONDS = 0.6  #: at most, from the first answer to the kill
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["serving.app", "serving.run", "alembic.command", "httpx"])


@dataclass(frozen=True, kw_only=True)
class Survival:
    """What was acknowledged, and what of it is there."""

    kills: int
    acknowledged: int
    lost: int  #: acknowledged events that are not in the database
    doubled: int  #: events that are there more than once, or counted so
    retries: int  #: requests without an answer, sent again
    seconds: float


@dataclass(kw_only=True)
class Client:
    """Sends events one after the other, each until it is acknowledged."""

    name: str
    url: str
    token: str
    random: random.Random
    ended: threading.Event
    acknowledged: list[str] = field(default_factory=list)
    retries: int = 0

    def work(self) -> None:
        """Send until told to end; what was begun is sent to its end."""
        headers = {"authorization": f"Bearer {self.token}"}
        sent = 0
        with httpx.Client(base_url=self.url, headers=headers, timeout=10, trust_env=False) as client:
            while not self.ended.is_set():
                count = self.random.choice([1, 1, 3, 20])
                ids = [f"{self.name}-{i}" for i in range(sent, sent + count)]
                sent += count
                self._insist(client, ids)
                self.acknowledged += ids

    def _insist(self, client: httpx.Client, ids: Sequence[str]) -> None:
        rows = [
            {"lead_id": f"L-{sum(map(ord, i)) % 50}", "kind": "visit", "event_id": i}
            | {"happened_at": "2026-02-01T00:00:00Z", "topic": i}
            for i in ids
        ]
        path, body = ("/v1/events", rows[0]) if len(rows) == 1 else ("/v1/events/batch", {"events": rows})
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                answer = client.post(path, json=body)
                if answer.status_code == 200:
                    results = answer.json().get("results", [answer.json()])
                    assert all(row["status"] in ("stored", "duplicate") for row in results), results
                    return
                assert answer.status_code == 503, answer.text
            except httpx.TransportError:
                pass
            assert time.monotonic() < until, "the service did not come back"
            self.retries += 1
            time.sleep(0.01)


def serve(home: Path, url: str | None, port: int) -> None:
    """The service with a store and no model, until it is killed."""
    settings = Settings()
    keys, _ = KeyRing.open(home / "keys.json")
    store = Store.of_settings(settings.service, home=home, named=url)
    models = ModelSource.from_folder(home / "no model", settings)
    app = create_app(models=models, settings=settings, keys=keys, now=lambda: datetime.now(UTC), store=store)
    with listen("127.0.0.1", port) as listening:
        run(app, listening)


def kill_again_and_again(
    home: Path, url: str | None, *, kills: int, seed: int, said: Callable[[int], None] = lambda _: None
) -> Survival:
    """Kill the service at random moments of ingestion; `said` hears of each kill."""
    home.mkdir(parents=True, exist_ok=True)
    ring, token = KeyRing(keys=()).issue(["crm"])
    ring.save(home / "keys.json")
    port = free_port()
    ended = threading.Event()
    clients = [
        Client(
            name=f"c{i}",
            url=f"http://127.0.0.1:{port}",
            token=token,
            random=random.Random(f"{seed} {i}"),  # noqa: S311  # no secret
            ended=ended,
        )
        for i in range(CLIENTS)
    ]
    moments = random.Random(seed)  # noqa: S311  # no secret
    started = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as threads:
        working = [threads.submit(client.work) for client in clients]
        try:
            for kill in range(kills):
                with served(home, url, port):
                    time.sleep(moments.random() * UP_SECONDS)
                said(kill + 1)
            with served(home, url, port):
                ended.set()
                for future in working:
                    future.result(START_SECONDS)
        finally:
            ended.set()
    return _survival(home, url, clients, kills=kills, seconds=time.monotonic() - started)


def _survival(home: Path, url: str | None, clients: Sequence[Client], *, kills: int, seconds: float) -> Survival:
    acknowledged = {event_id for client in clients for event_id in client.acknowledged}
    store = Store.open(database_url(home, url))
    with store.reading() as connection:
        topics = list(connection.execute(select(events.c.topic)).scalars())
        counted = connection.execute(select(func.sum(kinds_seen.c.events))).scalar() or 0
    store.close()
    return Survival(
        kills=kills,
        acknowledged=len(acknowledged),
        lost=len(acknowledged.difference(topics)),
        doubled=len(topics) - len(set(topics)) + abs(int(counted) - len(topics)),
        retries=sum(client.retries for client in clients),
        seconds=round(seconds, 1),
    )


@contextmanager
def served(home: Path, url: str | None, port: int) -> Iterator[None]:
    """A service that answers, until it is killed."""
    process = FORKED.Process(target=serve, args=(home, url, port), daemon=True)
    process.start()
    try:
        _wait_until_up(port)
        yield
    finally:
        process.kill()
        process.join()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def die_of_itself(target: Callable[..., None], *arguments: object) -> None:
    """Run `target` in a process that kills itself with SIGKILL; the processes that it started then notice and end.

    Before its end it has to send their ids through the connection that it gets as its last argument.
    """
    heard, told = FORKED.Pipe(duplex=False)
    process = FORKED.Process(target=target, args=(*arguments, told))
    process.start()
    assert heard.poll(START_SECONDS)
    workers = [psutil.Process(pid) for pid in heard.recv() if psutil.pid_exists(pid)]
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert workers
    until = time.monotonic() + 60
    while any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers):
        assert time.monotonic() < until, "a worker outlives its command"
        time.sleep(0.2)


def say_workers_and_die(told: Connection) -> None:
    """Send the ids of the processes below this one, and end it by SIGKILL."""
    told.send([child.pid for child in psutil.Process().children(recursive=True)])
    os.kill(os.getpid(), signal.SIGKILL)


def _wait_until_up(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False, timeout=5)
            return
        except httpx.TransportError:
            assert time.monotonic() < until, "the service did not start"
            time.sleep(0.01)
