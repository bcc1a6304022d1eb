"""What Prometheus gets: what docs/metrics.md lists, no more and no less, right numbers, nothing about a lead."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from features.settings import Settings
from serving.examples import LEAD
from serving.keys import KeyRing
from support.service import service
from support.stores import DATABASES, open_store
from support.telling import assert_problem, post

LISTED = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"


@pytest.fixture(params=DATABASES)
def told(request, tmp_path):
    with open_store(request.param, tmp_path) as store, service(store=store) as running:
        yield running


def scrape(running):
    response = running.client.get("/metrics", headers={"authorization": f"Bearer {running.admin_token}"})
    assert response.status_code == 200, response.text
    return list(text_string_to_metric_families(response.text))


def samples(families):
    return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}


def test_the_list_in_the_docs_is_what_there_is(told):
    told.ask(LEAD)
    rows = re.findall(r"^\| `(ripeness_\w+)` \| (\w+) \|([^|]*)\|", LISTED.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {(name, kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    families = scrape(told)
    found = set()
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found.add((name, family.type, frozenset(family.samples[0].labels) - {"le"}))

    assert found == listed


def test_the_numbers_are_right(told):
    event = {"lead_id": "secret@example.com", "kind": "moon_landing", "happened_at": "2026-02-01T00:00:00Z"}
    told.ask(LEAD)
    told.ask({})
    told.client.post("/v1/predict/batch", json={"requests": [LEAD, LEAD, {}]})
    told.client.get("/v1/no/such/secret@example.com")
    assert post(told, "/v1/events", event).status_code == 200
    found = samples(scrape(told))

    def requests(route, method, status):
        return found["ripeness_requests_total", ("method", method), ("route", route), ("status", status)]

    assert requests("/v1/predict", "POST", "200") == 1
    assert requests("/v1/predict", "POST", "422") == 1
    assert requests("*", "GET", "404") == 1
    assert found["ripeness_scores_total",] == 3
    assert found["ripeness_events_total", ("mapped", "false")] == 1
    assert found["ripeness_unmapped_kinds",] == 1
    assert found["ripeness_store_healthy",] == 1
    bundle = told.predictor.bundle.digest
    assert found["ripeness_model_info", ("bundle", bundle), ("version", "7")] == 1
    timed = ("ripeness_request_seconds_bucket", ("le", "+Inf"), ("method", "POST"), ("route", "/v1/predict"))
    assert found[timed] == 2
    assert found["ripeness_requests_under_way",] == 1
    assert "secret" not in str(found)
    assert "moon" not in str(found)


def test_it_takes_a_key_of_its_own_scope(told):
    assert_problem(told.client.get("/metrics"), 403)
    assert_problem(told.client.get("/metrics", headers={"authorization": ""}), 401)
    ring, token = KeyRing(keys=()).issue(["metrics"])
    told.app.state.service.keys.__dict__["keys"] += ring.keys
    headers = {"authorization": f"Bearer {token}"}

    assert told.client.get("/metrics", headers=headers).status_code == 200
    assert_problem(told.client.post("/v1/predict", json=LEAD, headers=headers), 403)


def test_without_a_store_the_rest_is_told():
    with service(Settings()) as running:
        names = {family.name for family in scrape(running)}

    assert "ripeness_model_info" in names
    assert "ripeness_store_healthy" not in names
