"""The living service over HTTP: an answer that has seen what was told, stages, undo, hand-offs that sales answers."""

import pytest
from sqlalchemy import select

from serving.store.facts import place_at
from serving.store.live_schema import hand_offs
from serving.store.schema import standings
from support.telling import NOW_MICROS, assert_problem, lead, post

ASKS = {"lead_id": "L-17", "kind": "demo_request", "happened_at": "2026-02-28T10:00:00Z"}
VIEW = {"lead_id": "L-17", "kind": "pricing_page_view", "happened_at": "2026-02-20T16:05:00+01:00"}
LEAD = {"lead_id": "L-17", "created_at": "2026-02-01T00:00:00Z", "attributes": {"industry": "software"}}


def rep(running):
    return {"authorization": f"Bearer {running.rep_token}"}


def engine(running):
    return running.app.state.service.engine


def rows(running, table):
    with running.app.state.service.store.reading() as connection:
        return connection.execute(select(table)).all()


def offered(running):
    post(running, "/v1/leads", LEAD)
    post(running, "/v1/events", ASKS)
    engine(running).drain(NOW_MICROS)
    (found,) = rows(running, hand_offs)
    return found


def test_an_answer_has_seen_what_was_just_told(told):
    post(told, "/v1/leads", LEAD)
    first = post(told, "/v1/events?answer=true", VIEW).json()
    second = post(told, "/v1/events?answer=true", ASKS, **{"Accept-Language": "it"}).json()

    assert (first["status"], second["status"]) == ("stored", "stored")
    assert second["answer"]["probability"] > first["answer"]["probability"]
    assert second["answer"]["stage"]["current"] == "sales_qualified"
    assert second["answer"]["stage"]["because"][0].startswith("Ha ")
    assert [row.score for row in rows(told, standings)] == [second["answer"]["score"]]
    asked = told.client.post("/v1/predict", json={"lead_id": "L-17"}).json()
    assert asked["probability"] == second["answer"]["probability"]


@pytest.mark.parametrize("path, body", [("/v1/leads", LEAD), ("/v1/events", VIEW), ("/v1/events", VIEW)])
def test_an_answer_comes_beside_every_single_fact_and_only_where_it_is_asked_for(told, path, body):
    assert "answer" not in post(told, path, body).json()
    assert post(told, f"{path}?answer=true", body).json()["answer"]["lead_id"] == "L-17"
    assert_problem(post(told, f"{path}?answer=perhaps", body), 422)


def test_a_lead_that_was_won_is_a_customer_and_has_no_answer(told):
    offered(told)
    won = {"lead_id": "L-17", "kind": "closed_won", "happened_at": "2026-03-01T10:00:00Z"}

    assert post(told, "/v1/outcomes?answer=true", won).json()["answer"] is None
    assert lead(told, read=place_at).stage.value == "customer"
    assert rows(told, standings) == []
    (ended,) = rows(told, hand_offs)
    assert (ended.ending, ended.reason) == ("withdrawn", "closed_won")


def test_an_objection_stops_scoring_at_once(told):
    offered(told)
    said = post(told, "/v1/objection?answer=true", {"lead_id": "L-17", "objects": True}).json()

    assert (said["answer"]["probability"], said["answer"]["stage"]["next_action"]["kind"]) == (None, "suppress")
    assert rows(told, standings) == []
    assert rows(told, hand_offs)[0].ending == "withdrawn"
    engine(told).drain(NOW_MICROS)
    assert rows(told, standings) == []
    post(told, "/v1/objection", {"lead_id": "L-17", "objects": False, "happened_at": "2026-03-01T12:01:00Z"})
    engine(told).drain(NOW_MICROS)
    assert len(rows(told, standings)) == 1


def test_sales_accepts_what_it_was_handed(told):
    offered(told)
    said = post(told, "/v1/feedback?answer=true", {"lead_id": "L-17", "verdict": "accepted"}, **rep(told)).json()

    (ended,) = rows(told, hand_offs)
    assert (ended.ending, ended.ended_at) == ("accepted", NOW_MICROS)
    assert said["answer"]["stage"]["current"] == "sales_qualified"
    assert said["answer"]["stage"]["next_action"]["kind"] == "call"


