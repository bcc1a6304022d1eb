"""What a lead's stage and next action follow from, case by case, and what no score may ever do."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.settings import Lifecycle
from features.stages import Stage
from features.verdicts import Rejection
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


days = st.none() | st.floats(0, 400)
facts_of_leads = st.builds(
    Facts,
    consent=st.none() | st.booleans(),
    objects_to_profiling=st.just(False),
    unsubscribed_days=days,
    disqualified_reason=st.none() | st.sampled_from(["no budget", *Rejection]),
    disqualified_days=days,
    stage_days=days,
    set_days=days,
    offered=st.booleans(),
    active_days=st.none() | st.integers(0, 50),
    idle_days=days,
    evidence=st.none() | st.sampled_from(Stage),
    asked=st.none() | st.just("demo_request"),
    asked_days=days,
)


@st.composite
def sound_policies(draw):
    """Policies of any bounds that agree with each other."""
    exit_mql, mql, exit_sql, sql = sorted(draw(st.lists(st.integers(0, 100), min_size=4, max_size=4, unique=True)))
    fits = sorted(draw(st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABCD"))))
    idle, fast = draw(st.floats(15, 200)), draw(st.floats(1, 15))
    return Lifecycle(
        mql_exit_score=exit_mql,
        mql_min_score=mql,
        sql_exit_score=exit_sql,
        sql_min_score=sql,
        mql_min_fit=fits[1],
        sql_min_fit=fits[0],
        min_active_days=draw(st.integers(1, 5)),
        min_days_in_stage=draw(st.floats(0, 60)),
        hold_days=draw(st.floats(0, 60)),
        idle_days=idle,
        fast_track_days=fast,
    )


policies = sound_policies()
FACTS_OF_THE_CRM = {Stage.OPPORTUNITY, Stage.CUSTOMER, Stage.EVANGELIST}


@given(
    now=st.sampled_from(Stage),
    facts=facts_of_leads,
    score=st.floats(0, 100),
    fit=st.sampled_from("ABCD"),
    policy=policies,
)
def test_no_score_ever_writes_or_removes_a_fact_of_the_crm(now, facts, score, fit, policy):
    to = decide(now, facts, Scored(score=score, fit=fit), policy).recommended

    assert to is now if now in FACTS_OF_THE_CRM else to not in FACTS_OF_THE_CRM


@given(
    now=st.sampled_from(Stage),
    facts=facts_of_leads,
    scores=st.tuples(st.floats(0, 100), st.floats(0, 100)),
    fit=st.sampled_from("ABCD"),
    policy=policies,
)
def test_a_higher_score_never_lowers_the_recommended_stage(now, facts, scores, fit, policy):
    low, high = (decide(now, facts, Scored(score=s, fit=fit), policy).recommended.rank for s in sorted(scores))

    assert low <= high


@given(
    now=st.sampled_from(Stage),
    facts=facts_of_leads,
    score=st.floats(0, 100),
    fit=st.sampled_from("ABCD"),
    policy=policies,
)
def test_nobody_is_nurtured_without_consent(now, facts, score, fit, policy):
    decision = decide(now, replace(facts, consent=None), Scored(score=score, fit=fit), policy)

    assert decision.action is not Action.NURTURE
