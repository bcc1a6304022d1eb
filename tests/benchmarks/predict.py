"""Requests per second of /v1/predict with reasons against two peers that serve the same model.

`mlflow models serve` answers the same numbers without reasons; a plain FastAPI endpoint is sent ready-made features
and explains the trees alone by LightGBM's `pred_contrib` (plain_endpoint.py).

usage: python tests/benchmarks/predict.py [--leads N] [--requests N] [--rounds N] [--large] [--home FOLDER]
       [--out FILE.json]

A simulated company is trained on and registered in a temporary MLflow; each service runs as one
worker of its own process on loopback. Four keep-alive connections send the same 200 leads of 50
events each, after a warm-up; rounds alternate between the services, the median round counts.
`--large` takes 300 trees of 31 leaves in place of those that training grew.
"""

import argparse
import json
import math
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from large_trees import LEAVES, TREES, enlarge

from features.clock import DAY, iso
from features.request import read_request, to_lead
from features.rows import lead_at, lead_row
from features.settings import FILE_NAME, load_settings
from features.sources import read_export
from features.tables import Export
from features.view import View
from models import registry
from models.files import load as load_bundle
from models.registered import Run
from serving.keys import KeyRing
from training.record import describe, record
from training.simulate import simulate
from training.train import train

HERE = Path(__file__).resolve().parent
CONNECTIONS = 4
EVENTS = 50
DISTINCT = 200  #: different leads that are sent over and over
BARS = {"mlflow": 10.0, "plain": 2.0}
MODELS = {False: "as trained", True: f"{TREES} trees of {LEAVES} leaves"}
START_SECONDS = 120
START = datetime(2023, 1, 1, tzinfo=UTC)  #: of the simulated history, which ends before anybody runs this

SERVE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from features.settings import load_settings
from serving.run import serve
home, settings, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
serve(load_settings(settings), home=home, tracking_uri=f"sqlite:///{home}/mlflow.db", host=None, port=port,
      now=lambda: datetime.now(UTC), say=print)
"""


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one load of requests measured."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, kw_only=True)
class Target:
    """One service, ready to be loaded."""

    port: int
    path: str
    headers: Mapping[str, str]
    bodies: list[bytes]

    def requests(self) -> list[bytes]:
        """Whole HTTP/1.1 requests as bytes, so that the client costs next to nothing."""
        return [self._request(body) for body in self.bodies]

    def _request(self, body: bytes) -> bytes:
        headers = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = [f"POST {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in (headers | dict(self.headers)).items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def requests_of(export: Export, as_of: int, seed: int) -> list[dict[str, object]]:
    """Leads of the export, each with 50 events drawn from all of it and laid into the last half year."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
    events = export.events
    found: list[dict[str, object]] = []
    for position in chance.sample(range(len(export.leads)), DISTINCT):
        lead = lead_at(export, position, as_of)
        drawn = events.iloc[chance.sample(range(len(events)), EVENTS)]
        sent = [
            {"kind": kind, "happened_at": iso(as_of - chance.randrange(180 * DAY)), "topic": topic, "channel": channel}
            for kind, topic, channel in zip(drawn["kind"], drawn["topic"], drawn["channel"], strict=True)
        ]
        known = [{name: value for name, value in event.items() if isinstance(value, str)} for event in sent]
        sent_lead = {"lead_id": lead.lead_id, "attributes": dict(lead.attributes)}
        created = {} if lead.created_at is None else {"created_at": iso(lead.created_at)}
        found.append({"lead": sent_lead | created, "events": known, "as_of": iso(as_of)})
    return found


