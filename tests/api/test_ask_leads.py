"""The addresses that tell: one lead from all sides, the ranked list, pages, languages, and bad questions."""

from itertools import pairwise

import pytest
from jsonschema import Draft202012Validator

from features.clock import DAY, to_micros
from features.stages import Stage
from serving import ask_schemas as schemas
from serving.lifecycle.handoff import Band
from serving.live.case import living_at
from serving.live.hand_offs import end, offer
from serving.store.ledger import record_scores
from serving.store.moves import Move, record_move
from serving.store.writer import Act, last_seq
from support.outage import gone, wait_until
from support.scoring import entry_of
from support.service import NOW, service
from support.stores import Limits, open_store
from support.telling import assert_problem, post

MOMENT = to_micros(NOW)
OF_ONE = ["/v1/leads", "/v1/scores", "/v1/changes", "/v1/outlook", "/v1/timeline"]
TOLD = {
    "lead_id": "L/17",
    "created_at": "2026-01-12T08:30:00Z",
    "known_at": "2026-01-12T08:30:00Z",
    "owner": "giulia",
    "attributes": {"industry": "retail", "employees": 240, "name": "Anna Verdi"},
}


def write(running, job):
    act = Act(now=MOMENT, key_id="k1", action="test")
    return running.app.state.service.store.write(job, act)


def score(running, lead_id="L/17", *, at=MOMENT):
    def job(into):
        case = living_at(into.connection, lead_id, at).case
        return record_scores(into, [entry_of(running.predictor, case, at, last_seq(into.connection) - 1)])[0]

    return write(running, job)


def visit(running, kind, day, lead_id="L/17", **more):
    at = f"2026-02-{day:02d}T10:00:00Z"
    event = {"lead_id": lead_id, "kind": kind, "happened_at": at, "known_at": at} | more
    assert post(running, "/v1/events", event).status_code == 200


def get(running, path, **query):
    return running.client.get(path, params={k.rstrip("_"): v for k, v in query.items()})


def answer(running, path, schema, **query):
    found = get(running, path, **query)
    assert found.status_code == 200, found.text
    schema.model_validate_json(found.content)
    return found.json()


@pytest.fixture
def story(told):
    """A lead with a past: two scores, an edit, activities, a move, a hand-off that sales turned down."""
    assert post(told, "/v1/leads", TOLD).status_code == 200
    visit(told, "pricing_page_view", 3, topic="prices")
    score(told, at=to_micros(NOW.replace(month=2, day=4)))
    visit(told, "demo_request", 10)
    known = {
        "lead_id": "L/17",
        "known_at": "2026-02-11T00:00:00Z",
        "attributes": {"industry": "software", "name": None},
    }
    assert post(told, "/v1/leads", known).status_code == 200
    moved_at = to_micros(NOW.replace(month=2, day=12))
    because = {"grounds": [{"code": "score_reached", "score": 81, "needed": 80, "stage": "marketing_qualified"}]}
    move = Move(
        lead_id="L/17",
        stage=Stage.MARKETING_QUALIFIED,
        previous=Stage.LEAD,
        happened_at=moved_at,
        by="policy",
        because=because,
        known_at=moved_at,
    )
    policy = told.settings.lifecycle
    write(told, lambda w: record_move(w, move))
    write(told, lambda w: offer(w, "L/17", at=moved_at + DAY, band=Band.HOT, policy=policy, by="policy"))
    write(told, lambda w: end(w, "L/17", at=moved_at + 2 * DAY, ending="rejected", by="k1", reason="bad_timing"))
    score(told, at=to_micros(NOW.replace(month=2, day=20)))
    return told


def test_all_that_is_known_of_a_lead(story):
    post(story, "/v1/consent", {"lead_id": "L/17", "given": True})
    found = answer(story, "/v1/leads", schemas.KnownOut, lead_id="L/17")

    assert found["attributes"] == {"industry": "software", "employees": 240}
    assert (found["owner"], found["stage"], found["consent"]) == ("giulia", "marketing_qualified", True)
    assert (found["events"], found["hand_off"], found["closed"]) == (2, None, None)
    assert found["bant"]["to_ask"] == ["budget", "authority", "need", "timeline"]
    assert (
        found["standing"]["score"]
        == answer(story, "/v1/scores", schemas.ScoresOut, lead_id="L/17")["scores"][0]["score"]
    )


