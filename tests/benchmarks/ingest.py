"""Events per second that the service takes in, in batches over HTTP, each batch acknowledged after its commit.

usage: python tests/benchmarks/ingest.py [--events N] [--batch N] [--clients N] [--only sqlite|postgresql] [--out F]

The service runs as one worker in a process of its own, with the store on this machine's disk and all
syncing on; clients keep one connection each and send the next batch when the last one is acknowledged.
"""

import argparse
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from serving.keys import KeyRing
from support.killed import free_port, served
from support.postgres import start
from support.stores import DATABASES


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One load of batches."""

    events_per_second: float
    p50_ms: float  #: of a batch
    p99_ms: float


def batches(client: int, *, events: int, batch: int) -> list[dict[str, object]]:
    """Bodies of distinct events of 5,000 leads."""
    rows = [
        {
            "lead_id": f"L-{(i * 7919 + client) % 5000}",
            "event_id": f"c{client}-{i}",
            "kind": ("page_view", "email_click", "pricing_page_view")[i % 3],
            "happened_at": "2026-02-20T16:05:00Z",
            "topic": "pricing",
            "channel": "email",
        }
        for i in range(events)
    ]
    return [{"events": rows[i : i + batch]} for i in range(0, events, batch)]


def send(url: str, token: str, bodies: list[dict[str, object]]) -> list[float]:
    """Seconds that each batch took."""
    took = []
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=60) as http:
        for body in bodies:
            started = time.perf_counter()
            answer = http.post("/v1/events/batch", json=body)
            took.append(time.perf_counter() - started)
            assert answer.status_code == 200, answer.text
    return took


def measure(kind: str, *, events: int, batch: int, clients: int) -> Measured:
    """Take events in on one database."""
    database = start(fsync=True).url("postgres") if kind == "postgresql" else None
    with tempfile.TemporaryDirectory() as folder:
        home, port = Path(folder), free_port()
        ring, token = KeyRing(keys=()).issue(["crm"])
        ring.save(home / "keys.json")
        loads = [batches(client, events=events // clients, batch=batch) for client in range(clients)]
        with served(home, database, port), ThreadPoolExecutor(clients) as threads:
            url = f"http://127.0.0.1:{port}"
            send(url, token, batches(clients, events=10 * batch, batch=batch))
            started = time.perf_counter()
            took = [s for found in threads.map(lambda load: send(url, token, load), loads) for s in found]
            seconds = time.perf_counter() - started
    p50, p99 = np.percentile(took, [50, 99]) * 1000
    sent = sum(len(body["events"]) for load in loads for body in load)  # type: ignore[arg-type]  # a list
    return Measured(events_per_second=round(sent / seconds), p50_ms=round(p50, 1), p99_ms=round(p99, 1))


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=100_000)
    options.add_argument("--batch", type=int, default=100)
    options.add_argument("--clients", type=int, default=4)
    options.add_argument("--only", choices=DATABASES)
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    size = {"events": asked.events, "batch": asked.batch, "clients": asked.clients}
    found = {kind: measure(kind, **size) for kind in DATABASES if asked.only in (None, kind)}
    table = Table("database", "events a second", "a batch, p50 ms", "p99 ms")
    for kind, measured in found.items():
        table.add_row(kind, f"{measured.events_per_second:,.0f}", f"{measured.p50_ms}", f"{measured.p99_ms}")
    Console().print(table)
    if asked.out:
        asked.out.write_text(json.dumps({kind: asdict(m) for kind, m in found.items()}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
