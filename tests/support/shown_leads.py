"""A lead with a past in a store of its own, asked for from all sides: what the documentation shows of it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from fastapi import FastAPI

from features.clock import to_micros
from features.settings import Settings
from serving.app import create_app
from serving.examples import LEAD
from serving.keys import KeyRing
from serving.model_source import ModelSource
from serving.store.engine import Limits, database_url
from serving.store.store import Store
from support.service import listening

ID = "L-17"
STORY = [
    (timedelta(days=-24), {"kind": "content_download", "topic": "planning", "channel": "web"}),
    (timedelta(days=-9), {"kind": "pricing_page_view", "topic": "pricing"}),
    (timedelta(days=-5), {"kind": "webinar_attended", "topic": "planning", "channel": "webinar", "value": 45}),
]
ASKED = {
    "KnownOut": ("/v1/leads", {"lead_id": ID}),
    "RankedListOut": ("/v1/ranked", {"band": "hot", "limit": 1}),
    "ScoresOut": ("/v1/scores", {"lead_id": ID, "limit": 1}),
    "ChangesOut": ("/v1/changes", {"lead_id": ID, "from": 1}),
    "OutlookOut": ("/v1/outlook", {"lead_id": ID}),
    "TimelineOut": ("/v1/timeline", {"lead_id": ID, "limit": 6}),
}


@contextmanager
def living(models: ModelSource, settings: Settings, keys: KeyRing, now: datetime) -> Iterator[tuple[str, FastAPI]]:
    """The address of a service with a store, and the service."""
    with tempfile.TemporaryDirectory() as home:
        store = Store.open(database_url(Path(home), None), limits=Limits())
        app = create_app(models=models, settings=settings, keys=keys, now=lambda: now, store=store)
        with listening(app) as url:
            yield url, app
        store.close()


def leads(url: str, app: FastAPI, token: str, now: datetime) -> dict[str, dict[str, object]]:
    """Tell the story, scored as it went on; then ask. By schema, then by the name of the example."""
    engine = app.state.service.engine
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, trust_env=False) as client:
        known = {"lead_id": ID, "owner": "Giulia", "known_at": LEAD["lead"]["created_at"]}
        who = {name: LEAD["lead"][name] for name in ("created_at", "attributes")}
        client.post("/v1/leads", json=known | who).raise_for_status()
        for ago, event in STORY:
            at = (now + ago).astimezone(UTC).isoformat().replace("+00:00", "Z")
            sent = {"lead_id": ID, "happened_at": at, "known_at": at} | event
            client.post("/v1/events", json=sent).raise_for_status()
            engine.drain(to_micros(now + ago))
        client.post("/v1/leads", json={"lead_id": ID, "attributes": {"employees": 320}}).raise_for_status()
        engine.drain(to_micros(now))
        found = {}
        for schema, (path, query) in ASKED.items():
            answer = client.get(path, params=query).raise_for_status().json()
            found[schema] = {"a lead that comes closer": answer}
    return found
