"""Telling what happened over HTTP: every form of an event, once each, on both databases."""

from urllib.parse import quote

import pytest

from serving.ingest_examples import CLOUD_EVENT, EVENT, EVENTS, TRACK
from serving.ingest_schemas import EventsTaken, EventTaken
from serving.store.facts import place_at
from support.telling import NOW_MICROS, assert_problem, lead, post

VIEW = EVENT["a page view"]


def test_an_event_is_acknowledged_once_and_then_as_a_duplicate(told):
    first, again = post(told, "/v1/events", VIEW), post(told, "/v1/events", VIEW)

    assert EventTaken.model_validate_json(first.content).status == "stored"
    assert again.json() == {"event_id": "web-88121", "source": "api", "status": "duplicate"}
    (found,) = lead(told).events
    assert (found.kind, found.topic, found.known_at) == ("pricing_page_view", "pricing", NOW_MICROS)


def test_an_id_that_comes_with_other_content_is_a_conflict(told):
    post(told, "/v1/events", VIEW)
    assert_problem(post(told, "/v1/events", VIEW | {"topic": "docs"}), 409)
    assert [event.topic for event in lead(told).events] == ["pricing"]


def test_a_batch_answers_row_by_row_in_the_same_order(told):
    rows = EVENTS["two activities, one of them twice"]["events"]
    bad = [{"lead_id": "L-17"}, VIEW | {"topic": "docs"}, VIEW | {"event_id": "x", "happened_at": "2026-03-02T00:00Z"}]
    answer = post(told, "/v1/events/batch", {"events": [*rows, *bad]})

    results = EventsTaken.model_validate_json(answer.content).results
    assert [getattr(r, "status", None) for r in results] == ["stored", "duplicate", "stored", 422, 409, 422]
    assert [error.pointer for error in results[3].errors] == ["/events/3/kind", "/events/3/happened_at"]
    assert results[5].errors[0].pointer == "/events/5/happened_at"
    assert len(lead(told).events) == len(lead(told, "L-18").events) == 1


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ([], ""),
        ({}, ""),
        ({"events": {}}, ""),
        ({"events": [], "more": 1}, ""),
        ({"events": [{}] * 1_001}, "/events"),
    ],
)
def test_a_batch_that_is_none_is_refused(told, body, at):
    assert_problem(post(told, "/v1/events/batch", body), 422, at)


def test_an_empty_batch_is_fine(told):
    assert post(told, "/v1/events/batch", {"events": []}).json() == {"results": []}


@pytest.mark.parametrize("field", ["happened_at", "known_at"])
def test_a_little_ahead_is_a_clock_that_differs_and_more_is_refused(told, field):
    fine, far = (VIEW | {field: f"2026-03-01T12:{minute}:00Z", "event_id": minute} for minute in ("05", "06"))

    assert post(told, "/v1/events", fine).status_code == 200
    assert_problem(post(told, "/v1/events", far), 422, f"/{field}")


def cloud(running, body, media="application/cloudevents+json", **headers):
    return running.client.post("/v1/events", json=body, headers={"content-type": media, **headers})


def test_cloud_events_come_one_by_one_in_batches_and_in_headers(told):
    several = [CLOUD_EVENT, CLOUD_EVENT | {"id": "2", "data": {"lead_id": "L-17", "value": 3}, "subject": None}]
    headers = {"ce-specversion": "1.0", "ce-id": "3", "ce-source": "/shop", "ce-type": "visit", "ce-subject": "L-17"}

    assert cloud(told, CLOUD_EVENT).json() == {"event_id": "77-1", "source": "/shop/eu", "status": "stored"}
    batch = cloud(told, several, "application/cloudevents-batch+json").json()["results"]
    assert [row["status"] for row in batch] == ["duplicate", "stored"]
    assert post(told, "/v1/events", {"topic": "docs"}, **headers).json()["event_id"] == "3"
    found = {(event.kind, event.topic, event.value) for event in lead(told).events}
    assert found == {("demo_request", "planning", None), ("demo_request", None, 3.0), ("visit", "docs", None)}


