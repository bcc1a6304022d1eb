"""Metrics against scikit-learn and against slow counting by hand."""

from itertools import product

import numpy as np
import pytest
from scipy.special import expit
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression

from training.metrics import (
    Ranked,
    brier,
    calibration_intercept,
    calibration_slope,
    contacts_per_win,
    expected_over_observed,
    gains,
    jeffreys,
    lift_at,
    log_loss,
    pr_auc,
    precision_recall,
    recall_at,
    reliability,
    roc_auc,
)


def drawn(seed: int = 0, n: int = 400, ties: bool = True):
    luck = np.random.default_rng(seed)
    log_odds = luck.normal(-1, 1.5, n)
    labels = (luck.random(n) < expit(0.8 * log_odds)).astype(float)
    weights = luck.integers(0, 4, n).astype(float)
    return labels, np.round(log_odds, 1) if ties else log_odds, weights


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_agree_with_scikit_learn(seed: int, ties: bool) -> None:
    labels, log_odds, weights = drawn(seed, ties=ties)
    ranked, p = Ranked.of(labels, log_odds, weights), expit(log_odds)
    assert roc_auc(ranked) == pytest.approx(sk.roc_auc_score(labels, p, sample_weight=weights), abs=1e-12)
    assert pr_auc(ranked) == pytest.approx(sk.average_precision_score(labels, p, sample_weight=weights), abs=1e-12)
    assert brier(ranked) == pytest.approx(sk.brier_score_loss(labels, p, sample_weight=weights), abs=1e-12)
    assert log_loss(ranked) == pytest.approx(sk.log_loss(labels, p, sample_weight=weights), abs=1e-12)


def test_auc_is_the_share_of_won_and_lost_couples_in_the_right_order() -> None:
    labels, log_odds, _ = drawn(n=60)
    couples = [(a, b) for a, b in product(range(60), repeat=2) if labels[a] == 1 and labels[b] == 0]
    right = sum(1.0 if log_odds[a] > log_odds[b] else 0.5 if log_odds[a] == log_odds[b] else 0.0 for a, b in couples)
    assert roc_auc(Ranked.of(labels, log_odds)) == pytest.approx(right / len(couples), abs=1e-12)


def test_a_weight_of_three_counts_as_three_equal_pairs() -> None:
    labels, log_odds, weights = drawn(3)
    times = weights.astype(int)
    weighed = Ranked.of(labels, log_odds, weights)
    repeated = Ranked.of(np.repeat(labels, times), np.repeat(log_odds, times))
    for metric in (roc_auc, pr_auc, brier, log_loss, expected_over_observed, calibration_slope, calibration_intercept):
        assert metric(weighed) == pytest.approx(metric(repeated), abs=1e-9), metric.__name__
    for share in (0.01, 0.1, 0.35, 1.0):
        assert lift_at(weighed, share) == pytest.approx(lift_at(repeated, share), abs=1e-9)
        assert contacts_per_win(weighed, share) == pytest.approx(contacts_per_win(repeated, share), abs=1e-9)


def test_calibration_slope_is_that_of_an_unpenalised_logistic_regression() -> None:
    labels, log_odds, weights = drawn(4, n=3000)
    slow = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000)
    slow.fit(log_odds[:, None], labels, sample_weight=weights)
    assert calibration_slope(Ranked.of(labels, log_odds, weights)) == pytest.approx(slow.coef_[0, 0], abs=1e-6)


def test_calibration_slope_of_doubled_log_odds_is_half() -> None:
    labels, log_odds, _ = drawn(5)
    once, twice = (calibration_slope(Ranked.of(labels, k * log_odds + 7)) for k in (1, 2))
    assert twice == pytest.approx(once / 2, abs=1e-9)


def test_calibration_intercept_makes_expected_wins_equal_observed_ones() -> None:
    labels, log_odds, weights = drawn(6)
    shift = calibration_intercept(Ranked.of(labels, log_odds, weights))
    assert expected_over_observed(Ranked.of(labels, log_odds + shift, weights)) == pytest.approx(1, abs=1e-9)


def test_honest_probabilities_have_slope_one_and_shift_zero() -> None:
    luck = np.random.default_rng(7)
    log_odds = luck.normal(-2, 1.2, 200_000)
    ranked = Ranked.of(luck.random(len(log_odds)) < expit(log_odds), log_odds)
    assert calibration_slope(ranked) == pytest.approx(1, abs=0.03)
    assert calibration_intercept(ranked) == pytest.approx(0, abs=0.03)
    assert expected_over_observed(ranked) == pytest.approx(1, abs=0.02)


def test_lift_and_recall_count_the_best_ranked_pairs() -> None:
    ranked = Ranked.of([1, 0, 1, 0, 0, 0, 0, 1, 0, 0], -np.arange(10.0))
    assert recall_at(ranked, 0.1) == pytest.approx(1 / 3)
    assert lift_at(ranked, 0.3) == pytest.approx((2 / 3) / 0.3)
    assert contacts_per_win(ranked, 0.3) == pytest.approx(1.5)
    assert gains(ranked, [0, 0.5, 0.8, 1]) == pytest.approx([0, 2 / 3, 1, 1])


