"""POST /v1/predict: the whole answer, in the caller's language, with what it left out."""

import math
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from features.clock import to_micros
from features.request import read_request
from features.settings import Fairness, Kind, Lifecycle, Settings
from serving.examples import LEAD
from serving.language import catalog
from serving.predict import Predictor, case_of
from serving.schemas import Answer
from support.service import NOW, service

EVENT = {"kind": "pricing_page_view", "happened_at": "2026-02-20T10:00:00Z"}


def lead(*, events=(), as_of="2026-03-01T09:00:00Z", facts=None, **fields):
    body = {"lead": {"lead_id": "L-1", "created_at": "2026-01-01T00:00:00Z"} | fields, "events": list(events)}
    return body | ({"as_of": as_of} if as_of else {}) | ({"facts": facts} if facts else {})


def test_the_answer_has_the_promised_shape(running):
    response = running.ask(LEAD)

    assert response.status_code == 200
    answer = Answer.model_validate_json(response.content, strict=True)
    assert (answer.lead_id, answer.as_of) == ("L-17", "2026-03-01T09:00:00Z")
    assert (answer.model.version, answer.model.horizon_days) == ("7", 90)
    assert answer.model.bundle.startswith("sha256:")


def test_the_numbers_belong_together(running):
    answer = running.ask(LEAD).json()
    explained = answer["explanation"]
    total = explained["base_value"] + sum(r["contribution"] for r in explained["reasons"]) + explained["remainder"]

    assert total == pytest.approx(explained["log_odds"], abs=1e-9)
    assert answer["probability"] == pytest.approx(1 / (1 + math.exp(-explained["log_odds"])), abs=1e-12)
    families = answer["fit"]["log_odds"] + answer["engagement"]["log_odds"]
    assert explained["base_value"] + families == pytest.approx(explained["log_odds"], abs=1e-9)
    assert answer["lift"] == pytest.approx(answer["probability"] / running.predictor.bundle.policy.base_rate)


def test_reasons_are_the_strongest_first_with_a_sentence_and_a_direction(running):
    reasons = running.ask(LEAD).json()["explanation"]["reasons"]
    weights = [abs(r["contribution"]) for r in reasons]

    assert weights == sorted(weights, reverse=True)
    assert all(r["text"] for r in reasons)
    assert {(r["contribution"] > 0, r["direction"]) for r in reasons} <= {(True, "raises"), (False, "lowers")}
    texts = {r["field"]: r["text"] for r in reasons}
    assert texts["pricing_page_view"].startswith("Viewed the pricing page")
    assert texts["industry"] == "Industry: “Manufacturing” is not one that the model knows"


def test_the_caller_chooses_the_language_and_numbers_stay_the_same(running):
    english, italian = running.ask(LEAD), running.ask(LEAD, **{"Accept-Language": "it-IT,it;q=0.9"})

    assert (english.headers["content-language"], italian.headers["content-language"]) == ("en", "it")
    assert italian.headers["vary"] == "Accept-Language"
    texts = {r["field"]: r["text"] for r in italian.json()["explanation"]["reasons"]}
    assert texts["pricing_page_view"].startswith("Ha visitato la pagina dei prezzi")
    assert without_words(english.json()) == without_words(italian.json())


def without_words(data):
    if isinstance(data, dict):
        return {k: without_words(v) for k, v in data.items() if k not in ("text", "because")}
    return [without_words(v) for v in data] if isinstance(data, list) else data


def test_without_as_of_the_lead_is_scored_as_of_now(running):
    answer = running.ask(lead(events=[EVENT], as_of=None)).json()

    assert answer["as_of"] == "2026-03-01T12:00:00Z"


def test_events_after_as_of_change_nothing_and_are_counted(running):
    future = {"kind": "demo_request", "happened_at": "2026-03-01T09:00:01Z"}
    known_late = EVENT | {"known_at": "2026-03-02T00:00:00Z"}
    without, with_future = (
        running.ask(lead(events=[EVENT])).json(),
        running.ask(lead(events=[EVENT, future, known_late])).json(),
    )

    assert with_future.pop("warnings") == [
        {
            "code": "after_as_of",
            "count": 2,
            "text": "2 events happened or became known after as_of and do not change the score",
        }
    ]
    assert without.pop("warnings") == []
    assert with_future == without


def test_a_request_to_sales_that_the_model_does_not_know_is_no_surprise():
    settings = Settings(kinds={"anfrage": Kind(maps_to="demo_request")})
    asked = [EVENT | {"kind": "contact_sales"}, EVENT | {"kind": "anfrage"}]
    with service(settings) as running:
        answer = running.ask(lead(events=asked)).json()

    assert answer["stage"]["recommended"] == "sales_qualified"
    assert answer["warnings"] == []


def test_what_was_ignored_or_missing_is_said():
    settings = Settings(kinds={"call_logged": Kind(actor="seller")})
    body = lead(
        events=[EVENT, EVENT | {"kind": "call_logged"}, *[EVENT | {"kind": "tarot"}] * 3],
        attributes={"industry": "alchemy", "shoe_size": 44, "employees": "many"},
        created_at=None,
    )
    with service(settings) as running:
        warnings = {w["code"]: (w["count"], w["text"]) for w in running.ask(body).json()["warnings"]}

    assert {code: count for code, (count, _) in warnings.items()} == {
        "unknown_kinds": 3,
        "unused_attributes": 1,
        "unseen_values": 2,
        "created_at_missing": 1,
    }
    assert warnings["unknown_kinds"][1].endswith("do not change the score: tarot")
    assert warnings["unseen_values"][1].endswith("employees, industry")