def test_a_rejected_lead_goes_back_for_the_days_of_its_reason(told):
    offered(told)
    body = {"lead_id": "L-17", "verdict": "rejected", "reason": "bad_timing"}
    said = post(told, "/v1/feedback?answer=true", body, **rep(told)).json()

    assert [(row.ending, row.reason) for row in rows(told, hand_offs)] == [("rejected", "bad_timing")]
    assert said["answer"]["stage"]["current"] == "lead"
    assert said["answer"]["stage"]["because"] == ["Sales turned it down: bad timing", "It may come back in 90 days"]


def test_the_crm_sets_any_stage_and_a_rep_those_that_are_hers(told):
    post(told, "/v1/events", VIEW)
    assert post(told, "/v1/stage", {"lead_id": "L-17", "stage": "customer"}).json() == {
        "lead_id": "L-17",
        "stage": "customer",
        "previous": "lead",
        "status": "moved",
    }
    assert post(told, "/v1/stage", {"lead_id": "L-17", "stage": "customer"}).json()["status"] == "unchanged"
    assert_problem(post(told, "/v1/stage", {"lead_id": "L-17", "stage": "lead"}, **rep(told)), 409)
    assert post(told, "/v1/stage", {"lead_id": "L-17", "stage": "lead"}).json()["previous"] == "customer"
    assert_problem(post(told, "/v1/stage", {"lead_id": "L-17", "stage": "customer"}, **rep(told)), 409)
    moved = post(told, "/v1/stage", {"lead_id": "L-17", "stage": "opportunity"}, **rep(told)).json()
    assert (moved["previous"], moved["status"]) == ("lead", "moved")
    assert_problem(post(told, "/v1/stage", {"lead_id": "L-17", "stage": "opportunity"}, **rep(told)), 409)
    assert_problem(post(told, "/v1/stage", {"lead_id": "nobody", "stage": "lead"}), 404)
    assert_problem(post(told, "/v1/stage", {"lead_id": "L-17", "stage": "prospect"}), 422, "/stage")


def test_the_crm_opens_a_closed_lead_again(told):
    post(told, "/v1/events", VIEW)
    post(told, "/v1/outcomes", {"lead_id": "L-17", "kind": "closed_lost", "happened_at": "2026-02-25T10:00:00Z"})
    assert_problem(post(told, "/v1/stage", {"lead_id": "L-17", "stage": "lead"}, **rep(told)), 409)
    assert told.client.post("/v1/predict", json={"lead_id": "L-17"}).status_code == 409

    said = post(told, "/v1/stage?answer=true", {"lead_id": "L-17", "stage": "lead"}).json()
    assert said["status"] == "moved"
    assert said["answer"]["score"] is not None
    assert lead(told, read=place_at).closed is None


def test_a_move_is_taken_back_by_who_may(told):
    offered(told)
    undone = post(told, "/v1/stage/undo?answer=true", {"lead_id": "L-17"}, **rep(told)).json()

    assert (undone["stage"], undone["previous"]) == ("lead", "sales_qualified")
    assert undone["answer"]["stage"]["current"] == "lead"
    assert rows(told, hand_offs)[0].reason == "undone"
    assert_problem(post(told, "/v1/stage/undo", {"lead_id": "L-17"}, **rep(told)), 409)
    post(told, "/v1/stage", {"lead_id": "L-17", "stage": "opportunity"})
    assert_problem(post(told, "/v1/stage/undo", {"lead_id": "L-17"}, **rep(told)), 409)
    assert post(told, "/v1/stage/undo", {"lead_id": "L-17"}).json()["stage"] == "lead"


def test_what_sales_learned_and_when_consent_was_given_reach_the_answer(told):
    post(told, "/v1/leads", LEAD | {"bant": {"budget": "50,000", "need": "planning"}})
    post(told, "/v1/leads", {"lead_id": "L-17", "bant": {"need": None, "timeline": "autumn"}})
    post(told, "/v1/events", ASKS | {"kind": "unsubscribe", "happened_at": "2026-02-26T00:00:00Z"})
    consent = {"lead_id": "L-17", "given": True, "happened_at": "2026-02-25T00:00:00Z"}
    before = post(told, "/v1/consent?answer=true", consent).json()["answer"]["stage"]
    after = post(told, "/v1/consent?answer=true", consent | {"happened_at": "2026-02-27T00:00:00Z"}).json()["answer"]

    assert before["bant"] == {"known": {"budget": "50,000", "timeline": "autumn"}, "to_ask": ["authority", "need"]}
    assert before["next_action"]["text"].startswith("Do not e-mail")
    assert after["stage"]["next_action"]["kind"] == "nurture"
    assert lead(told).attributes == {"industry": "software"}
