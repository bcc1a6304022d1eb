"""The endpoint answers what the bundle answers, one lead or a batch, and what MLflow's model answers.

10,000 leads. Scores and grades are equal exactly, floats to 1e-9; the lead is built here from the
raw JSON, not by the service's own reader.
"""

import json
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from features.lead import Event, Lead
from features.rows import lead_row
from features.settings import Service as ServiceSettings
from features.settings import Settings
from support.random_leads import random_request
from support.service import service

COUNT = 10_000
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017  # spelled apart from the code under test
REQUESTS = [random_request(seed) for seed in range(COUNT)]


@pytest.fixture(scope="module")
def running():
    with service(Settings(service=ServiceSettings(max_body_bytes=50_000_000))) as started:
        yield started


@pytest.fixture(scope="module")
def answers(running):
    """Of all requests, by the batch endpoint."""
    found = []
    for start in range(0, COUNT, 1000):
        body = {"requests": REQUESTS[start : start + 1000]}
        found += running.client.post("/v1/predict/batch", json=body).json()["answers"]
    return found


@pytest.fixture(scope="module")
def expected(running):
    """The bundle's answers for rows made of the raw JSON."""
    bundle = running.predictor.bundle
    return bundle.answer(np.array([lead_row(bundle.view, *as_lead(request)) for request in REQUESTS]))


def micros(text):
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def as_lead(request):
    events = [
        Event(
            kind=e["kind"],
            happened_at=micros(e["happened_at"]),
            known_at=micros(e.get("known_at", e["happened_at"])),
            value=e.get("value"),
            topic=e.get("topic"),
            channel=e.get("channel"),
        )
        for e in request["events"]
    ]
    sent = request["lead"]
    created_at = micros(sent["created_at"]) if "created_at" in sent else None
    lead = Lead(lead_id=sent["lead_id"], created_at=created_at, attributes=sent["attributes"], events=events)
    return lead, micros(request["as_of"])


def test_the_batch_endpoint_equals_the_bundle(running, answers, expected):
    policy = running.predictor.bundle.policy

    assert [a["lead_id"] for a in answers] == [r["lead"]["lead_id"] for r in REQUESTS]
    np.testing.assert_allclose([a["probability"] for a in answers], expected.probability, rtol=0, atol=1e-9)
    log_odds = np.array([a["explanation"]["log_odds"] for a in answers])
    np.testing.assert_allclose(log_odds, expected.log_odds, rtol=0, atol=1e-9)
    assert [a["score"] for a in answers] == [round(policy.score(x)) for x in expected.log_odds]
    assert len(set(np.round(log_odds, 6))) > 1000, "these leads differ"


def test_every_explanation_adds_up(answers):
    for answer in answers:
        explained = answer["explanation"]
        reasons = sum(reason["contribution"] for reason in explained["reasons"])
        assert abs(explained["base_value"] + reasons + explained["remainder"] - explained["log_odds"]) < 1e-9


def test_one_lead_at_a_time_gets_the_same_answer_as_in_a_batch(running, answers):
    for i in range(0, COUNT, 50):
        alone = running.ask(REQUESTS[i]).json()

        assert_same(alone, answers[i])


def assert_same(one, other, path="answer"):
    """Equal in everything, floats to 1e-9."""
    assert type(one) is type(other), path
    if isinstance(one, dict):
        assert one.keys() == other.keys(), path
        for name in one:
            assert_same(one[name], other[name], f"{path}/{name}")
    elif isinstance(one, list):
        assert len(one) == len(other), path
        for i, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{path}/{i}")
    elif isinstance(one, float):
        assert one == pytest.approx(other, abs=1e-9, rel=0), path
    else:
        assert one == other, path


@pytest.mark.filterwarnings("ignore::UserWarning:mlflow")
def test_the_mlflow_model_answers_as_the_endpoint(running, answers):
    from models.pyfunc import Scorer  # imports MLflow, which takes seconds

    scorer = Scorer()
    scorer.bundle = running.predictor.bundle
    table = scorer.predict(None, pd.DataFrame({"request": [json.dumps(request) for request in REQUESTS]}))

    assert list(table["lead_id"]) == [a["lead_id"] for a in answers]
    assert list(table["score"]) == [a["score"] for a in answers]
    for name, found in {
        "probability": [a["probability"] for a in answers],
        "log_odds": [a["explanation"]["log_odds"] for a in answers],
    }.items():
        np.testing.assert_allclose(table[name], found, rtol=0, atol=1e-9)
