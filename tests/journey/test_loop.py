"""The loop closes without a file being copied: told, trained on, served, judged by sales, retrained."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from typer.testing import CliRunner

from features.clock import DAY, from_micros, iso
from features.guess import Guess
from features.settings import FILE_NAME
from features.verdicts import Rejection
from features.write_settings import settings_text
from models import registry
from ripeness import app
from serving.lifecycle.handoff import Band
from serving.live.hand_offs import offer
from serving.model_source import ModelSource
from serving.store.load import load
from serving.store.store import Store
from serving.store.writer import Act
from support.quick_models import quick_settings
from support.service import service
from training.promotion import Candidate
from training.simulate import WORLD, simulate

START = datetime(2023, 1, 1, tzinfo=UTC)
LATER_DAYS = 120  #: of the end of the history, told after the first training


def company():
    """A company whose sales gives reasons by their codes."""
    world = replace(WORLD, won=12 * WORLD.won)
    made = simulate(seed=3, leads=1000, months=24, planted_leak=False, world=world, start=START)
    outcomes = made.export.outcomes.copy()
    rejected = (outcomes["kind"] == "sales_rejected").to_numpy()
    codes = np.array([reason.value for reason in Rejection], dtype=object)
    reasons = outcomes["reason"].to_numpy(dtype=object).copy()
    reasons[rejected] = codes[np.random.default_rng(0).integers(0, len(codes), rejected.sum())]
    return made, replace(made.export, outcomes=outcomes.assign(reason=reasons))


def part(export, after: int, until: int):
    """The leads that had come by `until`, with what was known of them in (after, until]."""
    here = (export.leads["created_at"] <= until).to_numpy()
    position = np.cumsum(here) - 1
    tables = {"leads": export.leads[here].reset_index(drop=True)}
    for name, table in (("events", export.events), ("changes", export.changes), ("outcomes", export.outcomes)):
        known = table[((table["known_at"] > after) & (table["known_at"] <= until)).to_numpy()]
        tables[name] = known.assign(lead=position[known["lead"]]).reset_index(drop=True)
    return replace(export, **tables)


def ripeness(home, *words: str) -> str:
    found = CliRunner().invoke(app, [*words, "--from-service", "--home", str(home)])
    assert found.exit_code in (0, 10), found.output + repr(found.exception)
    return found.output


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("RIPENESS_DATABASE_URL", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def test_what_the_service_was_told_is_what_the_next_model_learns_from(home):
    made, export = company()
    settings = quick_settings(made.settings, model={"bootstrap_rounds": 20})
    text = settings_text(Guess(settings=settings, notes=(), questions=()))
    (home / FILE_NAME).write_text(text, encoding="utf-8")
    cut, uri = export.data_end - LATER_DAYS * DAY, f"sqlite:///{home / 'mlflow.db'}"
    store = Store.of_settings(settings.service, home=home, named=None)
    try:
        load(store, part(export, 0, cut), now=export.data_end)
        assert "registered as version 1, the champion" in ripeness(home, "train", "--experimental")
        treated = {row["reason"] for row in Candidate.fetch("champion", tracking_uri=uri).bundle.card["feedback"]}
        assert treated == set(Rejection)

        told = tell_verdict_and_outcome(store, settings, uri, export)
        load(store, part(export, cut, export.data_end), now=export.data_end, source="later")
        line = json.loads(ripeness(home, "retrain").splitlines()[-1])
    finally:
        store.close()

    assert (line["outcome"] in ("promoted", "kept"), line["version"], bool(line["why"])) == (True, "2", True)
    assert line["new_outcomes"] > 30
    champion = registry.find("champion", tracking_uri=uri)
    assert champion.number == ("2" if line["outcome"] == "promoted" else "1")
    assert told == {"version": "1", "status": "stored"}
    assert not list(home.glob("*.csv"))


def tell_verdict_and_outcome(store, settings, uri, export) -> dict[str, str]:
    """Serve the champion, ask it about a lead, and tell what sales and the contract said of that lead."""
    models = ModelSource.from_registry(uri, settings)
    models.refresh()
    now = from_micros(export.data_end)
    came = set(np.flatnonzero(export.leads["created_at"] < export.data_end - LATER_DAYS * DAY).tolist())
    lead_id = export.leads["lead_id"][max(came - set(export.outcomes["lead"]))]
    act = Act(now=export.data_end, key_id="k1", action="offer")
    store.write(
        lambda write: offer(
            write, lead_id, at=export.data_end - DAY, band=Band.HOT, policy=settings.lifecycle, by="policy"
        ),
        act,
    )
    with service(settings, store=store, now=lambda: now, source=models) as running:
        answer = running.client.post("/v1/predict", json={"lead_id": lead_id})
        assert answer.status_code == 200, answer.text
        waiting = running.client.get("/v1/queue").json()["hand_offs"]
        assert [one["lead_id"] for one in waiting] == [lead_id]
        verdict = {"lead_id": lead_id, "verdict": "rejected", "reason": "competitor"}
        rep = {"authorization": f"Bearer {running.rep_token}"}
        said = running.client.post("/v1/feedback", json=verdict, headers=rep)
        assert said.status_code == 200, said.text
        (fate,) = running.client.get("/v1/handoffs").json()["hand_offs"]
        assert (fate["became"], fate["reason"]) == ("rejected", "competitor")
        ended = {"lead_id": lead_id, "kind": "closed_lost", "happened_at": iso(export.data_end)}
        taken = running.client.post("/v1/outcomes", json=ended)
        assert taken.status_code == 200, taken.text
    return {"version": answer.json()["model"]["version"], "status": taken.json()["status"]}
