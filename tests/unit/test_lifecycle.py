"""What a lead's stage and next action follow from, case by case, and what no score may ever do."""

from dataclasses import replace

import pytest

from features.settings import Lifecycle
from features.stages import Stage
from serving.lifecycle import Action, Because, Facts, Scored, decide
from support.text_tables import rows_of

POLICY = Lifecycle(
    mql_min_score=75,
    mql_min_fit="C",
    sql_min_score=92,
    sql_min_fit="B",
    min_active_days=2,
    fast_track_days=14,
    idle_days=45,
)
SHORT = {
    "sub": Stage.SUBSCRIBER,
    "lead": Stage.LEAD,
    "mql": Stage.MARKETING_QUALIFIED,
    "sql": Stage.SALES_QUALIFIED,
    "opp": Stage.OPPORTUNITY,
    "cust": Stage.CUSTOMER,
    "evan": Stage.EVANGELIST,
}

CASES = """
    case                           | now  | score | fit | active | idle | asked | to   | action   | owner
    a percentile at the cut counts | lead | 75    | C   | 2      | 1    |       | mql  | nurture  | marketing
    just below the cut             | lead | 74.9  | A   | 9      | 1    |       | lead | nurture  | marketing
    intent without fit             | lead | 99    | D   | 9      | 1    |       | lead | nurture  | marketing
    fit for marketing only         | lead | 99    | C   | 9      | 1    |       | mql  | nurture  | marketing
    fit, score and days            | lead | 92    | B   | 2      | 1    |       | sql  | hand_off | sales
    from a qualified lead          | mql  | 95    | A   | 3      | 1    |       | sql  | hand_off | sales
    one form is not enough         | lead | 99    | A   | 1      | 1    |       | lead | nurture  | marketing
    no activity at all             | lead | 99    | A   | 0      |      |       | lead | nurture  | marketing
    a model without activities     | lead | 99    | A   |        |      |       | sql  | hand_off | sales
    a demo asked for skips stages  | sub  | 10    | D   | 1      | 0    | 0     | sql  | hand_off | sales
    a demo asked for by now        | lead | 10    | D   | 1      | 13   | 13.9  | sql  | hand_off | sales
    a demo asked for long ago      | lead | 10    | D   | 1      | 14   | 14    | lead | nurture  | marketing
    sales works it already         | sql  | 10    | D   | 1      | 1    |       | sql  | call     | sales
    sales works it, and it asked   | sql  | 10    | D   | 1      | 1    | 1     | sql  | call     | sales
    idle with sales                | sql  | 99    | A   | 9      | 45   |       | lead | nurture  | marketing
    idle with marketing            | mql  | 99    | A   | 9      | 60   |       | lead | nurture  | marketing
    idle and only a subscriber     | sub  | 99    | A   | 9      | 60   |       | sub  | nurture  | marketing
    not idle yet                   | mql  | 80    | A   | 9      | 44.9 |       | mql  | nurture  | marketing
    a qualified lead cools down    | mql  | 40    | A   | 9      | 10   |       | lead | nurture  | marketing
    a deal is a fact               | opp  | 1     | D   | 0      | 99   |       | opp  | wait     | sales
    a customer is a fact           | cust | 1     | D   | 0      | 99   | 1     | cust | wait     | customer_success
    an evangelist is a fact        | evan | 99    | A   | 9      | 1    |       | evan | wait     | customer_success
"""


@pytest.mark.parametrize("case", rows_of(CASES), ids=lambda c: c["case"])
def test_stage_and_action_follow_from_score_fit_and_activity(case):
    facts = Facts(
        consent=True,
        active_days=case["active"] and int(case["active"]),
        idle_days=case["idle"] and float(case["idle"]),
        asked="demo_request" if case["asked"] else None,
        asked_days=case["asked"] and float(case["asked"]),
    )

    decision = decide(SHORT[case["now"]], facts, Scored(score=float(case["score"]), fit=case["fit"]), POLICY)

    got = (decision.recommended, decision.action.value, decision.owner)
    assert got == (SHORT[case["to"]], case["action"], case["owner"])
    assert decision.because, "a decision says why"


HOT = Facts(consent=True, active_days=5, idle_days=1)
BEST = Scored(score=99, fit="A")


def test_no_consent_no_nurturing():
    tepid = Scored(score=50, fit="A")

    assert decide(Stage.LEAD, HOT, tepid, POLICY).action is Action.NURTURE
    for unknown_or_no in (None, False):
        assert decide(Stage.LEAD, replace(HOT, consent=unknown_or_no), tepid, POLICY).action is Action.WAIT


def test_an_objection_to_profiling_stops_everything():
    decision = decide(Stage.MARKETING_QUALIFIED, replace(HOT, objects_to_profiling=True), None, POLICY)

    assert decision.action is Action.SUPPRESS
    assert decision.recommended is Stage.MARKETING_QUALIFIED
    assert [g.code for g in decision.because] == [Because.OBJECTED]


def test_a_lead_that_sales_turned_down_goes_back_with_its_reason():
    decision = decide(Stage.SALES_QUALIFIED, replace(HOT, disqualified_reason="no budget"), BEST, POLICY)

    assert decision.recommended is Stage.LEAD
    assert [(g.code, g.values) for g in decision.because] == [(Because.TURNED_DOWN, {"reason": "no budget"})]


def test_what_is_missing_is_said_with_the_value_and_what_is_needed():
    decision = decide(Stage.LEAD, replace(HOT, active_days=1), Scored(score=60, fit="B"), POLICY)

    assert {g.code: (g.values.get("score", g.values.get("days")), g.values["needed"]) for g in decision.because} == {
        Because.SCORE_MISSED: (60, 75),
        Because.NOT_ACTIVE_ENOUGH: (1, 2),
    }


def test_a_subscriber_becomes_a_lead_by_what_it_did_not_by_a_score():
    low = Scored(score=5, fit="D")

    read = decide(Stage.SUBSCRIBER, replace(HOT, evidence=Stage.SUBSCRIBER), low, POLICY)
    downloaded = decide(Stage.SUBSCRIBER, replace(HOT, evidence=Stage.LEAD), low, POLICY)

    assert (read.recommended, downloaded.recommended) == (Stage.SUBSCRIBER, Stage.LEAD)


def test_the_topic_of_interest_goes_with_actions_that_talk():
    about = replace(HOT, topic="pricing")

    assert decide(Stage.LEAD, about, BEST, POLICY).topic == "pricing"
    assert decide(Stage.CUSTOMER, about, BEST, POLICY).topic is None
