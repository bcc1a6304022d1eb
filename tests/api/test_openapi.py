"""The OpenAPI document: true examples, answers of the promised shape, and a page that needs no internet."""

import re
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serving.docs import page
from serving.examples import BATCH, PREDICT
from serving.schemas import Answer, BatchAnswer


@pytest.fixture(scope="module")
def document(running):
    return running.client.get("/openapi.json").json()


def examples(document):
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            body = route.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in body.get("examples", {}).values():
                yield method, path, body["schema"], example["value"]


def test_every_example_fits_its_schema_and_is_answered(running, document):
    found = list(examples(document))

    assert len(found) == len(PREDICT) + len(BATCH)
    for method, path, schema, value in found:
        validator = Draft202012Validator(schema | {"components": document["components"]})
        if path != "/v1/predict/batch":  # its example shows a row that can't be read
            validator.validate(value)
        assert running.client.request(method, path, json=value).status_code == 200


def shown(document):
    """Every answer that the document shows, with its schema."""
    for methods in document["paths"].values():
        for route in methods.values():
            for status, response in route["responses"].items():
                (content,) = response["content"].values()
                for example in content.get("examples", {}).values():
                    yield status, content["schema"], example["value"]


def test_every_answer_that_is_shown_fits_its_schema(document):
    found = list(shown(document))
    for status, schema, value in found:
        Draft202012Validator(schema | {"components": document["components"]}).validate(value)
        assert str(value.get("status", status)) in (status, "live", "ready")

    assert {status for status, _, _ in found} >= {"200", "400", "401", "403", "413", "415", "422", "503"}


@pytest.mark.parametrize("name", PREDICT)
def test_the_answer_that_is_shown_is_one_to_the_request_that_is_shown(running, document, name):
    route = document["paths"]["/v1/predict"]["post"]
    example = route["responses"]["200"]["content"]["application/json"]["examples"][name]["value"]
    answer = running.ask(PREDICT[name]).json()

    assert example["lead_id"] == answer["lead_id"]
    assert shape(example) == shape(answer)


def shape(answer):
    """What is there, without what the model says of it."""
    parts = {key: set(value) for key, value in answer.items() if isinstance(value, dict)}
    return set(answer), parts, answer["stage"]["bant"], answer["stage"]["current"]


def test_the_document_says_how_many_events_and_leads_one_may_send(running, document):
    schemas, limits = document["components"]["schemas"], running.settings.service

    assert schemas["PredictRequest"]["properties"]["events"]["maxItems"] == limits.max_events_per_lead
    assert schemas["BatchRequest"]["properties"]["requests"]["maxItems"] == limits.max_batch


def test_no_note_for_developers_is_shown(document):
    for methods in document["paths"].values():
        for route in methods.values():
            assert "docs/decisions" not in route["description"]
            assert "event loop" not in route["description"]


def test_the_batch_example_shows_answers_and_a_problem(running):
    (body,) = BATCH.values()
    answers = BatchAnswer.model_validate_json(running.client.post("/v1/predict/batch", json=body).content).answers

    assert [isinstance(answer, Answer) for answer in answers] == [True, True, False]


def test_every_route_says_which_errors_it_gives_and_in_which_shape(document):
    for path, methods in document["paths"].items():
        for route in methods.values():
            for status, response in route["responses"].items():
                (content,) = response["content"]
                assert content == ("application/problem+json" if int(status) >= 400 else "application/json"), path
            assert ("401" in route["responses"]) == ("security" in route)


def test_every_reference_leads_somewhere(document):
    names = set(re.findall(r"#/components/schemas/(\w+)", str(document)))

    assert names <= set(document["components"]["schemas"])


def test_the_page_shows_every_address_and_loads_nothing_from_elsewhere(running, document):
    page = running.client.get("/docs").text

    for path, methods in document["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page
    assert not re.findall(r"(?:src|href)=\"(?!/|#)", page)
    assert "<script" not in page
    for target in re.findall(r"href=\"#(\w+)\"", page):
        assert f'id="{target}"' in page


def test_the_page_shows_values_as_text(running):
    hostile = running.client.get("/openapi.json").json()
    hostile["info"]["title"] = "<script>alert(1)</script>"
    assert "<script" not in page(hostile)


CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]
BOUNDED = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("method, path", [("POST", "/v1/predict"), ("POST", "/v1/predict/batch"), ("GET", "/v1/model")])
def test_generated_requests_get_answers_of_the_promised_shape(running, method, path, mode):
    """Positive data fits the schema, negative data breaks it; both get what the document says."""
    operation = schemathesis.openapi.from_dict(running.app.openapi())[path][method]
    seen = Counter()

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        response = case.call(base_url=running.url, headers={"authorization": f"Bearer {running.token}"})
        seen[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    ask()
    if mode is GenerationMode.POSITIVE:
        assert seen[200] > 0
        assert set(seen) <= {200, 422}, "422 for what a schema can't say, such as a year that is out of range"
    else:
        assert seen.total() > seen[200]
