"""Webhooks from end to end: added by an admin, signed, in order, insistent, given up, sent again."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from features.settings import Service as ServiceSettings
from features.settings import Settings
from serving.live.notices import Notice, notify
from serving.store.audit import audit
from serving.store.erase import erase
from serving.store.leads import introduce
from serving.store.live_schema import deliveries
from serving.store.writer import Act
from support.receiver import receiving
from support.service import NOW, service
from support.stores import DATABASES, emptied, open_store
from support.telling import NOW_MICROS, assert_problem, post

OPEN = Settings(
    service=ServiceSettings(
        webhooks_to_private=True, webhooks_over_http=True, webhook_attempts=3, max_webhooks=3, webhook_timeout_seconds=2
    )
)


class Clock:
    """A time that a test moves on; it starts where all tests are."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def later(self, **by):
        self.now += timedelta(**by)


@pytest.fixture(scope="module", params=DATABASES)
def open_service(request, tmp_path_factory):
    clock = Clock()
    with (
        open_store(request.param, tmp_path_factory.mktemp("home")) as store,
        service(OPEN, store=store, now=clock) as running,
    ):
        yield running, clock


@pytest.fixture
def told(open_service):
    running, clock = open_service
    emptied(running.app.state.service.store)
    clock.now = NOW
    worker = running.app.state.service.webhooks
    worker._resting.clear()
    return running


@pytest.fixture
def clock(open_service):
    return open_service[1]


@pytest.fixture
def receiver():
    with receiving() as started:
        yield started


def admin(running, method, path, body=None):
    headers = {"authorization": f"Bearer {running.admin_token}"}
    return running.client.request(method, path, headers=headers, json=body)


