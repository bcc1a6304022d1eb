"""What happens around a request: slow and vanished callers, the end of the service, names, addresses, clocks."""

import asyncio
import json

import pytest
from structlog.testing import capture_logs

from serving.app import create_app
from serving.body import BodyLimit
from serving.examples import LEAD
from serving.keys import KeyRing
from support.service import NOW, service, source_of

LEAD_ID = "anna.verdi@example.com"
BARE = {"lead": {"lead_id": LEAD_ID}}


def ask_app(app, receive, *, headers=(), before=lambda task: None):
    """What an ASGI application sends for a POST to /v1/predict; `before` may do something to its task."""
    sent = []

    async def send(message):
        sent.append(message)

    async def run():
        scope = {"type": "http", "method": "POST", "path": "/v1/predict", "query_string": b"", "root_path": ""}
        task = asyncio.create_task(app({**scope, "headers": list(headers)}, receive, send))
        await asyncio.sleep(0.01)
        before(task)
        await task

    asyncio.run(run())
    return sent


async def nothing_more():
    await asyncio.Event().wait()


def test_a_body_that_does_not_arrive_is_given_up():
    start, body = ask_app(BodyLimit(None, max_bytes=1000, seconds=0.05), nothing_more)

    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert "within 0.05 seconds" in json.loads(body["body"])["detail"]


def test_nobody_is_answered_who_has_gone():
    async def gone():
        return {"type": "http.disconnect"}

    assert ask_app(BodyLimit(None, max_bytes=1000), gone) == []


def test_a_request_under_way_when_the_service_ends_is_a_503_and_no_traceback():
    with service() as running:
        app = create_app(
            models=source_of(None, running.settings), settings=running.settings, keys=KeyRing(keys=()), now=lambda: NOW
        )
    start, body = ask_app(app, nothing_more, before=lambda task: task.cancel())

    assert (start["status"], (b"connection", b"close") in start["headers"]) == (503, True)
    assert json.loads(body["body"])["type"] == "urn:ripeness:problem:service_unavailable"


@pytest.mark.parametrize("encoding", ["gzip", "br", "x"])
def test_a_body_declared_as_encoded_is_refused_whatever_it_is(running, encoding):
    answer = running.ask(BARE, **{"content-encoding": encoding})

    assert (answer.status_code, "send the body uncompressed" in answer.json()["detail"]) == (415, True)
    assert running.ask(BARE, **{"content-encoding": "identity"}).status_code == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/v1/model", "/docs", "/openapi.json"])
