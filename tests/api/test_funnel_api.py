"""The queue and the funnel over HTTP: who may ask, what a query may hold, and answers of the promised shape."""

from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from features.clock import DAY, from_micros, iso
from serving import funnel_schemas as schemas
from serving import queue_schemas
from support.lively_store import DAYS, enliven
from support.scoring import scored
from support.service import service
from support.stores import DATABASES, at, open_store
from support.telling import NOW_MICROS, assert_problem, post

CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]
BOUNDED = settings(
    max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
ANSWERS = {
    "/v1/queue": queue_schemas.QueueOut,
    "/v1/handoffs": queue_schemas.HandOffsOut,
    "/v1/funnel": schemas.FunnelOut,
    "/v1/funnel/leaks": schemas.LeaksOut,
    "/v1/funnel/sources": schemas.SourcesOut,
    "/v1/funnel/bands": schemas.BandsOut,
}
SPAN = {"since": iso(at(0)), "until": iso(at(DAYS))}


@pytest.fixture(scope="module", params=DATABASES)
def lively(request, tmp_path_factory):
    """A service whose store has a life in it, on the day after."""
    with open_store(request.param, tmp_path_factory.mktemp("home")) as store:
        enliven(store, 1)
        with service(store=store, now=lambda: from_micros(at(DAYS) + 1)) as running:
            yield running


def get(running, path, **query):
    return running.client.get(path, params=query)


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_has_the_promised_shape(lively, path):
    query = {} if path in ("/v1/queue", "/v1/funnel/leaks") else SPAN
    answer = get(lively, path, **query)
    assert answer.status_code == 200, answer.text
    ANSWERS[path].model_validate_json(answer.content)


@pytest.mark.parametrize("path", ANSWERS)
def test_reps_may_ask_and_strangers_may_not(lively, path):
    rep = {"authorization": f"Bearer {lively.rep_token}"}
    assert lively.client.get(path, headers=rep).status_code == 200
    assert_problem(lively.client.get(path, headers={"authorization": "Bearer nobody"}), 401)


def test_the_queue_goes_on_where_it_ended_and_speaks_the_callers_language(lively):
    first = lively.client.get("/v1/queue", params={"limit": 2}, headers={"accept-language": "it"})
    page = first.json()
    rest = get(lively, "/v1/queue", limit=500, cursor=page["next"]).json()
    everything = get(lively, "/v1/queue", limit=500).json()["hand_offs"]

    ids = [one["hand_off_id"] for one in (*page["hand_offs"], *rest["hand_offs"])]
    assert ids == [one["hand_off_id"] for one in everything]
    assert len(ids) == page["waiting"] == sum(band["waiting"] for band in page["bands"]) > 2
    assert first.headers["content-language"] == "it"
    assert {reason["text"] for one in page["hand_offs"] for reason in one["reasons"]} <= {"Visita"}
    assert [one["due_at"] for one in everything] == sorted(one["due_at"] for one in everything)
    assert sum(one["clock"] == "breached" for one in everything) == page["breached"]


def test_the_queue_of_a_person_and_of_nobody(lively):
    for owner in ("giulia", ""):
        rows = get(lively, "/v1/queue", owner=owner).json()["hand_offs"]
        assert {row["owner"] for row in rows} == {owner or None}


def test_what_became_of_hand_offs_comes_in_parts(lively):
    ids, cursor = [], None
    while cursor is not None or not ids:
        query = {"limit": 9, **SPAN} | ({"cursor": cursor} if cursor else {})
        page = get(lively, "/v1/handoffs", **query).json()
        ids, cursor = [*ids, *(one["hand_off_id"] for one in page["hand_offs"])], page["next"]
    assert len(set(ids)) == len(ids) == page["total"]["offered"] == sum(page["became"].values())


@pytest.mark.parametrize(
    ("path", "query", "status", "where"),
    [
        ("/v1/queue", {"limit": 0}, 422, "/limit"),
        ("/v1/queue", {"band": "boiling"}, 422, "/band"),
        ("/v1/queue", {"cursor": "AAAA"}, 400, None),
        ("/v1/queue", {"color": "red"}, 422, "/color"),
        ("/v1/handoffs", {"cursor": "forged"}, 400, None),
        ("/v1/handoffs", {"since": "yesterday"}, 422, "/since"),
        ("/v1/funnel", {"since": iso(at(9)), "until": iso(at(8))}, 422, "/since"),
        ("/v1/funnel", {"step_days": 1}, 422, "/step_days"),
        ("/v1/funnel/leaks", {"idle_days": 0}, 422, "/idle_days"),
        ("/v1/funnel/bands", {"step_days": "many"}, 422, "/step_days"),
    ],
)
def test_a_question_that_makes_no_sense_says_where(lively, path, query, status, where):
    assert_problem(get(lively, path, **query), status, where)


def test_nothing_at_all_is_an_answer_too(told):
    for path, answer in ANSWERS.items():
        found = get(told, path)
        assert found.status_code == 200, found.text
        answer.model_validate_json(found.content)


def test_a_lead_that_never_did_anything_is_idle_since_it_came(told):
    old = {"lead_id": "old", "created_at": "2025-12-01T00:00:00Z", "attributes": {"source": "fair"}, "owner": "giulia"}
    new = {"lead_id": "new", "created_at": "2026-02-20T00:00:00Z", "attributes": {"source": "web"}}
    seen = {"lead_id": "old", "kind": "pricing_page_view", "happened_at": "2026-02-27T00:00:00Z"}
    post(told, "/v1/leads/batch", {"leads": [old, new]})
    before = get(told, "/v1/funnel/leaks").json()
    post(told, "/v1/events", seen)
    after = get(told, "/v1/funnel/leaks").json()

    assert (before["open"], before["idle"], after["idle"]) == (2, 1, 0)
    assert [leak for leak in before["sources"] if leak["idle"]] == [
        {"name": "fair", "open": 1, "idle": 1, "share": 1.0}
    ]


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", ANSWERS)
def test_generated_questions_get_answers_of_the_promised_shape(lively, path, mode):
    operation = schemathesis.openapi.from_dict(lively.app.openapi())[path]["GET"]
    seen = Counter()

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        response = case.call(base_url=lively.url, headers={"authorization": f"Bearer {lively.token}"})
        seen[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    ask()
    assert max(seen) < 500


def test_an_admin_has_a_past_answer_worked_out_again(told):
    store = told.app.state.service.store
    post(told, "/v1/leads", {"lead_id": "a", "attributes": {"industry": "retail"}, "known_at": "2026-02-01T00:00:00Z"})
    number = scored(store, told.predictor, "a", day=(NOW_MICROS - at(0)) / DAY)
    admin = {"authorization": f"Bearer {told.admin_token}"}

    answer = told.client.get("/v1/reproduce", params={"score_id": number}, headers=admin)
    found = schemas.ReproducedOut.model_validate_json(answer.content)
    assert (found.equal, found.lead_id, found.differences, found.why_not) == (True, "a", [], None)
    assert_problem(get(told, "/v1/reproduce", score_id=number), 403)
    assert_problem(told.client.get("/v1/reproduce", params={"score_id": 999}, headers=admin), 404)
    assert_problem(told.client.get("/v1/reproduce", params={}, headers=admin), 422, "/score_id")
