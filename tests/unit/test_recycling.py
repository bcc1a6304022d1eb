"""Rejections and how long they hold, stays and who set them, and who may be written to."""

from dataclasses import replace

import pytest

from features.settings import Lifecycle
from features.stages import Stage
from features.verdicts import Rejection
from serving.lifecycle import Action, Because, Facts, Scored, decide
from support.text_tables import rows_of

POLICY = Lifecycle()
HOT = Facts(consent=True, active_days=5, idle_days=1)
BEST, LOW = Scored(score=99, fit="A"), Scored(score=10, fit="D")
STAGES = {"lead": Stage.LEAD, "mql": Stage.MARKETING_QUALIFIED, "sql": Stage.SALES_QUALIFIED}

REJECTED = """
    reason                | ago | asked | to   | action   | codes
    bad_timing            | 10  |       | lead | nurture  | turned_down recycles
    bad_timing            | 89  |       | lead | nurture  | turned_down recycles
    bad_timing            | 90  |       | sql  | hand_off | score_reached fit_reached active
    bad_timing            | 10  | 9     | sql  | hand_off | asked turned_down_before
    bad_timing            | 10  | 11    | lead | nurture  | turned_down recycles
    bad_timing            |     |       | lead | nurture  | turned_down
    bad_timing            |     | 1     | lead | call     | turned_down asked_too
    no_intent             | 60  |       | sql  | hand_off | score_reached fit_reached active
    bad_data              | 29  |       | lead | nurture  | turned_down recycles
    competitor            | 10  |       | lead | wait     | turned_down
    competitor            | 900 |       | lead | wait     | turned_down
    competitor            | 900 | 1     | sql  | hand_off | asked turned_down_before
    student_or_job_seeker | 900 |       | lead | wait     | turned_down
    duplicate             | 1   |       | lead | wait     | turned_down
    not_our_profile       | 900 |       | lead | wait     | turned_down
    no budget this year   | 10  |       | lead | nurture  | turned_down recycles
    other                 | 90  |       | sql  | hand_off | score_reached fit_reached active
"""


@pytest.mark.parametrize("case", rows_of(REJECTED), ids=lambda c: f"{c['reason']} {c['ago']} {c['asked']}")
def test_a_rejection_holds_as_long_as_its_reason_and_a_later_request_ends_it(case):
    facts = replace(
        HOT,
        disqualified_reason=case["reason"],
        disqualified_days=case["ago"] and float(case["ago"]),
        asked="demo_request" if case["asked"] else None,
        asked_days=case["asked"] and float(case["asked"]),
    )

    decision = decide(Stage.MARKETING_QUALIFIED, facts, BEST, POLICY)

    codes = [ground.code.value for ground in decision.because]
    assert (decision.recommended, decision.action) == (STAGES[case["to"]], case["action"])
    assert codes == case["codes"].split()


def test_sales_gives_a_lead_back_and_after_its_days_the_score_decides_not_sales_at_work():
    rejected = replace(HOT, disqualified_reason="bad_timing", disqualified_days=91)

    assert decide(Stage.SALES_QUALIFIED, rejected, LOW, POLICY).recommended is Stage.LEAD
    assert decide(Stage.SALES_QUALIFIED, HOT, LOW, POLICY).recommended is Stage.SALES_QUALIFIED


def test_a_request_that_sales_has_answered_by_a_rejection_does_not_come_up_again():
    quick = Lifecycle(recycle_days={"no_intent": 2})
    facts = replace(HOT, disqualified_reason="no_intent", disqualified_days=3, asked="demo_request", asked_days=5)

    assert decide(Stage.LEAD, facts, LOW, quick).recommended is Stage.LEAD


def test_days_until_a_lead_may_come_back_are_never_told_too_short():
    facts = replace(HOT, disqualified_reason="bad_timing", disqualified_days=89.5)

    assert decide(Stage.LEAD, facts, BEST, POLICY).because[1].values == {"days": 1}


