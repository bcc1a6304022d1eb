"""Writes the answers that the API's documentation shows: what the service gives to the examples with a real bundle.

usage: PYTHONPATH=tests python tests/support/shown_answers.py BUNDLE [--settings ripeness.toml]
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson

from features.settings import Settings, load_settings
from serving.app import create_app
from serving.describe import SHOWN
from serving.examples import BATCH, LEAD, PREDICT, UNKNOWN
from serving.keys import KeyRing
from serving.model_source import ModelSource
from support.service import listening, source_of
from support.shown_leads import leads, living

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
JSON = {"content-type": "application/json"}


def main() -> None:
    """Ask for every example and every error, and write what came back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--settings", type=Path)
    chosen = parser.parse_args()
    settings = load_settings(chosen.settings) if chosen.settings else Settings()
    models = ModelSource.from_folder(chosen.bundle, settings)
    models.refresh()
    ring, token = KeyRing(keys=()).issue(["crm"])
    ring, rep = ring.issue(["rep"])
    full, empty = (
        create_app(models=source, settings=settings, keys=ring, now=lambda: NOW)
        for source in (models, source_of(None, settings))
    )
    with listening(full) as with_model, listening(empty) as without:
        shown = answers(with_model, token) | {"Problem": problems(with_model, without, token, rep)}
    with living(models, settings, ring, NOW) as (url, app):
        shown |= leads(url, app, token, NOW)
    SHOWN.write_bytes(orjson.dumps(shown, option=orjson.OPT_INDENT_2) + b"\n")


def answers(url: str, token: str) -> dict[str, dict[str, object]]:
    """By schema, then by the name of the example."""
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, trust_env=False) as client:
        return {
            "Answer": {name: client.post("/v1/predict", json=body).json() for name, body in PREDICT.items()},
            "BatchAnswer": {name: client.post("/v1/predict/batch", json=body).json() for name, body in BATCH.items()},
            "ModelCard": {"a model of a simulated company": _short(client.get("/v1/model").json())},
            "Live": {"alive": client.get("/health/live").json()},
            "Ready": {"ready": client.get("/health/ready").json()},
        }


def _short(card: dict[str, object]) -> dict[str, object]:
    """The figures of a card fill pages; `ripeness train` prints them."""
    inner = card["card"]
    assert isinstance(inner, dict)
    return card | {"card": {name: value for name, value in inner.items() if not isinstance(value, dict | list)}}


def problems(with_model: str, without: str, token: str, rep: str) -> dict[str, object]:
    """By status."""
    key = {"authorization": f"Bearer {token}"}
    late = LEAD | {"events": [{"kind": "visit", "happened_at": "last week"}, {"kind": "", "colour": "red"}]}
    asked = [
        httpx.post(f"{url}/v1/predict", headers=headers, trust_env=False, **body)
        for url, headers, body in (
            (with_model, key | JSON, {"content": b'{"lead": {"lead_id"'}),
            (with_model, {}, {"json": UNKNOWN}),
            (with_model, {"authorization": f"Bearer {rep}"}, {"json": UNKNOWN}),
            (with_model, key | JSON, {"content": b" " * 9_000_000}),
            (with_model, key | {"content-type": "text/plain"}, {"content": b"a lead"}),
            (with_model, key, {"json": late}),
            (without, key, {"json": UNKNOWN}),
        )
    ]
    return {str(answer.status_code): answer.json() for answer in asked}


if __name__ == "__main__":
    main()