def test_completeness_is_the_share_of_what_is_known(running):
    def complete(events=(), **attributes):
        return running.ask(lead(events=events, attributes=attributes)).json()["completeness"]

    assert complete() == 0
    assert complete(industry="retail", employees=" ") == pytest.approx(1 / 4)
    assert complete([EVENT], industry="retail", employees=5, job_title="CEO") == 1


def test_an_alias_of_a_kind_counts_as_the_kind(running):
    by_name, by_alias = (
        running.ask(lead(events=[EVENT | {"kind": kind}])).json() for kind in ("pricing_page_view", "pricing")
    )

    assert by_name == by_alias


def test_a_demo_request_is_handed_over_with_what_is_still_to_ask():
    settings = Settings(lifecycle=Lifecycle(fast_track=("demo_request",)))
    asked = EVENT | {"kind": "demo_request", "happened_at": "2026-02-27T09:00:00Z", "topic": "prices"}
    facts = {"stage": "subscriber", "owner": "Giulia", "bant": {"budget": "10,000", "need": "yes"}}
    with service(settings) as running:
        stage = running.ask(lead(events=[asked], facts=facts)).json()["stage"]

    assert (stage["current"], stage["recommended"], stage["owner"]) == ("subscriber", "sales_qualified", "sales")
    assert stage["because"] == ["Asked for a demo 2 days ago"]
    assert stage["next_action"] == {
        "kind": "hand_off",
        "text": "Hand over to sales for a call. Interested in: prices. Still to ask: who decides and timeline",
        "topic": "prices",
        "person": "Giulia",
    }
    assert stage["bant"] == {"known": {"budget": "10,000", "need": "yes"}, "to_ask": ["authority", "timeline"]}


def test_a_lead_that_objects_to_profiling_gets_no_number(running):
    body = lead(
        events=[EVENT], attributes={"industry": "retail"}, facts={"objects_to_profiling": True, "stage": "lead"}
    )
    response = running.ask(body)
    answer = response.json()

    assert response.status_code == 200
    Answer.model_validate_json(response.content, strict=True)
    unscored = ("probability", "score", "lift", "fit", "engagement", "explanation", "completeness")
    assert [answer[name] for name in unscored] == [None] * len(unscored)
    assert answer["stage"]["next_action"]["kind"] == "suppress"
    assert answer["stage"]["next_action"]["topic"] is None


def test_the_log_names_request_bundle_and_time_and_nothing_personal(running):
    body = lead(attributes={"email": "anna.verdi@example.com", "industry": "retail"}, facts={"owner": "Giulia"})
    with capture_logs() as lines:
        running.ask(body)

    assert [set(line) for line in lines] == [{"event", "request_id", "key_id", "bundle", "took_ms", "log_level"}]
    assert "anna.verdi" not in str(lines)


def test_without_a_model_predict_says_503_and_health_says_why():
    with service(model=False) as running:
        answers = [running.ask(LEAD), running.client.get("/v1/model"), running.client.get("/health/ready")]
        alive = running.client.get("/health/live")

    assert [(a.status_code, a.headers["content-type"]) for a in answers] == [(503, "application/problem+json")] * 3
    assert all("ripeness train" in a.json()["detail"] for a in answers)
    assert (alive.status_code, alive.json()) == (200, {"status": "live"})


def test_the_model_in_service_introduces_itself(running):
    about = running.client.get("/v1/model").json()

    assert about["model"] == running.ask(LEAD).json()["model"]
    assert about["card"]["company"] == "Small"
    assert about["features"] == len(running.predictor.bundle.view.names)
    assert about["fields"] == ["employees", "industry", "job_title"]


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"has_skill": True, "rung": {"name": "few"}}, "few_won_leads"),
        ({"has_skill": False, "rung": {"name": "points"}}, "points_model"),
    ],
)
def test_a_model_of_a_low_rung_says_so_in_every_answer(running, card, code):
    predictor = Predictor(bundle=replace(running.predictor.bundle, card=card), version="1", settings=running.settings)
    case = case_of(read_request(lead()), now=to_micros(NOW))

    assert code in [w["code"] for w in predictor.answer(case, catalog("en"))["warnings"]]
    assert "experimental_model" not in [w["code"] for w in predictor.answer(case, catalog("en"))["warnings"]]


def test_a_sensitive_attribute_is_told_and_never_read(running):
    """Even where the model reads a field of that name, trained when it was allowed."""
    denying = running.settings.model_copy(update={"fairness": Fairness(deny=("industry",))})
    predictor = Predictor(bundle=running.predictor.bundle, version="1", settings=denying)
    asked = [lead(attributes={"employees": 90, "industry": value}) for value in ("software", "retail")]
    first, second = (predictor.answer(case_of(read_request(one), now=to_micros(NOW)), catalog("en")) for one in asked)

    assert first == second
    assert next(w for w in first["warnings"] if w["code"] == "sensitive_attributes")["count"] == 1
    assert "software" not in str(first)


def test_a_model_without_shown_skill_says_so_in_every_answer(running):
    weak = replace(running.predictor.bundle, card={"has_skill": False})
    predictor = Predictor(bundle=weak, version="1", settings=running.settings)
    case = case_of(read_request(lead()), now=to_micros(NOW))

    assert "experimental_model" in [w["code"] for w in predictor.answer(case, catalog("en"))["warnings"]]