def added(running, url, kinds=()):
    answer = admin(running, "POST", "/v1/webhooks", {"url": url, "kinds": list(kinds)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def happened(running, *leads, kind="stage.changed", **data):
    """One notice for each lead, in one write."""
    store = running.app.state.service.store

    def job(write):
        introduce(write, leads)
        return [notify(write, Notice(kind=kind, lead_id=lead, at=NOW_MICROS, data=data)) for lead in leads]

    return store.write(job, Act(now=NOW_MICROS, key_id="k", action="test"))


def drain(running):
    return running.app.state.service.webhooks.drain()


def states(running):
    d = deliveries.c
    with running.app.state.service.store.reading() as connection:
        rows = connection.execute(select(d.notice_id, d.state, d.attempts).order_by(d.notice_id))
        return [tuple(row) for row in rows]


def leads_of(receiver):
    return [received.json["data"]["lead_id"] for received in receiver.received]


def test_a_notice_reaches_the_receiver_signed_with_no_more_than_what_happened(told, receiver, clock):
    clock.now = datetime.now(tz=NOW.tzinfo)  # the receiver checks signatures by its own clock
    hook = added(told, receiver.url)
    store = told.app.state.service.store
    when = int(clock.now.timestamp() * 1e6)
    notice = Notice(
        kind="stage.changed", lead_id="L-17", at=when, data={"previous": "lead", "stage": "sales_qualified"}
    )
    (number,) = [store.write(lambda write: notify(write, notice), Act(now=when, key_id="k", action="test"))]

    assert drain(told) == 1

    (got,) = receiver.received
    assert Webhook(hook["secret"]).verify(got.body, got.headers) == got.json
    assert got.headers["webhook-id"] == f"ntc_{number}"
    assert (got.path, got.headers["content-type"]) == ("/hook?token=7", "application/json")
    assert got.json["type"] == "stage.changed"
    assert set(got.json) == {"type", "timestamp", "data"}
    assert got.json["data"] == {"lead_id": "L-17", "previous": "lead", "stage": "sales_qualified"}
    assert drain(told) == 0, "once is enough"


def test_the_secret_is_shown_once_and_every_change_is_in_the_audit(told, receiver):
    hook = added(told, receiver.url, ["hand_off.offered"])
    listed = admin(told, "GET", "/v1/webhooks").json()["webhooks"]

    assert hook["secret"].startswith("whsec_")
    assert "secret" not in str(listed)
    assert [(h["webhook_id"], h["kinds"], h["paused"]) for h in listed] == [
        (hook["webhook_id"], ["hand_off.offered"], None)
    ]
    assert admin(told, "DELETE", f"/v1/webhooks/{hook['webhook_id']}").json()["deliveries"] == 0
    assert admin(told, "GET", "/v1/webhooks").json() == {"webhooks": []}
    with told.app.state.service.store.reading() as connection:
        actions = [row.action for row in audit(connection) if row.action.startswith("webhook.")]
    assert actions == ["webhook.add", "webhook.remove"]


def test_a_webhook_hears_of_its_kinds_alone_and_of_nothing_before_it_was_added(told, receiver, clock):
    happened(told, "early")
    clock.later(seconds=1)
    added(told, receiver.url, ["hand_off.offered"])
    happened(told, "a")
    store = told.app.state.service.store
    late = Notice(kind="hand_off.offered", lead_id="b", at=NOW_MICROS + 2_000_000)
    store.write(lambda write: notify(write, late), Act(now=NOW_MICROS, key_id="k", action="test"))

    drain(told)

    assert leads_of(receiver) == ["b"]


def test_what_fails_is_sent_again_later_and_later_then_is_dead_until_somebody_sends_it_again(told, receiver, clock):
    hook = added(told, receiver.url)
    (number,) = happened(told, "a")
    receiver.answer(500)

    assert drain(told) == 1
    assert drain(told) == 0, "not at once"
    clock.later(seconds=7)
    assert drain(told) == 1
    clock.later(seconds=7)
    assert drain(told) == 0, "the second wait is longer"
    clock.later(seconds=20)
    assert drain(told) == 1
    assert states(told) == [(number, "dead", 3)]
    clock.later(days=2)
    assert drain(told) == 0

    path = f"/v1/webhooks/{hook['webhook_id']}"
    (dead,) = admin(told, "GET", f"{path}/dead").json()["dead"]
    assert (dead["notice_id"], dead["attempts"], dead["last_status"]) == (number, 3, 500)
    assert "answered 500" in dead["last_error"]
    assert "secret-of-the-receiver" not in str(dead), "the body of an answer is kept nowhere"
    assert admin(told, "GET", "/v1/webhooks").json()["webhooks"][0]["dead"] == 1
    receiver.answer(200)
    assert admin(told, "POST", f"{path}/resend", {"notice_ids": [number, 999]}).json() == {"waiting": 1}
    assert drain(told) == 1
    assert states(told) == [(number, "delivered", 1)]
    assert {got.headers["webhook-id"] for got in receiver.received} == {f"ntc_{number}"}


def test_notices_of_one_lead_keep_their_order_while_others_go_on(told, receiver, clock):
    added(told, receiver.url)
    happened(told, "a", stage="one")
    happened(told, "a", stage="two")
    happened(told, "b", stage="three")
    receiver.answer(503, 200)

    drain(told)
    clock.later(seconds=2)  # the webhook's rest; the first delivery waits longer
    drain(told)
    assert [got.json["data"]["stage"] for got in receiver.received] == ["one", "three"]
    clock.later(seconds=5)
    drain(told)

    assert [got.json["data"]["stage"] for got in receiver.received] == ["one", "three", "one", "two"]


def test_a_receiver_that_asks_for_time_gets_it(told, receiver, clock):
    added(told, receiver.url)
    happened(told, "a")
    receiver.answers = [(429, {"Retry_After": "600"}), (200, {})]

    drain(told)
    clock.later(seconds=500)
    assert drain(told) == 0
    clock.later(seconds=101)
    assert drain(told) == 1


def test_redirects_are_not_followed(told, receiver):
    with receiving() as elsewhere:
        hook = added(told, receiver.url)
        happened(told, "a")
        receiver.answers = [(302, {"Location": elsewhere.url})]
        drain(told)
        tried = admin(told, "POST", f"/v1/webhooks/{hook['webhook_id']}/test").json()

    assert elsewhere.received == []
    assert (tried["delivered"], tried["status"]) == (False, 302)
    assert "not followed" in tried["error"]


def test_a_test_is_sent_at_once_and_says_what_became_of_it(told, receiver):
    hook = added(told, receiver.url)

    assert admin(told, "POST", f"/v1/webhooks/{hook['webhook_id']}/test").json() == {
        "delivered": True,
        "status": 200,
        "error": None,
    }
    assert receiver.received[0].json["type"] == "webhook.test"
    assert states(told) == []


def test_a_paused_webhook_gets_later_what_happened_meanwhile(told, receiver):
    hook = added(told, receiver.url)
    path = f"/v1/webhooks/{hook['webhook_id']}"
    assert admin(told, "POST", f"{path}/pause").json()["paused"] == "on request"
    happened(told, "a")
    assert drain(told) == 0
    resumed = admin(told, "POST", f"{path}/resume").json()

    assert (resumed["paused"], resumed["waiting"]) == (None, 1)
    assert drain(told) == 1


def test_a_receiver_that_is_gone_for_good_is_asked_no_more(told, receiver, clock):
    added(told, receiver.url)
    happened(told, "a", "b")
    receiver.answer(410)
    drain(told)
    clock.later(days=1)

    assert drain(told) == 0
    assert "410" in admin(told, "GET", "/v1/webhooks").json()["webhooks"][0]["paused"]


def test_one_webhook_that_fails_does_not_hold_up_another(told, receiver):
    with receiving() as broken:
        broken.answer(500)
        added(told, broken.url)
        added(told, receiver.url)
        happened(told, "a", "b", "c")
        drain(told)

    assert leads_of(receiver) == ["a", "b", "c"]
    assert len(broken.received) == 1, "after a failure the whole webhook rests a while"


def test_a_deleted_lead_takes_what_was_to_be_told_of_it_along(told, receiver):
    added(told, receiver.url)
    happened(told, "a", "b")
    worker = told.app.state.service.webhooks
    worker._spread()
    told.app.state.service.store.write(lambda w: erase(w, "a"), Act(now=NOW_MICROS, key_id="k", action="test"))
    drain(told)

    assert leads_of(receiver) == ["b"]


def test_the_worker_sends_by_itself_as_soon_as_it_is_told(told, receiver):
    added(told, receiver.url)
    worker = told.app.state.service.webhooks
    worker.start()
    try:
        happened(told, *map(str, range(30)))
        told.app.state.service.engine.on_notice()
        receiver.wait(30)
    finally:
        worker.stop()
        worker._ended.clear()  # for the tests behind
    assert sorted(leads_of(receiver), key=int) == [str(i) for i in range(30)]


def test_a_demo_request_told_over_http_is_heard_of_as_a_move_and_a_hand_off(told, receiver):
    added(told, receiver.url)
    happened_at = (NOW - timedelta(minutes=5)).isoformat()
    sent = {"lead_id": "L-17", "kind": "demo_request", "happened_at": happened_at}
    assert post(told, "/v1/events", sent).status_code == 200
    told.app.state.service.engine.drain(NOW_MICROS)
    drain(told)

    heard = {got.json["type"]: got.json["data"] for got in receiver.received}
    assert heard["stage.changed"]["stage"] == "sales_qualified"
    assert heard["hand_off.offered"]["lead_id"] == "L-17"
    assert set(heard) == {"stage.changed", "hand_off.offered"}


def test_nobody_but_an_admin_sees_or_changes_webhooks(told, receiver):
    hook = added(told, receiver.url)
    path = f"/v1/webhooks/{hook['webhook_id']}"
    routes = [("GET", "/v1/webhooks"), ("POST", "/v1/webhooks"), ("DELETE", path), ("GET", f"{path}/dead")]
    routes += [("POST", f"{path}/{what}") for what in ("pause", "resume", "test", "resend")]
    for method, address in routes:
        for token in (told.token, told.rep_token):
            headers = {"authorization": f"Bearer {token}"}
            assert_problem(told.client.request(method, address, headers=headers, json={}), 403)


def test_bad_requests_have_one_answer_each(told, receiver):
    for method, path in [("DELETE", ""), ("POST", "/pause"), ("POST", "/test"), ("GET", "/dead")]:
        assert_problem(admin(told, method, f"/v1/webhooks/hook_none{path}"), 404)
    assert_problem(admin(told, "POST", "/v1/webhooks/hook_none/resend", {}), 404)
    assert_problem(admin(told, "POST", "/v1/webhooks", {"url": receiver.url, "kinds": ["lead.won"]}), 422, "/kinds/0")
    assert_problem(admin(told, "POST", "/v1/webhooks", {"url": "ftp://example.com"}), 422, "/url")
    for _ in range(3):
        added(told, receiver.url)
    assert "service.max_webhooks" in admin(told, "POST", "/v1/webhooks", {"url": receiver.url}).json()["detail"]


def test_by_default_no_webhook_leads_to_this_machine(receiver, tmp_path):
    with open_store("sqlite", tmp_path) as store, service(store=store) as running:
        for url in (receiver.url, receiver.url.replace("http:", "https:")):
            answer = admin(running, "POST", "/v1/webhooks", {"url": url})
            assert_problem(answer, 422, "/url")
        assert "service.webhooks_to_private" in answer.text