def test_what_changed_adds_up_and_speaks_the_callers_language(story):
    found = answer(story, "/v1/changes", schemas.ChangesOut, lead_id="L/17")
    italian = story.client.get("/v1/changes", params={"lead_id": "L/17"}, headers={"Accept-Language": "it"})
    first, last = (found[name]["score_id"] for name in ("earlier", "later"))

    assert sum(part["log_odds"] for part in found["parts"]) == pytest.approx(found["difference"], abs=1e-9)
    assert [part["log_odds"] != 0 for part in found["parts"]] == [True, True, True, False]
    assert italian.json()["parts"][1]["text"].startswith("Il nuovo comportamento ha alzato il punteggio: ")
    assert italian.headers["content-language"] == "it"
    assert answer(story, "/v1/changes", schemas.ChangesOut, lead_id="L/17", from_=first, to=last) == found
    assert_problem(get(story, "/v1/changes", lead_id="L/17", from_=last, to=first), 422, "/from")
    assert_problem(get(story, "/v1/changes", lead_id="L/17", from_=last + 100), 404)
    assert_problem(get(story, "/v1/changes", lead_id="L/17", to=first), 404)


def test_the_scores_that_the_engine_gave_are_split_as_exactly(told):
    engine = told.app.state.service.engine
    assert post(told, "/v1/leads", TOLD).status_code == 200
    visit(told, "pricing_page_view", 3)
    engine.drain(to_micros(NOW.replace(month=2, day=4)))
    visit(told, "demo_request", 10)
    assert post(told, "/v1/leads", {"lead_id": "L/17", "attributes": {"industry": "software"}}).status_code == 200
    engine.drain(MOMENT)
    found = answer(told, "/v1/changes", schemas.ChangesOut, lead_id="L/17")
    scores = answer(told, "/v1/scores", schemas.ScoresOut, lead_id="L/17")["scores"]
    first = answer(told, "/v1/changes", schemas.ChangesOut, lead_id="L/17", from_=scores[-1]["score_id"])

    for one in (found, first):
        assert one["why_not"] is None
        assert sum(part["log_odds"] for part in one["parts"]) == pytest.approx(one["difference"], abs=1e-9)
        for part in one["parts"]:
            assert sum(group["change"] for group in part["groups"]) == pytest.approx(part["log_odds"], abs=1e-9)
    listed = answer(told, "/v1/ranked", schemas.RankedListOut, q="verdi")["leads"]
    assert [(one["lead_id"], one["score"], one["name"]) for one in listed] == [
        ("L/17", scores[0]["score"], "Anna Verdi")
    ]
    assert listed[0]["reasons"][0]["text"]
    assert listed[0]["next_action"]["text"]


def test_the_scores_of_a_lead_come_in_pages(story):
    whole = answer(story, "/v1/scores", schemas.ScoresOut, lead_id="L/17")
    first = answer(story, "/v1/scores", schemas.ScoresOut, lead_id="L/17", limit=1)
    second = answer(story, "/v1/scores", schemas.ScoresOut, lead_id="L/17", limit=1, cursor=first["next"])

    assert first["scores"] + second["scores"] == whole["scores"]
    assert [page["next"] is None for page in (whole, first, second)] == [True, False, True]
    for entry in whole["scores"]:
        total = entry["base_value"] + sum(entry["contributions"].values())
        assert total == pytest.approx(entry["log_odds"], abs=1e-9)


def test_the_outlook_is_what_the_model_says_of_the_same_facts_later(story):
    found = answer(story, "/v1/outlook", schemas.OutlookOut, lead_id="L/17")
    later = [story.ask({"lead_id": "L/17", "as_of": f"2026-03-{1 + days:02d}T12:00:00Z"}) for days in (0, 1)]

    assert found["now"]["probability"] == later[0].json()["probability"]
    assert later[1].json()["probability"] < found["now"]["probability"]
    assert [one["days"] for one in found["ahead"]] == [7, 30, 90]
    for one in found["ahead"]:
        assert found["now"]["log_odds"] + one["change"] == pytest.approx(one["log_odds"], abs=1e-9)
        assert sum(group["change"] for group in one["groups"]) == pytest.approx(one["change"], abs=1e-9)
    assert found["ahead"][0]["text"].startswith("Without news the score falls: ")
    post(story, "/v1/objection", {"lead_id": "L/17", "objects": True})
    assert_problem(get(story, "/v1/outlook", lead_id="L/17"), 409)