def load(target: Target, count: int) -> Round:
    """Send `count` requests over all connections at once; every answer must be a 200."""
    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        shares = [pool.submit(_connection, target, count // CONNECTIONS) for _ in range(CONNECTIONS)]
        latencies = sorted(latency for share in shares for latency in share.result())
    took = time.perf_counter() - started
    return Round(
        requests_per_second=len(latencies) / took,
        p50_ms=1000 * latencies[len(latencies) // 2],
        p99_ms=1000 * latencies[int(len(latencies) * 0.99)],
    )


def _connection(target: Target, count: int) -> list[float]:
    """Seconds that each of `count` requests took, one after the other on one connection.

    Plain sockets in threads: an event loop would cost the machine a quarter of what is measured.
    """
    requests, latencies = target.requests(), []
    with socket.create_connection(("127.0.0.1", target.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(count):
            started = time.perf_counter()
            connection.sendall(requests[i % len(requests)])
            _answer(connection)
            latencies.append(time.perf_counter() - started)
    return latencies


def _answer(connection: socket.socket) -> bytes:
    received = connection.recv(2**20)
    while b"\r\n\r\n" not in received:
        received += connection.recv(2**20)
    head, _, body = received.partition(b"\r\n\r\n")
    head = head.lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(2**20)
    if not head.startswith(b"http/1.1 200"):
        raise SystemExit(f"a service answered {head.splitlines()[0]!r}: {body[:500]!r}")
    return body


def ask_once(target: Target) -> dict[str, object]:
    """The answer to the first request."""
    with socket.create_connection(("127.0.0.1", target.port)) as connection:
        connection.sendall(target.requests()[0])
        answer: dict[str, object] = json.loads(_answer(connection))
    return answer


@contextmanager
def started(command: list[str], port: int, environment: Mapping[str, str]) -> Iterator[None]:
    """A service in a process group of its own, from the moment that its port takes connections."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # our own commands
            command, stdout=output, stderr=output, env={**os.environ, **environment}, start_new_session=True
        )
        try:
            _await_port(port, process)
            yield
        except BaseException:
            output.seek(0)
            sys.stderr.write(output.read().decode(errors="replace")[-3000:])
            raise
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit(f"nothing listens on port {port}")


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port: int = opened.getsockname()[1]
        return port


def home_of(home: Path, *, large: bool) -> Path:
    """Where a model lies: the large one in a folder of its own, with a registry of its own."""
    found = home / "large" if large else home
    found.mkdir(parents=True, exist_ok=True)
    return found


def prepare(home: Path, leads: int, *, large: bool = False) -> list[dict[str, object]]:
    """Train on a simulated company and register its champion, unless that was done; the requests to send."""
    company, kept = home / "company", home / "requests.json"
    if kept.exists():
        found: list[dict[str, object]] = json.loads(kept.read_text())
        return found
    simulate(seed=1, leads=leads, start=START).write(company)
    settings = load_settings(company / FILE_NAME)
    export = read_export(company, settings)
    trained = train(export, settings)
    data, where = describe(company, settings), f"sqlite:///{home}/mlflow.db"
    version = record(trained, settings=settings, data=data, tracking_uri=where)
    registry.promote(version.number, tracking_uri=where)
    if large:
        larger = registry.register(enlarge(trained.bundle, export, home), Run(name="large"), tracking_uri=where)
        registry.set_alias("champion", larger.number, tracking_uri=where)
    print(f"{len(trained.bundle.view.names)} features, bundle {version.digest[:19]}…")  # noqa: T201  # a command line
    requests = requests_of(export, export.data_end, seed=2)
    kept.write_text(json.dumps(requests))
    return requests


def ready_made(requests: list[dict[str, object]], view: View) -> list[bytes]:
    """The features of each lead, as the plain endpoint takes them."""
    found = []
    for request in map(read_request, requests):
        row = lead_row(view, to_lead(request), request.as_of or 0).tolist()
        told = [None if math.isnan(value) else value for value in row]
        found.append(json.dumps({"lead_id": request.lead.lead_id, "features": told}).encode())
    return found


def measure(home: Path, requests: list[dict[str, object]], count: int, rounds: int) -> dict[str, list[Round]]:
    """Start the services, check that they agree, load each in turn."""
    ring, token = KeyRing(keys=()).issue(["crm"])
    ring.save(home / "keys.json")
    bodies = [json.dumps(request).encode() for request in requests]
    wrapped = [json.dumps({"dataframe_records": [{"request": body.decode()}]}).encode() for body in bodies]
    ports = free_port(), free_port(), free_port()
    where = f"sqlite:///{home}/mlflow.db"
    folder = registry.download("champion", tracking_uri=where, into=home / "champion").folder
    plain_bodies = ready_made(requests, load_bundle(folder).view)
    ours = Target(port=ports[0], path="/v1/predict", headers={"Authorization": f"Bearer {token}"}, bodies=bodies)
    theirs = Target(port=ports[1], path="/invocations", headers={}, bodies=wrapped)
    plainly = Target(port=ports[2], path="/predict", headers={}, bodies=plain_bodies)
    plain = [sys.executable, str(HERE / "plain_endpoint.py"), str(folder / "trees.txt"), str(ports[2])]
    serve = [sys.executable, "-c", SERVE, str(home), str(home / "company" / FILE_NAME), str(ports[0])]
    mlflow = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/ripeness@champion"]
    mlflow += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(ports[1]), "--workers", "1"]
    environment = {
        "MLFLOW_TRACKING_URI": where,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),  # MLflow runs `uvicorn`
    }
    with started(serve, ports[0], {}), started(mlflow, ports[1], environment), started(plain, ports[2], {}):
        _agree(ours, theirs)
        return _rounds({"ripeness": ours, "mlflow": theirs, "plain": plainly}, count, rounds)


def _agree(ours: Target, theirs: Target) -> None:
    one, other = ask_once(ours), ask_once(theirs)
    (row,) = other["predictions"]  # type: ignore[misc]  # MLflow's answer is a list of rows
    if one["score"] != row["score"] or abs(one["probability"] - row["probability"]) > 1e-9:  # type: ignore[operator]
        raise SystemExit(f"the services disagree: {one['score']}, {one['probability']} and {row}")


def _rounds(targets: Mapping[str, Target], count: int, rounds: int) -> dict[str, list[Round]]:
    for target in targets.values():
        load(target, max(count // 10, CONNECTIONS * 10))
    found: dict[str, list[Round]] = {name: [] for name in targets}
    for _ in range(rounds):
        for name, target in targets.items():
            found[name].append(load(target, count if name != "mlflow" else max(count // 5, CONNECTIONS * 10)))
    return found


def median(rounds: list[Round]) -> Round:
    """The round in the middle by requests per second."""
    return sorted(rounds, key=lambda r: r.requests_per_second)[len(rounds) // 2]


def main() -> None:
    """Measure, print a table, write the figures, and fail below the bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=4000, help="of the simulated company")
    parser.add_argument("--requests", type=int, default=2000, help="per round, a fifth of them to MLflow")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="300 trees of 31 leaves")
    parser.add_argument("--home", type=Path, help="folder that keeps the trained model for the next time")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = home_of((chosen.home or Path(folder)).resolve(), large=chosen.large)
        found = measure(home, prepare(home, chosen.leads, large=chosen.large), chosen.requests, chosen.rounds)
    middle = {name: median(rounds) for name, rounds in found.items()}
    ratios = {name: middle["ripeness"].requests_per_second / middle[name].requests_per_second for name in BARS}
    for name, r in middle.items():
        print(f"{name:9} {r.requests_per_second:7.0f} requests/s   p50 {r.p50_ms:6.2f} ms   p99 {r.p99_ms:6.2f} ms")  # noqa: T201
    for name, ratio in ratios.items():
        print(f"{ratio:.1f} times {name} (bar {BARS[name]:g}), {CONNECTIONS} connections, {EVENTS} events a lead")  # noqa: T201
    if chosen.out:
        figures = {name: [asdict(r) for r in rounds] for name, rounds in found.items()}
        told = {"model": MODELS[chosen.large], "ratios": ratios, "bars": BARS, "rounds": figures}
        chosen.out.write_text(json.dumps(told, indent=2))
    sys.exit(0 if all(ratios[name] >= bar for name, bar in BARS.items()) else 1)


if __name__ == "__main__":
    main()
