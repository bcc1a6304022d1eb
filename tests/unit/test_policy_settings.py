"""Policies that contradict themselves, or leave a stage without a way to it, are refused in one sentence each."""

from dataclasses import replace

import pytest

from features.errors import BadSettings
from features.guess import Guess
from features.settings import Kind, Lifecycle, Settings, parse_settings
from features.write_settings import settings_text
from serving.policy_reach import require_reachable
from support.small_bundle import small_bundle
from support.text_tables import rows_of

FAULTS = """
    keys                                          | says
    sql_min_score = 70                            | sql_min_score is below mql_min_score
    mql_min_fit = "A"                             | sql_min_fit B asks for less than mql_min_fit A
    mql_exit_score = 80                           | mql_exit_score is above mql_min_score
    sql_exit_score = 95                           | sql_exit_score is above sql_min_score
    sql_exit_score = 60                           | sql_exit_score is below mql_min_score
    fast_track_days = 60                          | fast_track_days is above idle_days
    mql_min_score = 92; mql_min_fit = "B"         | marketing qualified can't be reached
    min_active_days = 31; active_within_days = 30 | no score can qualify a lead
    mql_min_score = 101                           | 100
    mql_min_fit = "E"                             | 'A', 'B', 'C' or 'D'
    sla_hours = {asked = 30}                      | a warmer band has more hours
    recycle_days = {bad_mood = 3}                 | bad_mood
"""


@pytest.mark.parametrize("case", rows_of(FAULTS), ids=lambda c: c["keys"])
def test_a_policy_that_can_not_be_is_refused_in_a_sentence(case):
    with pytest.raises(BadSettings) as refused:
        parse_settings("[lifecycle]\n" + case["keys"].replace("; ", "\n"))

    assert case["says"] in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_fault_is_told_at_once():
    with pytest.raises(BadSettings, match=r"sql_min_score is below.*fast_track_days is above"):
        parse_settings("[lifecycle]\nsql_min_score = 70\nfast_track_days = 60")


@pytest.mark.parametrize(
    ("given", "mql_exit", "sql_exit"),
    [({}, 65, 82), ({"mql_min_score": 90}, 80, 90), ({"mql_min_score": 5}, 0, 82), ({"mql_exit_score": 70}, 70, 82)],
)
def test_an_exit_that_nobody_gives_lies_ten_points_below_and_never_under_the_stage_before(given, mql_exit, sql_exit):
    policy = Lifecycle(**given)

    assert (policy.mql_exit, policy.sql_exit) == (mql_exit, sql_exit)


def test_a_rejection_in_words_counts_as_another_reason():
    days = Lifecycle().recycle_days

    assert (days.after("bad_timing"), days.after("competitor")) == (90, 0)
    assert days.after("no budget") == days.after("other") == days.after("model_fields") == 90


def test_a_policy_is_written_and_read_back():
    policy = Lifecycle(mql_exit_score=70, recycle_days={"bad_timing": 120}, sla_hours={"asked": 2})
    settings = Settings(lifecycle=policy, kinds={"bye": Kind(ends_contact=True)})

    assert parse_settings(settings_text(Guess(settings=settings, notes=(), questions=()))) == settings


def flat(policy, **changes):
    return replace(policy, **changes)


def test_a_stage_that_no_score_and_no_fit_of_the_model_reaches_is_refused():
    scores = small_bundle().policy
    ties = flat(scores, quantiles=(0.0,) * len(scores.quantiles))
    no_fit = flat(scores, fit_cuts=())
    strict = Lifecycle(mql_min_fit="A", sql_min_fit="A")

    require_reachable(Lifecycle(), scores, {})
    with pytest.raises(BadSettings, match="the best score of this model is 50; lower mql_min_score"):
        require_reachable(Lifecycle(), ties, {})
    with pytest.raises(BadSettings, match="every lead has B; lower mql_min_fit"):
        require_reachable(strict, no_fit, {})


def test_a_request_reaches_sales_where_no_score_does():
    scores = small_bundle().policy
    no_fit = flat(scores, fit_cuts=())
    asking = Lifecycle(mql_min_fit="B", sql_min_fit="A")

    require_reachable(asking, no_fit, {})
    with pytest.raises(BadSettings, match="sales qualified can't be reached"):
        require_reachable(asking.model_copy(update={"fast_track": ()}), no_fit, {})


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("call_logged", Kind(actor="seller"), "which the seller does"),
        ("unsubscribe", Kind(), "by which a lead ends contact"),
        ("bye", Kind(ends_contact=True), "by which a lead ends contact"),
    ],
)
def test_only_what_a_lead_does_to_be_contacted_is_a_fast_track(name, kind, says):
    with pytest.raises(BadSettings, match=says):
        require_reachable(Lifecycle(fast_track=(name,)), small_bundle().policy, {name: kind})