def test_the_timeline_has_everything_in_one_order_with_its_effect(story):
    found = answer(story, "/v1/timeline", schemas.TimelineOut, lead_id="L/17")["entries"]
    told = [(entry["what"], entry["text"]) for entry in reversed(found)]

    fields = {("field", "Owner: giulia"), ("field", "Industry: retail"), ("field", "Employees: 240")}
    assert set(told[:4]) == fields | {("field", "Name: Anna Verdi")}
    scored = [text for what, text in told if what == "score"]
    assert [one for one in told[4:] if one[0] != "field"] == [
        ("activity", "Viewed the pricing page (about: prices)"),
        ("score", scored[0]),
        ("activity", "Asked for a demo"),
        ("move", "Moved to “marketing qualified”"),
        ("hand_off_offered", "Offered to sales"),
        ("hand_off_ended", "Sales turned it down: bad timing"),
        ("score", scored[1]),
    ]
    assert {text for what, text in told[7:9] if what == "field"} == {"Industry: software", "Name taken away"}
    moved = next(entry for entry in found if entry["what"] == "move")
    assert moved["because"] == ["Score 81 reaches the 80 that “marketing qualified” needs"]
    demo = next(entry for entry in found if entry["text"] == "Asked for a demo")
    first, last = sorted(entry["data"]["score_id"] for entry in found if entry["what"] == "score")
    assert (demo["effect"]["score_id"], demo["effect"]["previous"]) == (last, int(scored[0].split()[-1]))
    page = next(entry for entry in found if entry["text"].startswith("Viewed"))
    assert (page["effect"]["score_id"], page["effect"]["previous"]) == (first, None)


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_timeline_comes_in_pages_that_miss_and_repeat_nothing(story, limit):
    for n in range(3):  # of one moment
        visit(story, "tarot", 20, event_id=f"t-{n}", topic=f"{n}")
    whole = answer(story, "/v1/timeline", schemas.TimelineOut, lead_id="L/17")["entries"]
    pages, cursor = [], None
    while cursor is not None or not pages:
        query = {"lead_id": "L/17", "limit": limit} | ({"cursor": cursor} if cursor else {})
        found = answer(story, "/v1/timeline", schemas.TimelineOut, **query)
        pages += found["entries"]
        cursor = found["next"]

    assert pages == whole
    assert len(whole) > 12
    assert all(a["at"] >= b["at"] for a, b in pairwise(whole))


def test_a_merged_lead_is_told_of_as_the_one_that_stays(story):
    admin = {"authorization": f"Bearer {story.admin_token}"}
    post(story, "/v1/leads", {"lead_id": "other"})
    assert post(story, "/v1/merge", {"lead_id": "L/17", "other": "other"}, **admin).status_code == 200
    for path in OF_ONE:
        assert get(story, path, lead_id="other").json()["lead_id"] == "L/17"
    entries = answer(story, "/v1/timeline", schemas.TimelineOut, lead_id="L/17")["entries"]
    assert "Merged with other" in [entry["text"] for entry in entries]
    assert answer(story, "/v1/leads", schemas.KnownOut, lead_id="L/17")["parts"] == ["other"]


@pytest.mark.parametrize("path", OF_ONE)
def test_each_lead_that_is_not_there_has_its_answer(told, path):
    assert_problem(get(told, path, lead_id="nobody"), 404)
    post(told, "/v1/leads", {"lead_id": "gone"})
    told.client.delete("/v1/leads/gone", headers={"authorization": f"Bearer {told.admin_token}"})
    assert_problem(get(told, path, lead_id="gone"), 410)


@pytest.mark.parametrize("path", [*OF_ONE, "/v1/ranked"])
def test_a_rep_may_ask_and_nobody_without_a_key(told, path):
    rep = {"authorization": f"Bearer {told.rep_token}"}
    assert told.client.get(path, params={"lead_id": "x"}, headers=rep).status_code in (404, 422)
    assert told.client.get(path, headers={"authorization": "Bearer x"}).status_code == 401


@pytest.mark.parametrize("path", [*OF_ONE, "/v1/ranked"])
@pytest.mark.parametrize(
    "query", ["lead_id=a%00b", "lead_id=a&lead_id=b", "lead_id=a&colour=red", "lead_id=", "lead_id=a&limit=0"]
)
def test_a_bad_question_is_refused(told, path, query):
    assert_problem(told.client.get(f"{path}?{query}"), 422)


def test_a_forged_cursor_is_refused_in_one_sentence(story):
    for path in ("/v1/scores", "/v1/timeline", "/v1/ranked"):
        query = {} if path == "/v1/ranked" else {"lead_id": "L/17"}
        for cursor in ("x", "AAAA", "e30", "w" * 300, "ééé"):
            refused = get(story, path, cursor=cursor, **query)
            assert_problem(refused, 400)
            assert refused.json()["detail"].startswith("the cursor is not one of this list")


def test_a_database_that_is_gone_is_said(tmp_path):
    limits = Limits(timeout_seconds=0.2)
    with open_store("postgresql", tmp_path, limits=limits) as store, service(store=store) as running:
        asked = {path: {"lead_id": "x"} for path in OF_ONE} | {"/v1/ranked": {}}
        with gone(store, tmp_path):
            for path, query in asked.items():
                assert_problem(get(running, path, **query), 503)
        wait_until(lambda: store.healthy)
        assert {get(running, path, **query).status_code for path, query in asked.items()} == {200, 404}


def test_every_answer_fits_the_schema_that_the_document_promises(story):
    document = story.client.get("/openapi.json").json()
    for path in [*OF_ONE, "/v1/ranked"]:
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        found = get(story, path, **({} if path == "/v1/ranked" else {"lead_id": "L/17"})).json()
        Draft202012Validator(content["schema"] | {"components": document["components"]}).validate(found)
    body = document["paths"]["/v1/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["anyOf"][1] == {"$ref": "#/components/schemas/PredictById"}
