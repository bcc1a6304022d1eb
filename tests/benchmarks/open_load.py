"""Open-loop load of /v1/predict: requests leave by the clock, whether earlier ones were answered or not.

usage: python tests/benchmarks/open_load.py [--rate 100] [--seconds 300] [--home FOLDER] [--out FILE.json]

The latency of a request counts from the moment at which it was due, so that a service that stalls is charged for all
that wait behind it (no coordinated omission). Loopback only; the load ends by itself.
"""

import argparse
import json
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import SimpleQueue

from predict import SERVE, Target, _answer, free_port, prepare, started

from features.settings import FILE_NAME
from serving.keys import KeyRing

CONNECTIONS = 32  #: at most so many requests are under way; more wait, and their waiting counts
WARM_UP = 200


class Load:
    """Requests in flight, and how long each took from the moment it was due."""

    def __init__(self, target: Target) -> None:
        self.requests = target.requests()
        self.port = target.port
        self.due: SimpleQueue[tuple[int, float] | None] = SimpleQueue()
        self.latencies: list[float] = []
        self.errors = 0

    def run(self, rate: float, seconds: float) -> None:
        """Send at an even rate for so long."""
        workers = [threading.Thread(target=self._work) for _ in range(CONNECTIONS)]
        for worker in workers:
            worker.start()
        start = time.perf_counter()
        for i in range(int(rate * seconds)):
            due = start + i / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            self.due.put((i, due))
        for _ in workers:
            self.due.put(None)
        for worker in workers:
            worker.join()

    def _work(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (job := self.due.get()) is not None:
                number, due = job
                try:
                    connection.sendall(self.requests[number % len(self.requests)])
                    _answer(connection)
                    self.latencies.append(time.perf_counter() - due)
                except (OSError, SystemExit):
                    self.errors += 1


def measure(home: Path, rate: float, seconds: float) -> dict[str, float]:
    """Start the service, warm it up, load it."""
    bodies = [json.dumps(request).encode() for request in prepare(home, 4000)]
    ring, token = KeyRing(keys=()).issue(["crm"])
    ring.save(home / "keys.json")
    port = free_port()
    target = Target(port=port, path="/v1/predict", headers={"Authorization": f"Bearer {token}"}, bodies=bodies)
    serve = [sys.executable, "-c", SERVE, str(home), str(home / "company" / FILE_NAME), str(port)]
    with started(serve, port, {}):
        Load(target).run(rate, WARM_UP / rate)
        load = Load(target)
        load.run(rate, seconds)
    ordered = sorted(load.latencies)
    found = {f"p{share:g}_ms": 1000 * ordered[int(len(ordered) * share / 100)] for share in (50, 99, 99.9)}
    return {"rate": rate, "seconds": seconds, "answered": len(ordered), "errors": load.errors, **found}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--home", type=Path, help="folder that keeps the trained model")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = (asked.home or Path(scratch)).resolve()
        home.mkdir(parents=True, exist_ok=True)
        figures = measure(home, asked.rate, asked.seconds)
    print(json.dumps(figures, indent=1))  # noqa: T201  # a command line
    if asked.out:
        asked.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 1 if figures["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