def test_head_is_get_without_its_body(running, path):
    head, get = running.client.head(path), running.client.get(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("path", ["/v1/predict/", "/docs/", "/health/live/"])
def test_an_address_with_a_slash_too_many_is_not_redirected(running, path):
    answer = running.client.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_the_log_names_a_refused_request_and_nothing_that_it_said(running):
    body = BARE | {LEAD_ID: 1, "events": [{"kind": LEAD_ID}]}
    with capture_logs() as lines:
        answers = [running.ask(body), running.client.put(f"/{LEAD_ID}"), running.ask(BARE, authorization="Bearer x")]

    assert [line["request_id"] for line in lines] == [a.headers["x-request-id"] for a in answers]
    assert LEAD_ID not in str(lines)
    described = [(line["event"], line["path"], line["status"], line["type"], line["pointers"]) for line in lines]
    assert described == [
        ("request_refused", "/v1/predict", 422, "bad_request", ["/events/0/happened_at", "/*"]),
        ("request_refused", "*", 404, "not_found", []),
        ("request_refused", "/v1/predict", 401, "unauthorized", []),
    ]
    assert [len(line["key_id"] or "") for line in lines] == [8, 0, 0]


def test_the_log_of_a_score_names_the_request_and_not_the_lead(running):
    with capture_logs() as lines:
        answers = [running.ask(BARE), running.client.post("/v1/predict/batch", json={"requests": [BARE, {}]})]

    assert LEAD_ID not in str(lines)
    assert [line["request_id"] for line in lines] == [answer.headers["x-request-id"] for answer in answers]
    assert [(line["event"], line.get("leads"), line.get("refused")) for line in lines] == [
        ("lead_scored", None, None),
        ("leads_scored", 2, 1),
    ]


def test_one_nul_in_a_batch_is_a_problem_of_its_row(running):
    rows = [LEAD, {"lead": {"lead_id": "a\0b"}}, LEAD]
    first, second, third = running.client.post("/v1/predict/batch", json={"requests": rows}).json()["answers"]

    assert first == third
    assert (second["status"], second["errors"][0]["pointer"]) == (422, "/requests/1/lead/lead_id")


def test_a_row_of_a_batch_counts_all_its_faults(running):
    rows = [LEAD | {"events": [{}] * 100}]
    (problem,) = running.client.post("/v1/predict/batch", json={"requests": rows}).json()["answers"]

    assert problem["detail"].endswith("and 197 more")
    assert len(problem["errors"]) == 20


def event(kind="demo_request", at="2026-02-20T10:00:00Z", **fields):
    return {"kind": kind, "happened_at": at} | fields


def test_an_event_sent_thrice_counts_once_and_the_first_of_it(running):
    others = [event(at="2026-02-25T10:00:00Z"), event("webinar_attended", event_id="b")]
    first = event(event_id="a", value=1)
    once = running.ask(BARE | {"events": [first, *others]}).json()
    again = running.ask(BARE | {"events": [first, *others, event(event_id="a", value=9), first]}).json()

    warnings = {w["code"]: (w["count"], w["text"]) for w in again.pop("warnings")}
    assert warnings["repeated_events"] == (2, "2 events were ignored because their event_id was there before")
    assert "repeated_events" not in {w["code"] for w in once.pop("warnings")}
    assert again == once


@pytest.mark.parametrize(
    ("seconds", "status", "as_of"), [(2, 200, "12:00:02Z"), (299, 200, "12:04:59Z"), (301, 422, "")]
)
def test_a_caller_whose_clock_is_a_little_ahead_is_believed(running, seconds, status, as_of):
    """The service's own clock says 12:00:00."""
    at = f"2026-03-01T12:0{seconds // 60}:{seconds % 60:02d}Z"
    answer = running.ask({"lead": {"lead_id": "new", "created_at": at}, "events": [event(at=at)]})

    assert answer.status_code == status
    if status == 200:
        assert answer.json()["as_of"] == f"2026-03-01T{as_of}"
        assert answer.json()["stage"]["next_action"]["kind"] == "hand_off"
        assert "after_as_of" not in [w["code"] for w in answer.json()["warnings"]]


def test_an_event_of_tomorrow_moves_no_clock(running):
    answer = running.ask(BARE | {"events": [event(at="2026-03-02T00:00:00Z")]}).json()

    assert answer["as_of"] == "2026-03-01T12:00:00Z"
    assert {w["code"]: w["count"] for w in answer["warnings"]}["after_as_of"] == 1


@pytest.mark.parametrize(
    "text", ["2026-02-20t10:00:00z", "2026-02-20T11:00:00.000+01:00", "2026-02-20T10:00:00.0000000009Z"]
)
def test_times_are_read_as_rfc_3339_writes_them(running, text):
    said, read = (running.ask(BARE | {"events": [event(at=at)]}).json() for at in ("2026-02-20T10:00:00Z", text))

    assert said == read
    assert said["stage"]["next_action"]["kind"] == "hand_off"


def test_a_large_body_is_answered_as_a_small_one(running):
    """It goes to a thread; blanks change nothing else."""
    large = json.dumps(LEAD, indent=2_000)
    assert len(large) > 100_000

    answer = running.client.post("/v1/predict", content=large, headers={"content-type": "application/json"})

    assert answer.json() == running.ask(LEAD).json()
