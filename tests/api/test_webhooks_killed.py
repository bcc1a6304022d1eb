"""A service killed while it sends webhooks tells everything at least once after its next start."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from features.settings import Service as ServiceSettings
from serving.live.notices import Notice, notify
from serving.store.engine import database_url
from serving.store.live_schema import deliveries
from serving.store.store import Store
from serving.store.writer import Act
from serving.webhooks.hooks import add_hook
from serving.webhooks.worker import Webhooks
from support.killed import FORKED
from support.receiver import receiving
from support.stores import DATABASES, new_database

LIMITS = ServiceSettings(webhooks_to_private=True, webhooks_over_http=True)
START = datetime(2026, 3, 1, tzinfo=UTC)
NOTICES = 60
KILLS = 1


def deliver(home, url, later):
    """Send webhooks until killed; `later` is the time since the start of the test."""
    store = Store.open(database_url(home, url))
    worker = Webhooks(store=store, limits=LIMITS, now=lambda: START + later)
    worker.start()
    time.sleep(600)


@pytest.mark.parametrize("kind", DATABASES)
def test_everything_is_told_at_least_once_however_often_the_sender_is_killed(kind, tmp_path):
    url = new_database(kind)
    store = Store.open(database_url(tmp_path, url))
    at = int(START.timestamp() * 1e6)
    act = Act(now=at, key_id="k", action="test")
    with receiving() as receiver:
        store.write(lambda write: add_hook(write, url=receiver.url, kinds=(), most=1), act)
        ids = store.write(
            lambda w: [notify(w, Notice(kind="band.changed", lead_id=f"L-{i}", at=at)) for i in range(NOTICES)], act
        )
        for kill in range(KILLS + 1):
            later = timedelta(minutes=5 * kill)  # what the dead one had taken is free again
            process = FORKED.Process(target=deliver, args=(tmp_path, url, later), daemon=True)
            process.start()
            try:
                receiver.wait(7) if kill < KILLS else wait_until_all_is_sent(store)
            finally:
                process.kill()
                process.join()
        told = Counter(got.headers["webhook-id"] for got in receiver.received)
    store.close()

    assert set(told) == {f"ntc_{number}" for number in ids}
    assert told.total() <= NOTICES + KILLS, "again only what was under way when it was killed"


def wait_until_all_is_sent(store):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with store.reading() as connection:
            states = [row.state for row in connection.execute(deliveries.select())]
        if states == ["delivered"] * NOTICES:
            return
        time.sleep(0.05)
    pytest.fail("not everything was sent")
