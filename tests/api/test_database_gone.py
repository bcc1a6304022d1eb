"""A real PostgreSQL that is away at the start, is killed under load, and comes back: nothing is half-written."""

import threading
import time
from collections import Counter

import httpx
import pytest
from sqlalchemy import func, select

from features.settings import Service as ServiceSettings
from serving.examples import LEAD
from serving.store.schema import events
from serving.store.store import Store
from support.service import service
from support.stoppable import Stoppable
from support.telling import assert_problem, post

LIMITS = ServiceSettings(database_timeout_seconds=1)
EVENT = {"lead_id": "L-1", "kind": "visit", "happened_at": "2026-02-01T00:00:00Z"}
ROWS = 10  #: events in one batch


@pytest.fixture(scope="module")
def postgres():
    server = Stoppable.started()
    yield server
    server.kill()


def eventually(true, *, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return False


def test_the_service_starts_without_its_database_and_recovers_by_itself(postgres, tmp_path):
    postgres.kill()
    store = Store.of_settings(LIMITS, home=tmp_path, named=postgres.url())
    with service(store=store) as running:
        try:
            assert not store.healthy
            assert running.ask(LEAD).status_code == 200, "a lead that is sent whole needs no store"
            for answer in (post(running, "/v1/events", EVENT), running.client.get("/v1/kinds")):
                assert_problem(answer, 503)
                assert answer.headers["retry-after"] == "5"
            postgres.start()
            assert eventually(lambda: store.healthy)
            assert post(running, "/v1/events", EVENT).json()["status"] == "stored"
            assert running.client.get("/v1/kinds").json()["kinds"][0]["kind"] == "visit"
        finally:
            store.close()


def test_a_file_that_can_be_no_database_still_ends_the_start(tmp_path):
    (tmp_path / "ripeness.db").write_bytes(b"something else" * 1_000)

    with pytest.raises(Exception, match="database"):
        Store.of_settings(LIMITS, home=tmp_path, named=None)


def tell(running, name, ended, answers, acknowledged):
    """Send batches until told to end, each once."""
    headers = {"authorization": f"Bearer {running.token}"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=60, trust_env=False) as client:
        i = 0
        while not ended.is_set():
            ids = [f"{name}-{i}-{row}" for row in range(ROWS)]
            answer = client.post(
                "/v1/events/batch", json={"events": [EVENT | {"event_id": x, "topic": x} for x in ids]}
            )
            answers[answer.status_code] += 1
            if answer.status_code == 200:
                acknowledged.extend(ids)
            else:
                assert_problem(answer, 503)
            i += 1


def test_a_database_killed_under_load_costs_503_and_keeps_what_was_acknowledged_whole(postgres, tmp_path):
    store = Store.of_settings(LIMITS, home=tmp_path, named=postgres.url())
    ended, answers, acknowledged = threading.Event(), Counter(), []
    with service(store=store) as running:
        args = [(running, f"c{i}", ended, answers, acknowledged) for i in range(3)]
        threads = [threading.Thread(target=tell, args=one) for one in args]
        for thread in threads:
            thread.start()
        assert eventually(lambda: answers[200] >= 10)
        postgres.kill()
        assert eventually(lambda: answers[503] >= 3)
        scored = running.ask(LEAD).status_code
        postgres.start()
        before = answers[200]
        assert eventually(lambda: answers[200] >= before + 10)
        ended.set()
        for thread in threads:
            thread.join()
        with store.reading() as connection:
            sent = events.c.topic.is_not(None)
            stored = set(connection.execute(select(events.c.topic).where(sent)).scalars())
            count = connection.execute(select(func.count()).select_from(events).where(sent)).scalar()
    store.close()

    assert scored == 200
    assert set(answers) == {200, 503}
    assert set(acknowledged) <= stored
    assert count == len(stored)
    batches = Counter(topic.rpartition("-")[0] for topic in stored)
    assert set(batches.values()) == {ROWS}, "a batch is there whole or not at all"
