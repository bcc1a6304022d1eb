"""`ripeness demo`: the whole job on one machine, from a simulated company to an answered request.

What it makes stays in its home folder, so a second run only starts the service.
"""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import orjson
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from commands import terminal
from commands.demo_visit import live_on, names_in_queue
from commands.living import Company, bring_to_life
from features.clock import from_micros, iso
from features.errors import RipenessError
from features.lead import Event
from features.rows import lead_at
from features.settings import FILE_NAME, Settings, load_settings
from features.sources import read_export
from features.tables import Export
from models import registry
from serving.keys import KeyRing
from serving.language import catalog
from serving.live.engine import Engine
from serving.model_source import ModelSource
from serving.run import KEYS
from serving.store.engine import FILE_NAME as DATABASE
from serving.store.store import Store
from serving.whole_base import score_export
from training.promotion import Candidate, settle
from training.record import describe, record
from training.simulate import simulate
from training.train import train

LEADS, MONTHS, SEED = 7_000, 30, 1
SHOWN = 8  #: leads in the ranked table
WEEKS, LIVING = 5, 1_800  #: of scores before today, and leads (the latest) that get them
ALIVE = "alive"  #: a file in the home, once the store is filled
BEAT_SECONDS = 4  #: between two activities while the demo runs
START_SECONDS = 90  #: for the service to be ready
ASK_SECONDS = 30
GRADES = """\
A to D: how well it fits our customers; 1 to 4: how active it is.
A and 1 are the best quarter of the leads."""


class DemoFailed(RipenessError):
    """The service that the demo started did not come up or did not answer."""

    exit_code = 8
    title = "The demo could not go on"


def run(*, home: Path, once: bool, port: int | None, now: datetime) -> None:
    """Simulate, train, register and serve; with `once` ask the own endpoint, print the answer, and end."""
    console = Console(highlight=False)
    folder, tracking = home / "company", f"sqlite:///{(home / 'mlflow.db').resolve()}"
    with _steps() as step:
        if not (folder / FILE_NAME).exists():
            step(f"simulating a company of {LEADS:,} leads over {MONTHS} months")
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            simulate(seed=SEED, leads=LEADS, months=MONTHS, start=midnight - timedelta(days=MONTHS * 30.5)).write(
                folder
            )
        settings = load_settings(folder / FILE_NAME)
        step("reading its export")
        export = read_export(folder, settings)
        if registry.find("champion", tracking_uri=tracking) is None:
            trained = train(export, settings, progress=step)
            step("registering the champion with MLflow")
            version = record(trained, settings=settings, data=describe(folder, settings), tracking_uri=tracking)
            new = Candidate(version=version, bundle=trained.bundle)
            settle(new, None, lambda: (export, settings), settings.gate, at=now, tracking_uri=tracking)
        ranked = _ranked(export, settings, tracking)
        if not (home / ALIVE).exists():
            _fill(export, settings, tracking, home, step)
    chosen_port = port or settings.service.port
    body = home / "lead.json"
    body.write_bytes(orjson.dumps(_request(export, str(ranked[0]["lead_id"])), option=orjson.OPT_INDENT_2))
    (home / KEYS).unlink(missing_ok=True)
    token = KeyRing.open(home / KEYS)[1] or ""
    with _service(home, folder, tracking, chosen_port) as address:
        console.print(_table(ranked, export))
        if once:
            console.print_json(_ask(address, token, body).decode())
            console.print(_queue_line(address, token))
        else:
            _explain(console, address, token, body, tracking)
            _live(export, address, token)


def _fill(export: Export, settings: Settings, tracking: str, home: Path, step: Callable[[str], None]) -> None:
    """A new store in which the company has lived for some weeks; one that was left half filled is made anew."""
    for path in home.glob(f"{DATABASE}*"):
        path.unlink()
    models = ModelSource.from_registry(tracking, settings)
    models.refresh()
    store = Store.of_settings(settings.service, home=home, named=None)
    try:
        engine = Engine(store=store, models=models, settings=settings, now=lambda: from_micros(export.data_end))
        bring_to_life(
            Company(store=store, engine=engine, export=export, seed=SEED), weeks=WEEKS, most=LIVING, step=step
        )
    finally:
        store.close()
    (home / ALIVE).touch()


def _ranked(export: Export, settings: Settings, tracking: str) -> list[dict[str, object]]:
    """The likeliest leads at the end of the data, best first."""
    models = ModelSource.from_registry(tracking, settings)
    models.refresh()
    words = catalog(settings.company.language)
    batches = score_export(models.current(), export, as_of=export.data_end, language=words)
    rows = [row for batch in batches for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: (-row["probability"], row["lead_id"]))[:SHOWN]


