"""Microseconds per step of one request to /v1/predict, in one process and without a network.

usage: python tests/benchmarks/request_path.py [--home FOLDER] [--leads N] [--requests N] [--rounds N]

The steps take turns, so that a busy machine disturbs all of them alike; each counts with its least time
for a request, and the table shows the mean over the requests. Logs are written, to nowhere.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import orjson
import structlog
from predict import EVENTS, prepare

from features.clock import from_micros
from features.request import read_request
from features.request_fields import read_moment
from features.rows import lead_row
from features.settings import FILE_NAME, load_settings
from models.explain import explain
from serving.app import create_app
from serving.body import read_json
from serving.keys import KeyRing
from serving.language import catalog
from serving.lifecycle import Scored
from serving.model_source import ModelSource
from serving.predict import Case, Predictor, case_of

Step = Callable[[int], object]
LANGUAGE = catalog("en")


def steps_of(predictor: Predictor, bodies: list[bytes], now: int) -> dict[str, Step]:
    """The steps by name; each takes the position of a request."""
    bundle, view = predictor.bundle, predictor.bundle.view
    data = [read_json(body) for body in bodies]
    requests = [read_request(sent) for sent in data]
    cases = [case_of(request, now=now) for request in requests]
    rows = [np.array([lead_row(view, case.lead, case.as_of)]) for case in cases]
    answers = [bundle.answer(row) for row in rows]
    explained = [explain(bundle, row[0], answer) for row, answer in zip(rows, answers, strict=True)]
    abouts = [predictor.about(case, LANGUAGE) for case in cases]
    written = [predictor.answer(case, LANGUAGE) for case in cases]
    return {
        "parse": lambda i: read_json(bodies[i]),
        "schema": lambda i: read_request(data[i]),
        "case": lambda i: case_of(requests[i], now=now),
        "row": lambda i: lead_row(view, cases[i].lead, cases[i].as_of),
        "answer": lambda i: bundle.answer(rows[i]),
        "explain": lambda i: explain(bundle, rows[i][0], answers[i]),
        "stage": lambda i: predictor._stage(_fresh(cases[i]), Scored(score=50, fit="B"), LANGUAGE),
        "words": lambda i: predictor._explanation(explained[i], abouts[i]),
        "cautions": lambda i: _cautions(predictor, cases[i], rows[i][0]),
        "dumps": lambda i: orjson.dumps(written[i], default=dict),
        "all of these": lambda i: orjson.dumps(
            predictor.answer(case_of(read_request(read_json(bodies[i])), now=now), LANGUAGE), default=dict
        ),
    }


def _fresh(case: Case) -> Case:
    """A case that has not looked yet which of its events are visible."""
    return Case(lead=case.lead, as_of=case.as_of, facts=case.facts)


def _cautions(predictor: Predictor, case: Case, row: np.ndarray) -> object:
    completeness = predictor._cautioner.completeness(case.lead, case.visible)
    return completeness, [c.to_dict(LANGUAGE) for c in predictor._cautions(case, row)]


class Caller:
    """Calls an ASGI application as the server does."""

    def __init__(self, app: object, token: str, bodies: list[bytes]) -> None:
        self.app, self.bodies = app, bodies
        headers = {"host": "127.0.0.1", "content-type": "application/json", "authorization": f"Bearer {token}"}
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def ask(self, path: str, i: int) -> int:
        """The status of the answer to a POST."""
        body, status = self.bodies[i], 0

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, object]) -> None:
            nonlocal status
            status = message.get("status", status)

        scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode()}
        scope |= {"scheme": "http", "query_string": b"", "root_path": "", "state": {}, "client": ("127.0.0.1", 2)}
        headers = [*self.headers, (b"content-length", str(len(body)).encode())]
        await self.app({**scope, "headers": headers, "server": ("127.0.0.1", 1)}, receive, send)
        return status


async def measure(steps: dict[str, Step], caller: Caller, requests: int, rounds: int) -> dict[str, float]:
    """Microseconds by step, then of whole requests."""
    least = {name: [float("inf")] * requests for name in (*steps, "a whole request", "an address that is not there")}
    assert await caller.ask("/v1/predict", 0) == 200
    for _ in range(rounds):
        for i in range(requests):
            for name, step in steps.items():
                started = perf_counter()
                step(i)
                least[name][i] = min(least[name][i], perf_counter() - started)
            for name, path in (("a whole request", "/v1/predict"), ("an address that is not there", "/v1/nothing")):
                started = perf_counter()
                await caller.ask(path, i)
                least[name][i] = min(least[name][i], perf_counter() - started)
    return {name: 1e6 * sum(times) / requests for name, times in least.items()}


def main() -> None:
    """Prepare a model, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="folder that keeps the trained model for the next time")
    parser.add_argument("--leads", type=int, default=4000, help="of the simulated company")
    parser.add_argument("--requests", type=int, default=20, help="different ones")
    parser.add_argument("--rounds", type=int, default=200)
    chosen = parser.parse_args()
    structlog.configure(
        processors=[structlog.processors.JSONRenderer(serializer=orjson.dumps)],
        logger_factory=structlog.BytesLoggerFactory(Path("/dev/null").open("wb")),  # noqa: SIM115  # until the end
        cache_logger_on_first_use=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        home = (chosen.home or Path(folder)).resolve()
        home.mkdir(parents=True, exist_ok=True)
        found = _measured(home, chosen)
    print(f"microseconds per step of one request with {EVENTS} events")  # noqa: T201  # a command line
    for name, micros in found.items():
        print(f"{name:30} {micros:6.0f}")  # noqa: T201


def _measured(home: Path, chosen: argparse.Namespace) -> dict[str, float]:
    bodies = [json.dumps(request).encode() for request in prepare(home, chosen.leads)[: chosen.requests]]
    settings = load_settings(home / "company" / FILE_NAME)
    models = ModelSource.from_registry(f"sqlite:///{home}/mlflow.db", settings)
    models.refresh()
    ring, token = KeyRing(keys=()).issue(["crm"])
    now = read_moment(json.loads(bodies[0])["as_of"])
    app = create_app(models=models, settings=settings, keys=ring, now=lambda: from_micros(now))
    steps = steps_of(models.current(), bodies, now)
    return asyncio.run(measure(steps, Caller(app, token, bodies), len(bodies), chosen.rounds))


if __name__ == "__main__":
    main()