def test_headers_of_a_cloud_event_are_percent_decoded(told):
    told_of = "dé 50%/à@b.it"
    headers = {"ce-specversion": "1.0", "ce-id": "4", "ce-source": "/shop", "ce-type": "visit"}

    assert post(told, "/v1/leads", {"lead_id": told_of}).json()["status"] == "created"
    assert post(told, "/v1/events", {}, **headers, **{"ce-subject": quote(told_of)}).status_code == 200
    assert [event.kind for event in lead(told, told_of).events] == ["visit"]
    refused = post(told, "/v1/events", {}, **headers | {"ce-id": "5"}, **{"ce-subject": "%FF"})
    assert_problem(refused, 422, "/subject")


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"specversion": "0.3"}, "/specversion"),
        ({"subject": None}, "/subject"),
        ({"time": "yesterday"}, "/time"),
        ({"data": {"value": "many"}}, "/data/value"),
        ({"data": {"known_at": "2026-03-02T00:00:00Z"}}, "/data/known_at"),
        ({"id": ""}, "/id"),
    ],
)
def test_a_cloud_event_that_can_not_be_read_says_where(told, change, at):
    assert_problem(cloud(told, CLOUD_EVENT | change), 422, at)


def test_segment_calls_come_as_they_are(told):
    call = TRACK["a call of Segment's track"]
    batch = {"batch": [call, call | {"messageId": "2", "userId": None, "anonymousId": "anon"}, {"type": "identify"}]}

    assert post(told, "/v1/track", call).json()["source"] == "segment"
    results = post(told, "/v1/track", batch | {"sentAt": "2026-02-25T11:00:01Z"}).json()["results"]
    assert [row["status"] for row in results] == ["duplicate", "stored", 422]
    (found,) = lead(told).events
    assert (found.kind, found.topic, found.channel, found.value) == ("content_download", "planning", "email", 1.0)
    assert_problem(post(told, "/v1/track", call | {"userId": None}), 422, "/userId")


def test_an_outcome_closes_a_lead(told):
    body = {"lead_id": "L-17", "kind": "closed_won", "happened_at": "2026-02-28T17:00:00Z", "event_id": "deal"}

    assert [post(told, "/v1/outcomes", body).json()["status"] for _ in range(2)] == ["stored", "duplicate"]
    assert lead(told, read=place_at).closed.kind == "closed_won"
    assert_problem(post(told, "/v1/outcomes", body | {"kind": "sales_accepted"}), 422, "/kind")


def test_feedback_is_an_event_with_a_reason(told):
    post(told, "/v1/events", VIEW)
    body = {"lead_id": "L-17", "verdict": "rejected", "reason": "other", "note": "moved to Peru"}
    rep = {"authorization": f"Bearer {told.rep_token}"}

    assert_problem(post(told, "/v1/feedback", body, **rep), 409)
    assert_problem(post(told, "/v1/feedback", body | {"handed_over": True}, **rep), 403)
    assert lead(told, read=place_at).verdict is None
    assert post(told, "/v1/feedback", body | {"handed_over": True}).json()["status"] == "stored"
    verdict = lead(told, read=place_at).verdict
    assert (verdict.kind, verdict.reason, verdict.note) == ("sales_rejected", "other", "moved to Peru")
    assert verdict.happened_at == NOW_MICROS


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reason": None}, 422),
        ({"verdict": "accepted"}, 422),
        ({"reason": "other"}, 422),
        ({"reason": "too_tall"}, 422),
        ({"lead_id": "nobody"}, 404),
    ],
)
def test_feedback_that_says_nothing_sound_is_refused(told, change, status):
    post(told, "/v1/events", VIEW)
    body = {"lead_id": "L-17", "verdict": "rejected", "reason": "bad_timing"}
    assert_problem(post(told, "/v1/feedback", body | change), status)


def test_feedback_without_its_reason_is_refused_in_one_sentence(told):
    said = post(told, "/v1/feedback", {"lead_id": "L-17", "verdict": "rejected"}).json()["detail"]
    assert said == "the request lacks the reason of a rejection, or gives one for an acceptance"


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/batch", "/v1/track", "/v1/outcomes", "/v1/leads"])
def test_a_rep_may_not_write_facts_and_nobody_without_a_key(told, path):
    assert_problem(post(told, path, {}, authorization=f"Bearer {told.rep_token}"), 403)
    assert_problem(post(told, path, {}, authorization=""), 401)


def test_unknown_kinds_are_kept_counted_and_listed_as_unmapped(told):
    post(told, "/v1/events", VIEW)
    post(told, "/v1/events", VIEW | {"kind": "sneezed", "event_id": "2"})
    post(told, "/v1/events", VIEW | {"kind": "sneezed", "event_id": "3"})

    kinds = told.client.get("/v1/kinds").json()["kinds"]
    assert [(k["kind"], k["events"], k["mapped"]) for k in kinds] == [
        ("sneezed", 2, False),
        ("pricing_page_view", 1, True),
    ]
