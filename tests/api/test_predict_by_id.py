"""POST /v1/predict by id: what the store knows, answered as if it had been sent."""

import pytest

from features.clock import iso, to_micros
from features.lead import Lead
from serving.lifecycle.handoff import Band
from serving.live.hand_offs import offer
from serving.routes import SEEN
from serving.schemas import Answer
from serving.store.facts import lead_at
from serving.store.writer import Act
from support.outage import gone, wait_until
from support.service import NOW, service
from support.stores import DATABASES, Limits, open_store
from support.telling import assert_problem, post

MOMENT = to_micros(NOW)
TOLD = {
    "lead_id": "L-17",
    "created_at": "2026-01-12T08:30:00Z",
    "known_at": "2026-01-12T08:30:00Z",
    "owner": "giulia",
    "attributes": {"industry": "retail", "employees": 240, "job_title": "Head of Operations", "shoes": 44},
}
EVENTS = [
    ("pricing_page_view", "2026-02-20T16:05:00Z", {"topic": "pricing"}),
    ("pricing", "2026-02-21T16:05:00Z", {"channel": "email"}),
    ("webinar_attended", "2026-02-24T15:00:00Z", {"value": 45.0}),
    ("tarot", "2026-02-25T15:00:00Z", {}),
]


def tell(running, lead_id="L-17"):
    assert post(running, "/v1/leads", TOLD | {"lead_id": lead_id}).status_code == 200
    for kind, at, more in EVENTS:
        event = {"lead_id": lead_id, "kind": kind, "happened_at": at, "known_at": at} | more
        assert post(running, "/v1/events", event).status_code == 200


def sent_whole(lead: Lead, facts: dict, as_of: int) -> dict:
    """The stateless request that says the same."""
    names = ("kind", "happened_at", "known_at", "value", "topic", "channel")
    events = [
        {name: iso(v) if name.endswith("_at") else v for name, v in zip(names, event, strict=True)}
        for event in lead.events
    ]
    created_at = None if lead.created_at is None else iso(lead.created_at)
    who = {"lead_id": lead.lead_id, "created_at": created_at, "attributes": dict(lead.attributes)}
    return {"lead": who, "events": events, "as_of": iso(as_of), "facts": facts}


def both(running, facts, as_of=MOMENT):
    """The answer by id, and the one to the whole lead as the store has it."""
    with running.app.state.service.store.reading() as connection:
        lead = lead_at(connection, "L-17", as_of)
    by_id = running.ask({"lead_id": "L-17", "as_of": iso(as_of)})
    assert by_id.status_code == 200, by_id.text
    Answer.model_validate_json(by_id.content, strict=True)
    return by_id.json(), running.ask(sent_whole(lead, facts, as_of)).json()


@pytest.mark.parametrize("day", ["2026-02-20T00:00:00Z", "2026-02-24T16:00:00Z", "2026-03-01T12:00:00Z"])
def test_the_answer_by_id_is_that_to_the_same_facts_sent(told, day):
    tell(told)
    consent = {"lead_id": "L-17", "given": True, "happened_at": "2026-01-13T00:00:00Z"}
    post(told, "/v1/consent", consent | {"known_at": "2026-01-13T00:00:00Z"})
    as_of = to_micros(NOW.fromisoformat(day))
    by_id, sent = both(told, {"consent": True, "owner": "giulia"}, as_of)

    assert by_id == sent
    assert by_id["stage"]["next_action"]["person"] == "giulia"


def test_what_sales_said_counts_as_a_fact(told):
    tell(told)
    store, policy = told.app.state.service.store, told.settings.lifecycle
    at = to_micros(NOW.fromisoformat("2026-02-27T00:00:00Z"))
    act = Act(now=at, key_id="k1", action="offer")
    store.write(lambda write: offer(write, "L-17", at=at, band=Band.HOT, policy=policy, by="policy"), act)
    assert told.ask({"lead_id": "L-17"}).json()["stage"]["because"]
    said = {"lead_id": "L-17", "verdict": "rejected", "reason": "bad_timing", "happened_at": "2026-02-28T00:00:00Z"}
    assert post(told, "/v1/feedback", said).status_code == 200
    rejected = {"disqualified_reason": "bad_timing", "disqualified_at": "2026-02-28T00:00:00Z", "owner": "giulia"}
    by_id, sent = both(told, rejected)

    assert by_id == sent
    assert any("bad timing" in sentence for sentence in by_id["stage"]["because"])


def test_a_sender_whose_clock_is_ahead_is_believed(told):
    tell(told)
    soon = {"lead_id": "L-17", "kind": "demo_request", "happened_at": "2026-03-01T12:02:00Z"}
    assert post(told, "/v1/events", soon | {"known_at": "2026-03-01T12:02:00Z"}).status_code == 200
    by_id = told.ask({"lead_id": "L-17"}).json()

    assert by_id["as_of"] == "2026-03-01T12:02:00Z"
    assert "demo_request" in {reason["field"] for reason in by_id["explanation"]["reasons"]}


def test_languages_are_chosen_as_for_a_whole_lead(told):
    tell(told)
    found = told.ask({"lead_id": "L-17"}, **{"Accept-Language": "it"})

    assert found.headers["content-language"] == "it"
    assert found.json()["as_of"] == "2026-03-01T12:00:00Z"


def test_a_lead_that_objects_is_answered_without_numbers(told):
    tell(told)
    post(told, "/v1/objection", {"lead_id": "L-17", "objects": True})
    answer = told.ask({"lead_id": "L-17"})

    assert answer.status_code == 200
    assert answer.json()["probability"] is None
    assert answer.json()["stage"]["next_action"]["kind"] == "suppress"