def _table(ranked: list[dict[str, object]], export: Export) -> Table:
    title = f"Whom to call first, as of {from_micros(export.data_end):%Y-%m-%d}"
    table = Table(title=title, caption=GRADES, caption_justify="left")
    for name in ("lead", "chance", "score", "fit, engagement", "first reason"):
        table.add_column(name, justify="left" if name in ("lead", "first reason") else "right")
    for row in ranked:
        grades = f"{row['fit_grade']}{row['engagement_grade']}"
        table.add_row(str(row["lead_id"]), f"{row['probability']:.0%}", str(row["score"]), grades, _first_reason(row))
    return table


def _first_reason(row: Mapping[str, object]) -> str:
    reasons = row["reasons"]
    return str(reasons[0]["text"]) if isinstance(reasons, list) and reasons else ""


def _request(export: Export, lead_id: str) -> dict[str, object]:
    """What a CRM would send of this lead."""
    position = int(export.leads.index[export.leads["lead_id"] == lead_id][0])
    lead = lead_at(export, position, export.data_end)
    known = {name: value for name, value in lead.attributes.items() if value is not None}
    created = {} if lead.created_at is None else {"created_at": iso(lead.created_at)}
    return {
        "lead": {"lead_id": lead.lead_id, **created, "attributes": known},
        "events": [_event(e) for e in lead.events],
        "as_of": iso(export.data_end),
    }


def _event(event: Event) -> dict[str, object]:
    times = {"happened_at": iso(event.happened_at), "known_at": iso(event.known_at)}
    optional = {"value": event.value, "topic": event.topic, "channel": event.channel}
    return {"kind": event.kind, **times} | {key: value for key, value in optional.items() if value is not None}


@contextmanager
def _service(home: Path, folder: Path, tracking: str, port: int) -> Iterator[str]:
    """The service in a process of its own, ready to answer; ended on the way out."""
    command = [sys.executable, "-m", "ripeness", "serve", "--home", str(home), "--port", str(port)]
    command += ["--settings", str(folder / FILE_NAME), "--tracking-uri", tracking]
    log = home / "service.log"
    own = {name: value for name, value in os.environ.items() if name != "RIPENESS_DATABASE_URL"}  # its store is its own
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, env=own) as process:  # noqa: S603  # our own command
        try:
            address = f"http://127.0.0.1:{port}"
            _until_ready(process, address, log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=ASK_SECONDS)


def _until_ready(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DemoFailed(f"the service ended at once; its words: {log.read_text(errors='replace').strip()[-800:]}")
        try:
            if httpx.get(f"{address}/health/ready", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise DemoFailed(f"the service was not ready within {START_SECONDS} seconds; see {log}")


def _ask(address: str, token: str, body: Path) -> bytes:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = httpx.post(f"{address}/v1/predict", content=body.read_bytes(), headers=headers, timeout=ASK_SECONDS)
    if answer.status_code != httpx.codes.OK:
        raise DemoFailed(f"the service answered {answer.status_code}: {answer.text[:800]}")
    return answer.content


def _explain(console: Console, address: str, token: str, body: Path, tracking: str) -> None:
    """Where to look, and what to paste."""
    console.print(f"\nThe pages:           {address}", soft_wrap=True)
    console.print(f"Sign in with:        {token}\n", soft_wrap=True, markup=False)
    console.print("Ask about the first of the leads above:\n")
    asked = f"curl -s {address}/v1/predict -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json'"
    console.print(f"  {asked} -d @{shlex.quote(str(body))}\n", soft_wrap=True, markup=False)
    console.print(f"The API, described:  {address}/docs", soft_wrap=True)
    mlflow = Path(sys.executable).with_name("mlflow")
    console.print(f"Runs and models:     {mlflow} ui --backend-store-uri {shlex.quote(tracking)}", soft_wrap=True)
    console.print("Ctrl-C ends the demo.")


def _queue_line(address: str, token: str) -> str:
    """That the page of the queue answers, and whom it shows first."""
    names = names_in_queue(address, token)
    if not names:
        raise DemoFailed(f"the queue at {address}/queue shows no lead; see the service's log in the home folder")
    return f"The queue page answers: {len(names)} leads on it, {names[0]} first."


def _live(export: Export, address: str, token: str) -> None:
    """The company goes on living until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        live_on(export, address, token, seed=SEED, now=terminal.now, wait=lambda: time.sleep(BEAT_SECONDS))


@contextmanager
def _steps() -> Iterator[Callable[[str], None]]:
    """Each step with a spinner and its time, as it runs."""
    shown = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=Console(stderr=True)
    )
    with shown:
        last: list[TaskID] = []

        def step(text: str) -> None:
            for number in last:
                shown.update(number, completed=1)
            last[:] = [shown.add_task(text, total=1)]

        yield step
        for number in last:
            shown.update(number, completed=1)