def test_every_reason_code_has_its_days():
    assert set(type(POLICY.recycle_days).model_fields) == {reason.value for reason in Rejection}


STAYS = """
    now  | score | stay | set | to   | code
    mql  | 70    |      |     | mql  | score_kept
    mql  | 65    |      |     | mql  | score_kept
    mql  | 64.9  |      |     | lead | score_missed
    mql  | 64    | 13.9 |     | mql  | dwells
    mql  | 64    | 14   |     | lead | score_missed
    lead | 74.9  | 99   |     | lead | score_missed
    mql  | 10    | 99   | 13  | mql  | held
    mql  | 10    | 99   | 14  | lead | score_missed
    lead | 99    | 99   | 1   | lead | held
"""


@pytest.mark.parametrize("case", rows_of(STAYS), ids=lambda c: f"{c['now']} {c['score']} {c['stay']} {c['set']}")
def test_a_stage_is_kept_above_its_exit_for_its_least_days_and_where_a_person_set_it(case):
    facts = replace(HOT, stage_days=case["stay"] and float(case["stay"]), set_days=case["set"] and float(case["set"]))

    decision = decide(STAGES[case["now"]], facts, Scored(score=float(case["score"]), fit="A"), POLICY)

    assert decision.recommended is STAGES[case["to"]]
    assert case["code"] in [ground.code for ground in decision.because]


def test_inactivity_and_requests_do_not_wait_for_a_persons_stage():
    set_by_hand = replace(HOT, set_days=1)
    asked = replace(set_by_hand, asked="demo_request", asked_days=0)

    assert decide(Stage.LEAD, asked, LOW, POLICY).recommended is Stage.SALES_QUALIFIED
    idle = replace(set_by_hand, idle_days=60)
    assert decide(Stage.MARKETING_QUALIFIED, idle, BEST, POLICY).recommended is Stage.LEAD


def test_what_a_qualified_lead_lacks_for_sales_is_said():
    decision = decide(Stage.LEAD, HOT, Scored(score=96, fit="C"), POLICY)
    missing = [ground for ground in decision.because if ground.code is Because.NOT_YET_FIT]

    assert decision.recommended is Stage.MARKETING_QUALIFIED
    assert [(g.values["fit"], g.values["needed"], g.values["stage"]) for g in missing] == [
        ("C", "B", Stage.SALES_QUALIFIED)
    ]


def test_a_person_qualified_it_but_one_form_is_not_enough_for_sales():
    decision = decide(Stage.MARKETING_QUALIFIED, replace(HOT, active_days=1), BEST, POLICY)

    assert decision.recommended is Stage.MARKETING_QUALIFIED
    assert decision.because[-1].code is Because.NOT_ACTIVE_ENOUGH


WRITES = """
    consent | unsubscribed | asked | action   | held_back
    yes     |              |       | nurture  |
    yes     | 2            |       | wait     | unsubscribed
    no      |              |       | wait     | consent_refused
            |              |       | wait     | no_consent
    no      | 2            |       | wait     | unsubscribed
    no      |              | 1     | hand_off |
    yes     | 2            | 1     | hand_off | unsubscribed
            |              | 1     | hand_off |
"""


@pytest.mark.parametrize("case", rows_of(WRITES), ids=lambda c: f"{c['consent']} {c['unsubscribed']} {c['asked']}")
def test_who_ended_contact_is_not_written_to_and_who_asks_gets_an_answer(case):
    facts = replace(
        HOT,
        consent={"yes": True, "no": False, None: None}[case["consent"]],
        unsubscribed_days=case["unsubscribed"] and float(case["unsubscribed"]),
        asked="demo_request" if case["asked"] else None,
        asked_days=case["asked"] and float(case["asked"]),
    )

    decision = decide(Stage.LEAD, facts, LOW, POLICY)

    held_back = decision.held_back and decision.held_back.code.value
    assert (decision.action, held_back) == (case["action"], case["held_back"])
    assert decision.action is not Action.NURTURE or case["consent"] == "yes"
