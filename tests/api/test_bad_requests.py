"""Whatever is sent, the answer is one clear problem: a 4xx of one shape, never a 5xx, never a hang."""

import gzip
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
from support.service import service

GOOD = {"lead": {"lead_id": "a", "created_at": "2026-01-01T00:00:00Z"}, "as_of": "2026-02-01T00:00:00Z"}
EVENT = {"kind": "visit", "happened_at": "2026-01-05T00:00:00Z"}


def with_lead(**fields):
    return GOOD | {"lead": GOOD["lead"] | fields}


def with_event(**fields):
    return GOOD | {"events": [EVENT, EVENT | fields]}


#: name -> (body as bytes or data, status, where, a word of what is said)
NASTY = {
    "empty body": (b"", 400, None, "not JSON"),
    "half a body": (b'{"lead": {"lead_id"', 400, None, "not JSON"),
    "a list": ([], 422, "", "object"),
    "a text": ("lead", 422, "", "object"),
    "null": (None, 422, "", "object"),
    "an empty object": ({}, 422, "/lead", "missing"),
    "unknown field": (GOOD | {"leed": 1}, 422, "/leed", "not a known field"),
    "unknown field of an event": (with_event(colour="red"), 422, "/events/1/colour", "not a known field"),
    "lead_id is a number": (with_lead(lead_id=17), 422, "/lead/lead_id", "string"),
    "lead_id is empty": (with_lead(lead_id=""), 422, "/lead/lead_id", "at least 1"),
    "lead_id is endless": (with_lead(lead_id="x" * 201), 422, "/lead/lead_id", "at most 200"),
    "a list as attribute": (with_lead(attributes={"a/b": [1]}), 422, "/lead/attributes/a~1b", "join a list"),
    "an object as attribute": (with_lead(attributes={"a": {"b": 1}}), 422, "/lead/attributes/a", "should be a text"),
    "a number over 64 bits": (
        b'{"lead": {"lead_id": "a", "attributes": {"n": 18446744073709551615}}}',
        422,
        None,
        "64",
    ),
    "a thousand and one attributes": (
        with_lead(attributes={f"f{i}": 1 for i in range(1001)}),
        422,
        "/lead/attributes",
        "holds 1,001 attributes, over the 1,000",
    ),
    "an attribute without a name": (with_lead(attributes={"": 1}), 422, "/lead/attributes/", "has a bad name"),
    "an attribute named [key]": (with_lead(attributes={"[key]": [1]}), 422, "/lead/attributes/[key]", "join a list"),
    "half a million events": (GOOD | {"events": [{}] * 500_000}, 422, "/events", "500,000 events, over the 5,000"),
    "too much to name": ({f"field {i}": 1 for i in range(50_000)}, 422, "", "50,001 faults, too many"),
    "events as an object": (GOOD | {"events": {"0": EVENT}}, 422, "/events", "list"),
    "value as text": (with_event(value="5"), 422, "/events/1/value", "number"),
    "value as true": (with_event(value=True), 422, "/events/1/value", "number"),
    "time as a number": (with_event(happened_at=1740000000), 422, "/events/1/happened_at", "text"),
    "time as digits": (with_event(happened_at="1740000000"), 422, "/events/1/happened_at", "is no time"),
    "time without a zone": (
        with_event(happened_at="2026-01-05T00:00:00"),
        422,
        "/events/1/happened_at",
        "no time zone",
    ),
    "a date": (with_event(happened_at="2026-01-05"), 422, "/events/1/happened_at", "no time zone"),
    "the 30th of February": (
        with_event(happened_at="2026-02-30T00:00:00Z"),
        422,
        "/events/1/happened_at",
        "is no time",
    ),
    "a week and its day": (with_event(happened_at="2026-W44-7T00:00:00Z"), 422, "/events/1/happened_at", "RFC 3339"),
    "a time without hyphens": (with_event(happened_at="20261101T000000Z"), 422, "/events/1/happened_at", "RFC 3339"),
    "a comma in a time": (with_event(happened_at="2026-01-05T00:00:00,5Z"), 422, "/events/1/happened_at", "RFC 3339"),
    "a time without seconds": (with_event(happened_at="2026-01-05T00:00Z"), 422, "/events/1/happened_at", "RFC 3339"),
    "an offset without minutes": (with_event(happened_at="2026-01-05T00:00:00+01"), 422, None, "RFC 3339"),
    "Arabic digits": (
        with_event(happened_at="\u0662\u066026-01-05T00:00:00Z"),
        422,
        "/events/1/happened_at",
        "RFC 3339",
    ),
    "1970": (with_event(happened_at="1970-01-01T00:00:00Z"), 422, "/events/1/happened_at", "1990"),
    "the year 9999": (with_event(happened_at="9999-12-31T23:59:59-23:59"), 422, "/events/1/happened_at", "2200"),
    "the year 1": (with_event(happened_at="0001-01-01T00:00:00+23:59"), 422, "/events/1/happened_at", "1990"),
    "as_of after tomorrow": (GOOD | {"as_of": "2026-03-03T00:00:00Z"}, 422, "/as_of", "after now"),
    "as_of before creation": (GOOD | {"as_of": "2025-12-31T00:00:00Z"}, 422, "/lead/created_at", "after as_of"),
    "a stage of one's own": (GOOD | {"facts": {"stage": "hot"}}, 422, "/facts/stage", "subscriber"),
    "consent as text": (GOOD | {"facts": {"consent": "yes"}}, 422, "/facts/consent", "boolean"),
    "ten thousand events": (GOOD | {"events": [EVENT] * 10_000}, 422, "/events", "10,000 events, over the 5,000"),
    "NaN": (b'{"lead": {"lead_id": "a", "attributes": {"n": NaN}}}', 400, None, "not JSON"),
    "Infinity": (b'{"lead": {"lead_id": "a", "attributes": {"n": -Infinity}}}', 400, None, "not JSON"),
    "1e999": (b'{"lead": {"lead_id": "a", "attributes": {"n": 1e999}}}', 400, None, "infinity"),
    "digits without end": (
        b'{"lead": {"lead_id": "a", "attributes": {"n": ' + b"9" * 5000 + b"}}}",
        400,
        None,
        "infinity",
    ),
    "a lone surrogate": (b'{"lead": {"lead_id": "\\ud800"}}', 400, None, "surrogate"),
    "a surrogate in bytes": (b'{"lead": {"lead_id": "\xed\xa0\x80"}}', 400, None, "UTF-8"),
    "Latin-1": ('{"lead": {"lead_id": "Citt\xe0"}}'.encode("latin-1"), 400, None, "UTF-8"),
    "UTF-16": ('{"lead": {"lead_id": "a"}}'.encode("utf-16"), 415, None, "send it in UTF-8"),
    "UTF-32": ('{"lead": {"lead_id": "a"}}'.encode("utf-32-be"), 415, None, "send it in UTF-8"),
    "compressed, and not said so": (gzip.compress(json.dumps(GOOD).encode()), 415, None, "uncompressed"),
    "a byte order mark": (b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), 400, None, "not JSON"),
    "NUL in a value": (b'{"lead": {"lead_id": "a\\u0000b"}}', 422, "/lead/lead_id", "NUL"),
    "NUL in a key": (b'{"lead": {"lead_id": "a", "attributes": {"\\u0000": 1}}}', 422, "/lead/attributes", "NUL"),
    "a raw NUL": (b'{"lead": {"lead_id": "a\x00b"}}', 400, None, "not JSON"),
    "a key twice": (b'{"lead": {"lead_id": "a", "lead_id": "b"}}', 400, None, "'lead_id' is there twice"),
    "a key twice, once escaped": (b'{"lead": {"lead_id": "a", "l\\u0065ad_id": "b"}}', 400, None, "twice"),
    "the lead twice": (b'{"lead": {"lead_id": "a"}, "lead" : {"lead_id": "b"}}', 400, None, "'lead' is there twice"),
    "nested 200 deep": (b'{"lead": ' + b"[" * 200 + b"]" * 200 + b"}", 422, "/lead", "object"),
    "nested 500 deep": (b'{"lead": ' + b"[" * 500 + b"]" * 500 + b"}", 400, None, "deep"),
    "nested 1000 deep": (b'{"lead": ' + b"[" * 1000 + b"]" * 1000 + b"}", 400, None, "deep"),
    "nested without end": (b"[" * 500_000, 400, None, "depth"),
}


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