def test_each_lead_that_can_not_be_scored_has_its_answer(told):
    admin = {"authorization": f"Bearer {told.admin_token}"}
    for lead_id in ("won", "lost", "stays", "goes", "deleted"):
        tell(told, lead_id)
    for lead_id in ("won", "lost"):
        outcome = {"lead_id": lead_id, "kind": f"closed_{lead_id}", "happened_at": "2026-02-26T00:00:00Z"}
        post(told, "/v1/outcomes", outcome | {"known_at": "2026-02-26T00:00:00Z"})
    post(told, "/v1/merge", {"lead_id": "stays", "other": "goes"}, **admin)
    told.client.delete("/v1/leads/deleted", headers=admin)

    for lead_id in ("won", "lost"):
        closed = told.ask({"lead_id": lead_id})
        assert_problem(closed, 409)
        assert f"was {lead_id} on 2026-02-26T00:00:00Z" in closed.json()["detail"]
        assert told.ask({"lead_id": lead_id, "as_of": "2026-02-25T23:00:00Z"}).status_code == 200
    assert told.ask({"lead_id": "goes"}).json() == told.ask({"lead_id": "stays"}).json()
    assert told.ask({"lead_id": "goes"}).json()["lead_id"] == "stays"
    assert_problem(told.ask({"lead_id": "deleted"}), 410)
    assert_problem(told.ask({"lead_id": "nobody"}), 404)


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"facts": {"stage": "lead"}}, "/facts"),
        ({"events": []}, "/events"),
        ({"lead_id": 17}, "/lead_id"),
        ({"lead_id": ""}, "/lead_id"),
        ({"as_of": "soon"}, "/as_of"),
        ({"as_of": "2026-03-03T00:00:00Z"}, "/as_of"),
        ({"as_of": "2026-01-11T00:00:00Z"}, "/as_of"),
        ({"colour": "red"}, "/colour"),
        ({"lead_id": "a\0b"}, "/lead_id"),
    ],
)
def test_a_bad_question_is_refused(told, more, pointer):
    tell(told)

    assert_problem(told.ask({"lead_id": "L-17"} | more), 422, pointer)


def test_a_batch_may_hold_ids_and_whole_leads_and_each_row_fails_alone(told):
    tell(told)
    whole = {"lead": {"lead_id": "W", "attributes": {"industry": "retail"}}, "as_of": "2026-03-01T00:00:00Z"}
    rows = [{"lead_id": "L-17"}, whole, {"lead_id": "nobody"}, {"lead_id": "L-17", "facts": {}}, "x", {"lead_id": 3}]
    rows += [{"lead_id": "L-17", "as_of": "2026-01-01T00:00:00Z"}, {"lead_id": "L-17", "as_of": "2026-02-21T00:00:00Z"}]
    answers = post(told, "/v1/predict/batch", {"requests": rows}).json()["answers"]

    assert [a.get("status", a.get("lead_id")) for a in answers] == ["L-17", "W", 404, 422, 422, 422, 422, "L-17"]
    assert [answers[i] for i in (0, 1, 7)] == [told.ask(rows[i]).json() for i in (0, 1, 7)]
    pointers = [a["errors"][0]["pointer"] for a in answers if a.get("status") == 422]
    assert pointers == ["/requests/3/facts", "/requests/4", "/requests/5/lead_id", "/requests/6/as_of"]


def test_asking_writes_nothing_and_can_be_repeated_by_its_header(told):
    tell(told)
    store = told.app.state.service.store
    first = told.ask({"lead_id": "L-17"})
    second = told.ask({"lead_id": "L-17"})
    assert first.headers[SEEN] == second.headers[SEEN]
    late = {"lead_id": "L-17", "kind": "demo_request", "happened_at": "2026-02-27T00:00:00Z"}
    post(told, "/v1/events", late | {"known_at": "2026-02-27T00:00:00Z"})
    with store.reading() as connection:
        then = lead_at(connection, "L-17", MOMENT, seq=int(first.headers[SEEN]))
        now = lead_at(connection, "L-17", MOMENT)

    assert len(now.events) == len(then.events) + 1
    again = told.ask(sent_whole(then, {"owner": "giulia"}, MOMENT)).json()
    assert again == first.json()
    assert told.ask({"lead_id": "L-17"}).json()["probability"] != first.json()["probability"]


@pytest.mark.parametrize("kind", DATABASES)
def test_without_the_database_whole_leads_are_answered_and_marked(kind, tmp_path):
    whole = {"lead": {"lead_id": "W"}, "as_of": "2026-03-01T00:00:00Z"}
    with open_store(kind, tmp_path, limits=Limits(timeout_seconds=0.2)) as store, service(store=store) as running:
        tell(running)
        before = running.ask(whole).json()
        with gone(store, tmp_path):
            assert_problem(post(running, "/v1/leads", TOLD), 503)
            during = running.ask(whole)
            by_id = running.ask({"lead_id": "L-17"})
            batch = post(running, "/v1/predict/batch", {"requests": [whole, {"lead_id": "L-17"}]}).json()
        wait_until(lambda: store.healthy)
        after = running.ask(whole).json()

    assert during.json() == before | {"degraded": True}
    Answer.model_validate_json(during.content, strict=True)
    assert before == after
    assert (batch["answers"][0], batch["degraded"]) == (before, True)
    if kind == "postgresql":  # a SQLite file that another process writes can still be read
        assert_problem(by_id, 503)
        assert by_id.headers["retry-after"] == "5"
        assert batch["answers"][1]["status"] == 503


def test_without_a_store_an_id_names_nobody():
    with service() as running:
        assert_problem(running.ask({"lead_id": "L-17"}), 503)
        answers = post(running, "/v1/predict/batch", {"requests": [{"lead_id": "L-17"}]}).json()["answers"]

    assert answers[0]["status"] == 503