def test_wins_within_a_tie_come_evenly() -> None:
    ranked = Ranked.of([1, 0, 0, 0, 1, 0, 0, 0], np.zeros(8))
    assert lift_at(ranked, 0.25) == pytest.approx(1)
    assert recall_at(ranked, 0.25) == pytest.approx(0.25)


def test_gains_are_the_mean_over_random_orders_within_ties() -> None:
    labels, log_odds, _ = drawn(8, n=40)
    luck, best, found = np.random.default_rng(0), 10, []
    for _ in range(4000):
        order = np.lexsort((luck.random(40), -log_odds))
        found.append(labels[order][:best].sum() / labels.sum())
    assert recall_at(Ranked.of(labels, log_odds), best / 40) == pytest.approx(np.mean(found), abs=0.006)


def test_precision_and_recall_walk_down_the_ranking() -> None:
    recall, precision = precision_recall(Ranked.of([1, 0, 1, 1], [3.0, 2.0, 2.0, 1.0]))
    assert recall == pytest.approx([1 / 3, 2 / 3, 1])
    assert precision == pytest.approx([1, 2 / 3, 3 / 4])


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1]])
def test_with_one_class_ranking_has_no_meaning(labels: list[int]) -> None:
    ranked = Ranked.of(labels, [0.1, 0.2, 0.3])
    assert np.isnan([roc_auc(ranked), calibration_slope(ranked), calibration_intercept(ranked)]).all()


def test_without_a_win_nothing_can_be_found() -> None:
    ranked = Ranked.of([0, 0], [1.0, 2.0])
    assert np.isnan([pr_auc(ranked), lift_at(ranked, 0.5), contacts_per_win(ranked, 0.5)]).all()
    assert np.isnan(expected_over_observed(ranked))


def test_slope_has_no_meaning_for_a_constant_or_for_a_perfect_ranking() -> None:
    assert np.isnan(calibration_slope(Ranked.of([0, 1, 0], [0.3, 0.3, 0.3])))
    assert np.isnan(calibration_slope(Ranked.of([0, 0, 1, 1], [1.0, 2.0, 3.0, 4.0])))


def test_bins_of_honest_probabilities_hold_what_they_promise() -> None:
    luck = np.random.default_rng(9)
    log_odds = luck.normal(-3, 1, 50_000)
    bins = reliability(Ranked.of(luck.random(len(log_odds)) < expit(log_odds), log_odds))
    assert len(bins) == 10
    assert sum(b.low <= b.expected <= b.high for b in bins) >= 8
    assert [b.expected for b in bins] == sorted(b.expected for b in bins)
    assert sum(b.pairs for b in bins) == 50_000
    wins = [b.expected * b.pairs for b in bins]
    assert max(wins) < 1.05 * min(wins)


def test_few_wins_give_few_bins() -> None:
    log_odds = np.linspace(-5, -1, 1000)
    expected = expit(log_odds).sum()
    bins = reliability(Ranked.of(np.arange(1000) % 10 == 0, log_odds))
    assert len(bins) == int(expected // 10) < 10


def test_equal_answers_share_a_bin() -> None:
    bins = reliability(Ranked.of([1, 0] * 500, np.repeat([-2.0, 0.0, 1.0], [400, 300, 300])))
    assert len(bins) == 3
    assert [b.cases for b in bins] == [400, 300, 300]


def test_pairs_of_one_lead_are_one_case() -> None:
    log_odds, groups = np.linspace(-4, 0, 900), np.arange(900) // 3
    alone = reliability(Ranked.of(np.arange(900) % 7 == 0, log_odds))
    together = reliability(Ranked.of(np.arange(900) % 7 == 0, log_odds), groups)
    assert sum(b.cases for b in together) < 0.4 * sum(b.cases for b in alone)
    width = [np.mean([b.high - b.low for b in bins]) for bins in (alone, together)]
    assert width[1] > width[0]


def test_wins_of_one_lead_are_one_win_when_bins_are_made() -> None:
    """300 leads with about one expected win in ten: three bins, whether each was seen once or eight times."""
    log_odds = np.linspace(-3.2, -1.2, 300)
    once = reliability(Ranked.of(np.arange(300) % 10 == 0, log_odds), np.arange(300))
    often = reliability(
        Ranked.of(np.repeat(np.arange(300) % 10 == 0, 8), np.repeat(log_odds, 8)), np.repeat(np.arange(300), 8)
    )
    assert len(once) == len(often) == 3
    assert [b.observed for b in often] == pytest.approx([b.observed for b in once], abs=0.02)


def test_jeffreys_interval_covers_the_share_and_reaches_its_ends() -> None:
    assert jeffreys(0, 20)[0] == 0
    assert jeffreys(20, 20)[1] == 1
    low, high = jeffreys(5, 50)
    assert (low, high) == pytest.approx((0.0393, 0.2050), abs=5e-4)  # Brown, Cai and DasGupta 2001: Beta(5.5, 45.5)
