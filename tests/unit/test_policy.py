import numpy as np
import pytest

from features.definitions import Attribute, Count
from features.errors import NotEnoughData
from features.view import View
from models.answers import Answers
from models.policy import ScorePolicy
from support.small_bundle import small

ONE_EACH = View(definitions=(Attribute(field="employees", encoding="number"), Count(kind="demo", days=7)))


def policy(log_odds, *, fit=None, capacity_share=0.1):
    """Of leads with these log-odds; `fit` is what of it the one fit column adds."""
    log_odds = np.asarray(log_odds, dtype=float)
    fit = np.zeros_like(log_odds) if fit is None else np.asarray(fit, dtype=float)
    answers = Answers(log_odds=log_odds, base_value=0.0, contributions=np.column_stack([fit, log_odds - fit]))
    return ScorePolicy.of(ONE_EACH, answers, capacity_share=capacity_share)


def test_score_is_the_share_of_reference_leads_below():
    values = np.random.default_rng(1).normal(size=5001)
    made = policy(values)
    for value in (-2.0, -0.3, 0.0, 0.9, 2.1):
        assert made.score(value) == pytest.approx(100 * np.mean(values < value), abs=0.1)
    assert made.score(values.min()) == 0
    assert made.score(values.max()) == 100
    assert made.score(-1e9) == 0
    assert made.score(1e9) == 100


def test_higher_log_odds_never_score_lower():
    made = small().bundle.policy
    grid = np.sort(np.concatenate([np.linspace(-8, 3, 20_001), made.quantiles]))
    assert (np.diff(made.scores(grid)) >= 0).all()


def test_equal_leads_share_the_middle_of_their_ranks():
    made = policy([0.0] * 400 + [1.0] * 200 + list(np.linspace(2, 3, 401)))
    assert made.score(0.0) == pytest.approx(20, abs=0.1)
    assert made.score(1.0) == pytest.approx(50, abs=0.1)
    assert made.score(2.5) == pytest.approx(80, abs=0.2)


def test_last_bits_of_a_float_change_no_score():
    made = policy([0.1 + 0.2] * 500 + [0.7] * 500 + [1.9])
    for value in (0.3, 0.1 + 0.2, 0.30000000000000016, 0.7 - 1e-15):
        assert made.score(value) == made.score(round(value, 6))


def test_many_scores_equal_single_scores():
    made, answers = small().bundle.policy, small().bundle.answer(small().rows)
    assert made.scores(answers.log_odds).tolist() == [made.score(x) for x in answers.log_odds.tolist()]


def test_everybody_alike_is_in_the_middle():
    made = policy([-1.0] * 10)
    assert made.score(-1.0) == made.score(5.0) == 50


def test_lift_is_against_the_reference():
    made = policy(np.log([0.25, 0.25, 1.0]))  # odds of 1 to 4, 1 to 4, and even
    assert made.base_rate == pytest.approx((0.2 + 0.2 + 0.5) / 3)
    assert made.lift(0.6) == pytest.approx(2)


def test_the_average_lead_of_the_reference_has_a_lift_of_one():
    made, answers = small().bundle.policy, small().bundle.answer(small().rows)
    assert np.mean([made.lift(p) for p in answers.probability.tolist()]) == pytest.approx(1)


def test_grades_are_quartiles():
    fit = np.arange(1000.0)
    made = policy(fit * 2, fit=fit)
    assert [made.fit_grade(x) for x in (0, 249, 251, 499, 501, 749, 751, 999)] == list("DDCCBBAA")
    assert [made.engagement_grade(x) for x in (0, 300, 600, 900)] == list("4321")


def test_lead_at_a_cut_gets_the_worse_grade():
    made = policy(np.zeros(100), fit=[0.0] * 60 + [1.0] * 40)
    assert made.fit_grade(0.0) == "D"
    assert made.fit_grade(1e-12) == "D"
    assert made.fit_grade(0.5) == "B"


def test_family_that_tells_no_lead_apart_stands_in_nobodys_way():
    made = policy(np.arange(100.0))
    assert made.fit_cuts == ()
    assert made.fit_grade(0.0) == "B"


def test_capacity_is_a_score():
    assert policy(np.arange(10.0), capacity_share=0.15).capacity_score == 85
    assert policy(np.arange(10.0), capacity_share=1.0).capacity_score == 0


def test_without_leads_there_is_no_policy():
    with pytest.raises(NotEnoughData):
        policy([])


def test_grades_of_the_small_bundle_are_quarters_of_its_leads():
    made = small()
    fit, engagement = made.bundle.groups.family_sums(made.bundle.answer(made.rows).contributions)
    for grades in (
        [made.bundle.policy.fit_grade(x) for x in fit],
        [made.bundle.policy.engagement_grade(x) for x in engagement],
    ):
        _, counts = np.unique(grades, return_counts=True)
        np.testing.assert_allclose(counts / len(grades), 0.25, atol=0.01)
