"""The MLflow model answers what the bundle answers: in this process and over HTTP from another folder."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest

from features.request import read_request, to_lead
from features.rows import lead_row
from models.files import load, save
from models.registered import Run
from models.registry import promote, register
from support.small_bundle import small

pytestmark = [
    pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
]

START_SECONDS = 120
MOMENT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def request(i):
    """The JSON body of one lead: attributes known, strange or absent; up to 50 events, some in the future."""
    random = np.random.default_rng(i)
    kinds = ("pricing_page_view", "pricing", "webinar_attended", "demo_request", "call_logged")

    def moment(days):
        return (MOMENT - timedelta(days=float(days))).isoformat()

    events = [
        {
            "kind": str(random.choice(kinds)),
            "happened_at": moment(days),
            "known_at": moment(days - random.choice([0, 0, 2])),
            "value": float(random.integers(0, 9)),
            "topic": str(random.choice(["pricing", "security", "api"])),
            "channel": str(random.choice(["email", "trade_show", "carrier pigeon"])),
        }
        for days in random.uniform(-5, 100, random.integers(0, 50))
    ]
    attributes = {
        "industry": random.choice(["retail", "software", "alchemy"]).item(),
        "employees": int(random.integers(1, 9000)),
        "job_title": random.choice(["Chief Executive Officer", "Marketing Manager", "?"]).item(),
    }
    known = {name: value for name, value in attributes.items() if random.random() < 0.8}
    lead = {"lead_id": f"L-{i}", "created_at": moment(120), "attributes": known}
    return json.dumps({"lead": lead, "events": events, "as_of": MOMENT.isoformat()})


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """A registry with a champion: its address, and the bundle's folder."""
    folder = tmp_path_factory.mktemp("registry")
    save(small().bundle, folder / "bundle", small().rows)
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    promote(register(folder / "bundle", Run(name="parity"), tracking_uri=uri).number, tracking_uri=uri)
    return uri, folder / "bundle"


@pytest.fixture(scope="module")
def expected(registered):
    """What the bundle itself answers."""
    bundle = load(registered[1])
    rows = []
    for i in range(40):
        read = read_request(json.loads(request(i)))
        log_odds = bundle.answer(lead_row(bundle.view, to_lead(read), read.as_of)[None, :]).log_odds[0]
        rows.append((f"L-{i}", 1 / (1 + np.exp(-log_odds)), round(bundle.policy.score(log_odds)), log_odds))
    frame = pd.DataFrame(rows, columns=["lead_id", "probability", "score", "log_odds"])
    assert frame["log_odds"].nunique() > 30
    return frame


def test_loaded_by_mlflow_it_answers_the_same(registered, expected, monkeypatch):
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", registered[0])
    model = mlflow.pyfunc.load_model("models:/ripeness@champion")
    got = model.predict(pd.DataFrame({"request": [request(i) for i in range(40)]}))
    pd.testing.assert_frame_equal(got, expected, check_exact=False, rtol=0, atol=1e-9, check_dtype=False)


@pytest.mark.parametrize(
    "body", ["{", "[]", "{}", '{"lead": {"lead_id": "L"}}', '{"lead": {"lead_id": "L"}, "as_of": NaN}']
)
def test_what_cannot_be_read_is_refused(registered, body, monkeypatch):
    import mlflow

    from features.errors import BadInput

    monkeypatch.setenv("MLFLOW_TRACKING_URI", registered[0])
    model = mlflow.pyfunc.load_model("models:/ripeness@champion")
    with pytest.raises(BadInput):
        model.predict(pd.DataFrame({"request": [body]}))


def test_served_by_mlflow_it_answers_the_same(registered, expected, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    tools = Path(sys.executable).parent
    server = subprocess.Popen(
        [tools / "mlflow", *f"models serve -m models:/ripeness@champion --env-manager local -p {port}".split()],
        cwd=tmp_path,
        env=os.environ
        | {"MLFLOW_TRACKING_URI": registered[0], "MLFLOW_DISABLE_TELEMETRY": "true"}
        | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            wait_for(client, server)
            body = {"dataframe_split": {"columns": ["request"], "data": [[request(i)] for i in range(40)]}}
            answered = client.post("/invocations", json=body)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)
    assert answered.status_code == 200, answered.text[:500]
    got = pd.DataFrame(answered.json()["predictions"])[list(expected.columns)]
    pd.testing.assert_frame_equal(got, expected, check_exact=False, rtol=0, atol=1e-9, check_dtype=False)


def wait_for(client, server):
    """Return once the server answers; fail when it ended or takes too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert server.poll() is None, "mlflow models serve ended"
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"mlflow models serve did not answer within {START_SECONDS} seconds")
