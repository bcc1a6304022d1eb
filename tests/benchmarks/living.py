"""How soon a fact is in the score: an event goes in, its lead is scored again with reasons, its stage is decided, all
of it is committed, and the answer comes back.

usage: python tests/benchmarks/living.py [--leads N] [--rate N] [--seconds N] [--cores N] [--out F]
       [--only sqlite|postgresql]

The database holds copies of a simulated company's leads with some 24 events each, scored by a walk as
`ripeness rescore` makes it. The service is one worker in a process of its own, its store on this machine's disk
with all syncing on. Requests go out at their moments whether the ones before were answered or not; a time is from
that moment to the answer.
"""

import argparse
import gc
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import local

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parents[1]))

from commands.live import available_cores
from commands.rescore import walk_all
from features.clock import from_micros, iso
from features.guess import Guess
from features.settings import load_settings
from features.write_settings import settings_text
from models.files import save
from serving.app import create_app
from serving.keys import KeyRing
from serving.live.rounds import Rounds
from serving.model_source import ModelSource
from serving.run import listen, run
from serving.store.engine import database_url
from serving.store.schema import standings
from serving.store.store import Store
from support.killed import FORKED, free_port
from support.large_store import fill
from support.postgres import start
from support.quick_models import quick
from support.stores import DATABASES

CLIENTS = 16
KINDS = ("page_view", "pricing_page_view", "email_click", "trial_started")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One database."""

    leads: int
    events: int
    open_leads: int
    walk_seconds: float  #: all open leads scored again
    requests: int
    p50_ms: float
    p99_ms: float
    slowest_ms: float
    late: int  #: requests that could not be sent at their moment


def serve(home: Path, url: str | None, port: int, moment: datetime) -> None:
    """The service with its engine, whose day is that of the data."""
    settings, began = load_settings(home / "ripeness.toml"), time.monotonic()
    store = Store.of_settings(settings.service, home=home, named=url)
    keys, _ = KeyRing.open(home / "keys.json")
    models = ModelSource.from_folder(home / "bundle", settings)
    assert models.refresh().predictor is not None, models.status.trouble

    def now() -> datetime:
        return moment + timedelta(seconds=time.monotonic() - began)

    app = create_app(models=models, settings=settings, keys=keys, now=now, store=store)
    app.state.service.engine.start()
    with listen("127.0.0.1", port) as listening:
        run(app, listening)


@contextmanager
def served(home: Path, url: str | None, moment: datetime) -> Iterator[str]:
    """The address of a running service."""
    port = free_port()
    process = FORKED.Process(target=serve, args=(home, url, port, moment), daemon=True)
    process.start()
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{address}/health/live", trust_env=False)
                break
            except httpx.TransportError:
                assert time.monotonic() < until, "the service did not start"
                time.sleep(0.1)
        yield address
    finally:
        process.kill()
        process.join()


def build(home: Path, url: str | None, *, leads: int, cores: int) -> tuple[dict[str, int], int, float, list[str]]:
    """A home with bundle, settings and a full store: rows, the moment, seconds of the walk, ids of open leads."""
    found = quick()
    save(found.challenger, home / "bundle", found.rows)
    (home / "ripeness.toml").write_text(settings_text(Guess(settings=found.settings, notes=(), questions=())))
    moment = found.export.data_end
    store = Store.open(database_url(home, url))
    counts = fill(store, found.export, copies=max(1, leads // len(found.export.leads)), now=moment)
    models = ModelSource.from_folder(home / "bundle", found.settings)
    models.refresh()
    rounds, began = Rounds(store=store, predictor=models.current()), time.perf_counter()
    bundle, clock = partial(nullcontext, home / "bundle"), partial(from_micros, moment)
    walk = walk_all(rounds, lambda _: None, bundle=bundle, cores=cores, clock=clock)
    seconds = time.perf_counter() - began
    Console(stderr=True).print(f"walk: {walk}")
    with store.reading() as connection:
        ids = list(connection.execute(select(standings.c.lead_id).order_by(standings.c.lead_id)).scalars())
    store.close()
    return counts, moment, seconds, ids


def load(
    address: str, token: str, ids: list[str], moment: int, *, rate: float, seconds: float, name: str
) -> list[tuple[float, bool]]:
    """Seconds of each request from its moment on, and whether it went out late."""
    chance = random.Random(1)  # noqa: S311  # no secret
    clients, threads = local(), ThreadPoolExecutor(CLIENTS)
    headers = {"authorization": f"Bearer {token}"}
    began = time.perf_counter() + 1

    def send(i: int, lead_id: str, kind: str) -> tuple[float, bool]:
        at = began + i / rate
        if not hasattr(clients, "http"):
            clients.http = httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False)
        time.sleep(max(0.0, at - time.perf_counter()))
        late = time.perf_counter() - at > 0.005
        body = {"lead_id": lead_id, "kind": kind, "happened_at": iso(moment), "event_id": f"{name}-{i}"}
        answer = clients.http.post("/v1/events?answer=true", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["answer"]["score"] is not None
        return time.perf_counter() - at, late

    asked = [(i, chance.choice(ids), chance.choice(KINDS)) for i in range(round(rate * seconds))]
    with threads:
        return list(threads.map(lambda one: send(*one), asked))


def measure(kind: str, *, leads: int, cores: int, rate: float, seconds: float) -> Measured:
    """Build and load one database."""
    url = start(fsync=True).url("postgres") if kind == "postgresql" else None
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        counts, moment, walk_seconds, ids = build(home, url, leads=leads, cores=cores)
        gc.collect()
        ring, token = KeyRing(keys=()).issue(["crm"])
        ring.save(home / "keys.json")
        with served(home, url, from_micros(moment).astimezone(UTC)) as address:
            load(address, token, ids, moment, rate=rate, seconds=3, name="warm")
            took = load(address, token, ids, moment, rate=rate, seconds=seconds, name="live")
    times = np.array([each for each, _ in took]) * 1000
    p50, p99 = np.percentile(times, [50, 99])
    return Measured(
        leads=counts["leads"],
        events=counts["events"],
        open_leads=len(ids),
        walk_seconds=round(walk_seconds, 1),
        requests=len(took),
        p50_ms=round(p50, 1),
        p99_ms=round(p99, 1),
        slowest_ms=round(times.max(), 1),
        late=sum(late for _, late in took),
    )


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--leads", type=int, default=100_000)
    options.add_argument("--rate", type=float, default=50, help="requests a second")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--cores", type=int, default=available_cores(), help="processes of the walk")
    options.add_argument("--only", choices=DATABASES)
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    size = {"leads": asked.leads, "cores": asked.cores, "rate": asked.rate, "seconds": asked.seconds}
    found = {kind: measure(kind, **size) for kind in DATABASES if asked.only in (None, kind)}
    table = Table("database", "leads", "events", "open", "walk, s", "requests", "p50 ms", "p99 ms", "slowest", "late")
    for kind, m in found.items():
        shown = (m.leads, m.events, m.open_leads, m.walk_seconds, m.requests, m.p50_ms, m.p99_ms, m.slowest_ms, m.late)
        table.add_row(kind, *(f"{value:,}" for value in shown))
    Console().print(table)
    if asked.out:
        asked.out.write_text(json.dumps({kind: asdict(m) for kind, m in found.items()}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
