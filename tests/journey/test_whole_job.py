"""From a folder of files to an answered request, through the command line alone, as a company would do it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest

from features.clock import iso
from features.rows import lead_at
from features.settings import load_settings
from features.sources import read_export

RIPENESS = Path(sys.executable).with_name("ripeness")


def ripeness(*arguments: object, home: Path, code: int = 0) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"} | {"RIPENESS_HOME": str(home)}
    command = [str(RIPENESS), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=240)
    assert done.returncode == code, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Traceback" not in done.stderr + done.stdout
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    folder = tmp_path_factory.mktemp("company")
    ripeness("simulate", folder, "--leads", 2500, "--months", 18, "--seed", 3, home=home)
    return folder


@pytest.fixture(scope="module")
def trained(company: Path, home: Path) -> str:
    return ripeness("train", company, "--experimental", home=home)


@pytest.fixture(scope="module")
def scores(company: Path, home: Path, trained: str) -> list[dict]:
    out = home / "scores.parquet"
    ripeness("score", company, "--as-of", as_of(company), "--out", out, home=home)
    return pq.read_table(out).to_pylist()


def as_of(company: Path) -> str:
    return iso(read_export(company, load_settings(company / "ripeness.toml")).data_end)


@pytest.fixture(scope="module")
def service(company: Path, home: Path, trained: str) -> Iterator[tuple[httpx.Client, subprocess.Popen]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"RIPENESS_HOME": str(home)}
    log = (home / "serve.log").open("w+")
    command = [str(RIPENESS), "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            wait_until_ready(client, process)
            token = re.search(r"API key, shown this once: (\S+)", (home / "serve.log").read_text())
            assert token
            client.headers["Authorization"] = f"Bearer {token[1]}"
            yield client, process
        process.kill()
    log.close()


def wait_until_ready(client: httpx.Client, process: subprocess.Popen) -> None:
    for _ in range(300):
        assert process.poll() is None, "the service ended"
        try:
            if client.get("/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail("the service was not ready within a minute")


def test_training_names_the_champion_and_compares_with_every_baseline(trained: str):
    assert "registered as version 1, the champion" in trained
    for name in ("points rule", "fit only", "behaviour only", "this model", "Rung 2 of 3"):
        assert name in trained
    assert re.search(r"ROC AUC 0\.\d{3}, 95 % interval", trained)


def test_every_open_lead_gets_a_score_and_five_reasons(scores: list[dict], company: Path):
    export = read_export(company, load_settings(company / "ripeness.toml"))
    closed = set(export.outcomes.loc[export.outcomes["kind"].isin(["closed_won", "closed_lost"]), "lead"])
    open_leads = set(export.leads["lead_id"].drop(index=list(closed)))
    assert {row["lead_id"] for row in scores} == open_leads
    assert all(0 < row["probability"] < 1 and 0 <= row["score"] <= 100 for row in scores)
    assert max(len(row["reasons"]) for row in scores) == 5
    assert all(reason["text"] for row in scores for reason in row["reasons"])


def test_the_service_answers_what_the_file_says(service, scores: list[dict], company: Path):
    client, _ = service
    export = read_export(company, load_settings(company / "ripeness.toml"))
    position = {lead_id: i for i, lead_id in enumerate(export.leads["lead_id"])}
    assert export.data_end < datetime.now(UTC).timestamp() * 1e6, "the service refuses moments that are to come"
    for row in sorted(scores, key=lambda row: -row["probability"])[:25]:
        answer = client.post("/v1/predict", json=request_of(export, position[row["lead_id"]]))
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert said["probability"] == pytest.approx(row["probability"], abs=1e-12)
        assert said["score"] == row["score"]
        explained = said["explanation"]
        total = explained["base_value"] + sum(r["contribution"] for r in explained["reasons"]) + explained["remainder"]
        assert total == pytest.approx(explained["log_odds"], abs=1e-9)


def request_of(export, position: int) -> dict:
    lead = lead_at(export, position, export.data_end)
    events = [
        {"kind": e.kind, "happened_at": iso(e.happened_at), "known_at": iso(e.known_at)}
        | {k: v for k, v in (("value", e.value), ("topic", e.topic), ("channel", e.channel)) if v is not None}
        for e in lead.events
    ]
    attributes = {k: v for k, v in lead.attributes.items() if v is not None}
    created = {"created_at": iso(lead.created_at)}
    return {
        "lead": {"lead_id": lead.lead_id, **created, "attributes": attributes},
        "events": events,
        "as_of": iso(export.data_end),
    }


def test_a_second_training_is_the_challenger_and_its_bundle_has_the_same_bytes(company: Path, home: Path, trained: str):
    again = ripeness("train", company, "--experimental", home=home)
    assert "registered as version 2, the challenger" in again
    digest = re.compile(r"bundle (sha256:[0-9a-f]{64})")
    assert digest.search(again)[1] == digest.search(trained)[1]


def test_the_service_ends_cleanly_on_sigterm(service):
    client, process = service
    assert client.get("/health/live").status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["check", "nowhere"], 3, "nowhere"),
        (["train", "nowhere"], 3, "nowhere"),
        (["score", "{company}", "--as-of", "tomorrow", "--out", "x.parquet"], 2, "tomorrow"),
        (["check", "{company}", "--settings", "missing.toml"], 2, "missing.toml"),
        (["init", "{company}"], 2, "--force"),
    ],
)
def test_what_can_not_be_done_is_said_in_one_sentence(company: Path, home: Path, arguments: list, code: int, says: str):
    said = ripeness(*[str(a).format(company=company) for a in arguments], home=home, code=code)
    assert says in said


def test_without_a_model_scoring_says_how_to_get_one(company: Path, tmp_path: Path):
    out = tmp_path / "scores.parquet"
    said = ripeness("score", company, "--as-of", "2025-06-01", "--out", out, home=tmp_path, code=6)
    assert "ripeness train" in said
    assert not out.exists()


def test_init_on_the_raw_files_finds_what_the_simulator_wrote(company: Path, home: Path, tmp_path: Path):
    for file in company.iterdir():
        if file.suffix != ".toml":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    ripeness("init", tmp_path, home=home)
    assert json.dumps(load_settings(tmp_path / "ripeness.toml").data.leads.model_dump(mode="json"))
    checked = ripeness("check", tmp_path, home=home)
    assert "2,500" in checked
