"""Whatever is sent, the answer is one clear problem: a 4xx of one shape, never a 5xx, never a hang."""

import http.client
import json
import time
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from features.request import PredictRequest
from features.settings import Service as ServiceSettings
from features.settings import Settings
from serving.body import BadJson, read_json
from serving.problem import Problem
from support.nasty import GOOD, NASTY, with_lead
from support.service import service


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_body_gets_a_problem_that_says_what_and_where(running, name):
    body, status, where, word = NASTY[name]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    response = running.client.post("/v1/predict", content=content, headers={"content-type": "application/json"})

    problem = assert_problem(response, status)
    assert word in problem.detail
    if where is not None:
        assert where in [fault.pointer for fault in problem.errors]


def assert_problem(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate_json(response.content, strict=True)
    assert (problem.status, problem.type.rpartition(":")[0]) == (status, "urn:ripeness:problem")
    return problem


def test_the_same_text_with_a_backslash_before_u0000_is_no_nul(running):
    body = json.dumps(with_lead(attributes={"path": "C:\\u0000"}))

    assert "\\\\u0000" in body
    assert running.client.post("/v1/predict", content=body, headers={"content-type": "application/json"}).is_success


def test_everything_wrong_is_said_at_once(running):
    body = {"lead": {"lead_id": 5, "x": 1}, "events": [{"kind": "visit"}], "as_of": "soon"}

    problem = assert_problem(running.ask(body), 422)

    assert problem.detail.endswith("and 1 more")
    pointers = {fault.pointer for fault in problem.errors}
    assert pointers == {"/lead/lead_id", "/lead/x", "/events/0/happened_at", "/as_of"}


@pytest.mark.parametrize(
    "content_type",
    [
        *(None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"),
        *("application/json; charset=latin-1", "application/json; x=y; charset=utf-16"),
    ],
)
def test_a_body_that_is_not_declared_as_json_is_refused(running, content_type):
    headers = {} if content_type is None else {"content-type": content_type}
    response = running.client.post("/v1/predict", content=json.dumps(GOOD).encode(), headers=headers)

    assert "application/json" in assert_problem(response, 415).detail


@pytest.mark.parametrize(
    "content_type",
    [
        *("application/json;charset=UTF-8", "Application/JSON", 'application/json; charset="utf-8"'),
        *("application/json; charset=utf-8; x=y", "application/json; v=2"),
    ],
)
def test_json_may_be_declared_in_other_letters(running, content_type):
    response = running.client.post(
        "/v1/predict", content=json.dumps(GOOD).encode(), headers={"content-type": content_type}
    )

    assert response.status_code == 200


def chunks(count):
    yield b'{"lead": {"lead_id": "'
    for _ in range(count):
        yield b"x" * 100_000


def test_fifty_megabytes_are_refused_however_they_come(running):
    headers = {"content-type": "application/json"}
    declared = running.client.post("/v1/predict", content=b"x" * 50_000_000, headers=headers)
    chunked = running.client.post("/v1/predict", content=chunks(500), headers=headers)

    for response in (declared, chunked):
        assert "8000000 bytes" in assert_problem(response, 413).detail
    assert running.ask(GOOD).status_code == 200


def test_a_body_is_not_awaited_when_its_declared_length_is_too_much(running):
    connection = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=10)
    connection.putrequest("POST", "/v1/predict")
    for name, value in {"Content-Length": "999999999999", "Expect": "100-continue"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    connection.close()

    assert response.status == 413


def test_the_longest_body_allowed_is_read():
    body = json.dumps(GOOD).encode()
    body += b" " * (5_000 - len(body))
    headers = {"content-type": "application/json"}
    with service(Settings(service=ServiceSettings(max_body_bytes=5_000))) as running:
        fits, too_long = (running.client.post("/v1/predict", content=b, headers=headers) for b in (body, body + b" "))

    assert (fits.status_code, too_long.status_code) == (200, 413)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("POST", "/v1/nothing", 404), ("GET", "/v1/predict", 405), ("DELETE", "/health/live", 405)],
)
def test_unknown_addresses_and_methods_are_problems_too(running, method, path, status):
    response = running.client.request(method, path)

    assert assert_problem(response, status).instance == path
    assert (status == 405) == ("allow" in response.headers)


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/predict/batch", "/v1/model"])
def test_without_a_known_key_nothing_is_told(running, path):
    method = "GET" if path == "/v1/model" else "POST"
    for header in (
        {"authorization": ""},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {running.token}"},
    ):
        response = running.client.request(method, path, headers=header)

        assert_problem(response, 401)
        assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_key_without_the_scope_is_told_so(running):
    headers = {"authorization": f"Bearer {running.rep_token}"}

    assert "'crm'" in assert_problem(running.client.post("/v1/predict", json=GOOD, headers=headers), 403).detail
    assert running.client.get("/v1/model", headers=headers).status_code == 200


def test_health_and_documentation_need_no_key(running):
    for path in ("/health/live", "/health/ready", "/openapi.json", "/docs", "/docs/style.css"):
        assert running.client.get(path, headers={"authorization": ""}).status_code == 200


class Broken:
    """A predictor with a fault of its own, whose message holds what nobody may see."""

    def answer(self, case, language):
        raise RuntimeError(f"can't score {case.lead.lead_id}, anna.verdi@example.com")


def test_a_fault_of_ours_is_a_500_that_gives_nothing_away():
    with service() as running, capture_logs() as lines:
        running.app.state.service = replace_models(running.app.state.service, Broken())
        response = running.ask(GOOD)
        still_there = running.client.get("/health/live")

    assert_problem(response, 500)
    assert "anna" not in response.text + str(lines)
    (line,) = lines
    assert (line["event"], line["error"]) == ("request_failed", "RuntimeError")
    assert any("test_bad_requests.py" in where for where in line["where"])
    assert still_there.status_code == 200


def replace_models(service, predictor):
    class Source:
        def current(self):
            return predictor

    return replace(service, models=Source())


def test_every_answer_forbids_caching_sniffing_and_scripts(running):
    for response in (running.ask(GOOD), running.client.get("/nowhere"), running.client.get("/docs")):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_schema_itself_is_frozen():
    request = PredictRequest.model_validate(GOOD)

    with pytest.raises(ValueError, match="frozen"):
        request.lead.lead_id = "b"


def test_many_keys_of_which_the_last_is_there_twice_hold_nobody_up(running):
    """Two megabytes; comparing each key with each would take minutes."""
    keys = [f'"{i:07d}":0' for i in range(170_000)]
    body = b'{"lead": {' + ",".join([*keys, '"0169999":1']).encode() + b"}}"
    started = time.process_time()

    with pytest.raises(BadJson, match="'0169999' is there twice"):
        read_json(body)

    assert len(body) > 1_800_000
    assert time.process_time() - started < 3
