"""POST /v1/predict/batch: the same order, the same numbers, and one bad row alone."""

import pytest

from features.settings import Service as ServiceSettings
from features.settings import Settings
from serving.schemas import BatchAnswer
from support.service import service


def lead(i, *, kinds=("pricing_page_view",), **attributes):
    events = [
        {"kind": kind, "happened_at": f"2026-02-{1 + (i + n) % 27:02d}T10:00:00Z"}
        for n, kind in enumerate(kinds * (i % 5))
    ]
    fields = {"lead_id": f"L-{i}", "created_at": "2026-01-01T00:00:00Z", "attributes": attributes}
    return {"lead": fields, "events": events, "as_of": "2026-03-01T00:00:00Z"}


LEADS = [
    lead(i, kinds=("pricing_page_view", "webinar_attended", "demo_request"), industry=industry, employees=7 * i)
    for i, industry in enumerate(["retail", "finance", "software", None, "alchemy"] * 20)
]


def ask(running, requests):
    return running.client.post("/v1/predict/batch", json={"requests": requests})


def test_a_batch_answers_in_order_what_single_requests_answer(running):
    answers = ask(running, LEADS).json()["answers"]

    assert answers == [running.ask(body).json() for body in LEADS]
    assert len({a["probability"] for a in answers}) > 20, "these leads differ"


def test_a_bad_row_is_a_problem_in_its_place_and_the_rest_is_answered(running):
    bad = lead(1) | {"as_of": "soon"}
    response = ask(running, [LEADS[1], bad, "nonsense", LEADS[2], {"lead": {"lead_id": "x", "age": 5}}])

    assert response.status_code == 200
    BatchAnswer.model_validate_json(response.content, strict=True)
    first, second, third, fourth, fifth = response.json()["answers"]
    assert [first["lead_id"], fourth["lead_id"]] == ["L-1", "L-2"]
    assert [(p["status"], [e["pointer"] for e in p["errors"]]) for p in (second, third, fifth)] == [
        (422, ["/requests/1/as_of"]),
        (422, ["/requests/2"]),
        (422, ["/requests/4/lead/age"]),
    ]


def test_an_objection_among_others_shifts_nobody(running):
    objecting = LEADS[1] | {"facts": {"objects_to_profiling": True}}
    answers = ask(running, [LEADS[6], objecting, LEADS[7]]).json()["answers"]

    alone = [running.ask(LEADS[i]).json()["probability"] for i in (6, 7)]
    assert [a["probability"] for a in answers] == [alone[0], None, alone[1]]


@pytest.mark.parametrize("rows", [[], ["nonsense"]])
def test_a_batch_may_hold_nothing_to_score(running, rows):
    assert len(ask(running, rows).json()["answers"]) == len(rows)


@pytest.mark.parametrize("body", [[], {}, {"requests": {}}, {"requests": [], "more": 1}, {"request": []}, "requests"])
def test_a_body_that_is_no_batch_is_refused(running, body):
    response = running.client.post("/v1/predict/batch", json=body)

    assert response.status_code == 422
    assert "'requests'" in response.json()["detail"]


def test_too_many_rows_are_refused_and_the_most_allowed_are_not():
    with service(Settings(service=ServiceSettings(max_batch=3))) as running:
        allowed, refused = ask(running, LEADS[:3]), ask(running, LEADS[:4])

    assert allowed.status_code == 200
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/requests")
