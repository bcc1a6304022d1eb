"""A key's quota, and what happens when everybody together asks for too much."""

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import httpx
import pytest
from starlette.responses import Response
from starlette.routing import Route

from features.settings import Service as ServiceSettings
from features.settings import Settings
from serving.examples import LEAD
from serving.limits import MOST_CALLERS, Lateness, Quota
from support.service import service
from support.stores import open_store
from support.telling import assert_problem


def test_a_quota_is_a_minutes_worth_that_fills_evenly():
    quota = Quota(60)

    assert [quota.take(b"a", 0.0) for _ in range(60)] == [(59 - i, i + 1) for i in range(60)]
    assert quota.take(b"a", 0.0) == (-1, 1)
    assert quota.take(b"b", 0.0) == (59, 1), "each key has its own"
    assert quota.take(b"a", 0.5) == (-1, 1)
    assert quota.take(b"a", 1.0) == (0, 60)
    assert quota.take(b"a", 1.5) == (-1, 1)
    assert quota.take(b"a", 10_000.0) == (59, 1), "and never holds more"


def test_a_slow_quota_says_how_long_to_wait():
    quota = Quota(2)
    quota.take(b"a", 0.0)
    quota.take(b"a", 0.0)

    assert quota.take(b"a", 0.0) == (-1, 30)
    assert quota.take(b"a", 29.0) == (-1, 1)
    assert quota.take(b"a", 30.0) == (0, 60)


def test_callers_without_end_take_no_memory_without_end():
    quota = Quota(60)
    for i in range(MOST_CALLERS + 1_000):
        quota.take(b"%d" % i, 0.0)

    assert len(quota._left) == MOST_CALLERS


def limited(**limits):
    return Settings(service=ServiceSettings(**limits))


def test_beyond_its_quota_a_key_gets_429_with_the_standard_headers_and_others_go_on():
    with service(limited(requests_per_minute=3)) as running:

        def ask(**headers):
            return running.client.get("/v1/model", headers=headers)

        answers = [ask() for _ in range(5)]
        other = ask(authorization=f"Bearer {running.rep_token}")
        sneaky = ask(authorization=f"bearer   {running.token}")
        unlimited = [running.client.get(path).status_code for path in ("/health/live", "/health/ready")]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[0].headers["ratelimit-policy"] == '"key";q=3;w=60'
    assert [a.headers["ratelimit"].partition(";t=")[0] for a in answers] == [f'"key";r={r}' for r in (2, 1, 0, 0, 0)]
    assert_problem(answers[3], 429)
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert answers[3].headers["cache-control"] == "no-store"
    assert other.status_code == 200
    assert sneaky.status_code == 429, "however the header is written"
    assert unlimited == [200, 200]


def test_without_a_quota_no_header_speaks_of_one():
    with service(limited(requests_per_minute=None)) as running:
        assert "ratelimit" not in running.ask(LEAD).headers


class Held:
    """A database that takes its time: the writer waits until it is let go."""

    def __init__(self, store):
        self.go, self.begun = threading.Event(), threading.Event()
        self._store = store

    def __enter__(self):
        from support.stores import act

        self._store.submit(lambda _: (self.begun.set(), self.go.wait(30)), act())
        assert self.begun.wait(10)
        return self

    def __exit__(self, *_):
        self.go.set()


def test_too_much_under_way_is_refused_at_once_and_nothing_of_it_is_written(tmp_path):
    with open_store("sqlite", tmp_path) as store, service(limited(max_requests_under_way=3), store=store) as running:

        def tell(i):
            body = {"lead_id": f"L-{i}", "kind": "visit", "happened_at": "2026-02-01T00:00:00Z"}
            headers = {"authorization": f"Bearer {running.token}"}
            return httpx.post(f"{running.url}/v1/events", json=body, headers=headers, timeout=30, trust_env=False)

        with ThreadPoolExecutor(10) as threads, Held(store):
            answers = [threads.submit(tell, i) for i in range(10)]
            while sum(answer.done() for answer in answers) < 7:
                sleep(0.01)
            live = running.client.get("/health/live").status_code
            refused = [answer.result() for answer in answers if answer.done()]
        found = Counter(answer.result().status_code for answer in answers)
        with store.reading() as connection:
            events = connection.exec_driver_sql("SELECT count(*) FROM events").scalar()

    assert found == {200: 3, 503: 7}
    assert events == 3
    assert live == 200, "whether the process lives is always said"
    for answer in refused:
        assert_problem(answer, 503)
        assert answer.headers["retry-after"] == "1"


def test_when_answers_stay_late_new_requests_are_refused_until_they_are_not():
    with service(limited(max_wait_seconds=0.3)) as running:
        running.app.router.routes.insert(0, Route("/slow", slow))

        def ask_again_and_again(_):
            with httpx.Client(base_url=running.url, timeout=30, trust_env=False) as client:
                return [client.get("/slow").status_code for _ in range(6)]

        with ThreadPoolExecutor(4) as threads:
            found = Counter(status for statuses in threads.map(ask_again_and_again, range(4)) for status in statuses)
        sleep(0.5)
        shed = running.app.state.counts.shed["late"]
        after = running.ask(LEAD).status_code

    assert set(found) == {200, 503}
    assert shed == found[503]
    assert after == 200


async def slow(_):
    """Hold the event loop, as a flood of leads would."""
    sleep(0.2)
    return Response()


def test_a_machine_that_stood_still_for_a_moment_is_not_overloaded():
    async def looked_at():
        lateness = Lateness()
        lateness.watch()
        await asyncio.sleep(0.15)
        sleep(0.5)
        await asyncio.sleep(0.05)
        once = lateness.seconds
        for _ in range(4):
            sleep(0.5)
            await asyncio.sleep(0)
        return once, lateness.seconds

    once, again = asyncio.run(looked_at())
    assert once < 0.1
    assert again > 0.3


@pytest.mark.parametrize("value", [0, -1])
def test_limits_that_refuse_everything_are_refused_themselves(value):
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        ServiceSettings(max_requests_under_way=value)
