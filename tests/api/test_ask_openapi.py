"""The addresses that tell as the OpenAPI document has them: promised shapes, never a 5xx, true examples."""

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

from support.service import service
from support.stores import open_store

PATHS = ["/v1/leads", "/v1/scores", "/v1/changes", "/v1/outlook", "/v1/timeline", "/v1/ranked"]
CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]
BOUNDED = settings(
    max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """On PostgreSQL alone, which refuses more."""
    with open_store("postgresql", tmp_path_factory.mktemp("home")) as store, service(store=store) as running:
        yield running


@pytest.fixture(scope="module")
def operations(strict):
    """What may be asked, without the rest of the document."""
    document = strict.app.openapi()
    asked = {path: document["paths"][path] for path in PATHS}
    return schemathesis.openapi.from_dict(document | {"paths": {p: {"get": one["get"]} for p, one in asked.items()}})


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", PATHS)
def test_generated_questions_get_answers_of_the_promised_shape(strict, operations, path, mode):
    operation = operations[path]["GET"]
    seen = Counter()

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        response = case.call(base_url=strict.url, headers={"authorization": f"Bearer {strict.token}"})
        seen[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    ask()
    assert max(seen) < 500


def test_every_answer_that_is_shown_fits_the_schema_that_is_promised(strict):
    document = strict.client.get("/openapi.json").json()
    for path in PATHS:
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        (example,) = content["examples"].values()
        Draft202012Validator(content["schema"] | {"components": document["components"]}).validate(example["value"])


def test_the_change_that_is_shown_adds_up(strict):
    document = strict.client.get("/openapi.json").json()
    (shown,) = document["paths"]["/v1/changes"]["get"]["responses"]["200"]["content"]["application/json"][
        "examples"
    ].values()
    found = shown["value"]

    assert sum(part["log_odds"] for part in found["parts"]) == pytest.approx(found["difference"], abs=1e-9)
    assert {part["code"] for part in found["parts"] if part["log_odds"]} >= {"ageing", "new_behaviour"}
