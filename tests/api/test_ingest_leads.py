"""Telling of leads over HTTP: fields, consent, merging, deleting, the audit; and a database that fails."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from features.settings import Service as ServiceSettings
from features.settings import Settings
from serving.ingest_examples import LEAD
from serving.store.engine import Limits
from serving.store.facts import place_at
from serving.store.store import Store
from support.outage import gone, wait_until
from support.service import service
from support.stores import DATABASES, act, open_store
from support.telling import assert_problem, lead, post

TOLD = LEAD["a lead with its fields"]


def admin(running):
    return {"authorization": f"Bearer {running.admin_token}"}


def test_a_lead_is_created_then_updated_field_by_field(told):
    assert post(told, "/v1/leads", TOLD).json() == {"lead_id": "L-17", "status": "created"}
    change = {"attributes": {"employees": 300, "industry": None}}
    assert told.client.put("/v1/leads/L-17", json=change).json()["status"] == "updated"

    found = lead(told)
    assert found.attributes == {"employees": 300, "job_title": "Head of Operations"}
    assert (found.created_at, lead(told, read=place_at).owner) == (1_768_206_600_000_000, "giulia")
    told.client.put("/v1/leads/L-17", json={"owner": None})
    assert lead(told, read=place_at).owner is None


def test_a_lead_id_may_hold_anything_that_an_address_can_carry(told):
    assert told.client.put("/v1/leads/EU%2F17%20%C3%BC", json={}).json()["lead_id"] == "EU/17 ü"
    assert_problem(told.client.put("/v1/leads/a%00b", json={}), 422)
    assert_problem(told.client.put(f"/v1/leads/{'x' * 201}", json={}), 422)
    assert_problem(told.client.put("/v1/leads/a", json={"lead_id": "b"}), 422, "/lead_id")


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"lead_id": 5}, "/lead_id"),
        ({"created_at": "2026-01-12"}, "/created_at"),
        ({"created_at": "2027-01-12T00:00:00Z"}, "/created_at"),
        ({"known_at": "2026-03-02T00:00:00Z"}, "/known_at"),
        ({"attributes": {"tags": ["a"]}}, "/attributes/tags"),
        ({"attributes": {"a": "x\0"}}, "/attributes/a"),
        ({"hobby": "chess"}, "/hobby"),
    ],
)
def test_a_lead_that_can_not_be_read_says_where(told, change, at):
    assert_problem(post(told, "/v1/leads", TOLD | change), 422, at)


def test_leads_come_in_batches_answered_row_by_row(told):
    answer = post(told, "/v1/leads/batch", {"leads": [TOLD, {"lead_id": 3}, {"lead_id": "b"}, TOLD]}).json()
    assert [row["status"] for row in answer["results"]] == ["created", 422, "created", "updated"]


def test_consent_and_objection_are_statements_of_the_lead(told):
    post(told, "/v1/consent", {"lead_id": "L-17", "given": True, "happened_at": "2026-02-02T00:00:00Z"})
    post(told, "/v1/consent", {"lead_id": "L-17", "given": False, "happened_at": "2026-02-01T00:00:00Z"})
    post(told, "/v1/objection", {"lead_id": "L-17", "objects": True})

    assert (lead(told, read=place_at).consent, lead(told, read=place_at).objects_to_profiling) == (True, True)
    assert_problem(post(told, "/v1/consent", {"lead_id": "L-17", "given": "yes"}), 422, "/given")


def test_merging_is_for_admins_and_happens_once(told):
    post(told, "/v1/leads/batch", {"leads": [TOLD, {"lead_id": "b", "attributes": {"phone": "1"}}, {"lead_id": "c"}]})
    both = {"lead_id": "L-17", "other": "b"}

    assert_problem(post(told, "/v1/merge", both), 403)
    found = [post(told, "/v1/merge", both, **admin(told)).json()["status"] for _ in range(2)]
    assert found == ["merged", "already_merged"]
    assert lead(told, "b").attributes["phone"] == "1"
    assert_problem(post(told, "/v1/merge", {"lead_id": "c", "other": "b"}, **admin(told)), 409)
    assert_problem(post(told, "/v1/merge", {"lead_id": "c", "other": "c"}, **admin(told)), 409)
    assert_problem(post(told, "/v1/merge", {"lead_id": "c", "other": "nobody"}, **admin(told)), 404)


def test_a_deleted_lead_is_gone_and_takes_nothing_in(told):
    post(told, "/v1/leads", TOLD)
    assert_problem(told.client.delete("/v1/leads/L-17"), 403)
    assert told.client.delete("/v1/leads/L-17", headers=admin(told)).json() == {"status": "deleted", "rows": 7}

    event = {"lead_id": "L-17", "kind": "visit", "happened_at": "2026-02-02T00:00:00Z"}
    assert_problem(post(told, "/v1/leads", TOLD), 410)
    assert_problem(post(told, "/v1/events", event), 410)
    assert_problem(post(told, "/v1/consent", {"lead_id": "L-17", "given": True}), 410)
    assert_problem(post(told, "/v1/feedback", {"lead_id": "L-17", "verdict": "accepted"}), 410)
    results = post(told, "/v1/events/batch", {"events": [event, event | {"lead_id": "b"}]}).json()["results"]
    assert [row["status"] for row in results] == [410, "stored"]
    assert "L-17" not in str(results[0])
    assert_problem(told.client.delete("/v1/leads/L-17", headers=admin(told)), 410)
    assert_problem(told.client.delete("/v1/leads/nobody", headers=admin(told)), 404)


def test_the_audit_says_who_wrote_what_when(told):
    post(told, "/v1/leads", TOLD)
    told.client.delete("/v1/leads/L-17", headers=admin(told))
    shown = told.client.get("/v1/audit", headers=admin(told)).json()

    assert [(row["action"], row["at"], row["rows"]) for row in shown["writes"]] == [
        ("lead", "2026-03-01T12:00:00Z", 1),
        ("delete", "2026-03-01T12:00:00Z", 1),
    ]
    assert "L-17" not in str(shown)
    assert shown["next"] is None
    assert len(told.client.get("/v1/audit?after=1", headers=admin(told)).json()["writes"]) == 1
    assert_problem(told.client.get("/v1/audit?after=-1", headers=admin(told)), 422)
    assert_problem(told.client.get("/v1/audit"), 403)


def test_writes_that_come_at_once_are_all_acknowledged_and_all_there(told):
    def send(i):
        event = {
            "lead_id": f"L-{i % 7}",
            "kind": "visit",
            "happened_at": "2026-02-02T00:00:00Z",
            "event_id": str(i // 2),
        }
        return post(told, "/v1/events", event | {"lead_id": f"L-{i // 2 % 7}"}).json()["status"]

    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(send, range(120)))
    assert sorted(found) == ["duplicate"] * 60 + ["stored"] * 60
    assert sum(len(lead(told, f"L-{i}").events) for i in range(7)) == 60


@pytest.mark.parametrize("kind", DATABASES)
def test_a_database_that_is_gone_is_said_and_nothing_is_half_written(kind, tmp_path):
    limits = Limits(timeout_seconds=0.2)
    with open_store(kind, tmp_path, limits=limits) as store, service(store=store) as running:
        post(running, "/v1/leads", TOLD)
        with gone(store, tmp_path):
            failed = post(running, "/v1/leads", TOLD | {"attributes": {"industry": "Retail", "country": "IT"}})
            assert_problem(failed, 503)
            assert failed.headers["retry-after"] == "5"
            assert not store.healthy
            assert running.ask({"lead": {"lead_id": "x"}}).status_code == 200
        wait_until(lambda: store.healthy)
        assert lead(running).attributes["industry"] == "Manufacturing"
        assert "country" not in lead(running).attributes
        assert post(running, "/v1/leads", TOLD).status_code == 200


def test_a_full_disk_is_said_and_reading_goes_on(tmp_path):
    limit = Settings(service=ServiceSettings(database_max_bytes=1_000_000)).service
    store = Store.of_settings(limit, home=tmp_path, named=None)
    with closing(store), service(store=store) as running:
        rows = [{"lead_id": f"L-{i}", "attributes": {"text": "x" * 9_000}} for i in range(60)]
        answers = [post(running, "/v1/leads/batch", {"leads": rows[i : i + 10]}) for i in range(0, 60, 10)]
        more = [post(running, "/v1/leads", {"lead_id": f"M-{i}", "attributes": {"t": "y" * 10_000}}) for i in range(99)]

        assert answers[0].status_code == 200
        full = next(answer for answer in [*answers, *more] if answer.status_code != 200)
        assert_problem(full, 507)
        assert full.headers["retry-after"] == "60"
        assert lead(running, "L-0").attributes["text"] == "x" * 9_000
        assert running.ask({"lead": {"lead_id": "x"}}).status_code == 200


def test_too_many_waiting_writes_are_refused_at_once(tmp_path):
    entered, free = threading.Event(), threading.Event()

    def hold(write):
        entered.set()
        assert free.wait(20)

    with open_store("sqlite", tmp_path, max_waiting=1) as store, service(store=store) as running:
        held = store.submit(hold, act())
        assert entered.wait(20)
        waiting = store.submit(lambda write: None, act())
        refused = post(running, "/v1/leads", TOLD)
        free.set()
        held.result()
        waiting.result()
        assert_problem(refused, 503)
        assert refused.headers["retry-after"] == "1"
        assert post(running, "/v1/leads", TOLD).status_code == 200
