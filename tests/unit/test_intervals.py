"""Intervals by resampling: do they cover, do they know that pairs of one lead belong together?"""

import math

import numpy as np
import pytest
from scipy.special import expit

from training.intervals import Draws, Interval, intervals, mean, resample, resample_together
from training.metrics import Ranked, calibration_slope, expected_over_observed, roc_auc


def share_won(ranked: Ranked) -> float:
    return ranked.wins / ranked.total


def leads_with_pairs(seed: int, leads: int, pairs: int):
    """Every pair of a lead has the lead's own result, so that more pairs tell nothing more."""
    luck = np.random.default_rng(seed)
    score = luck.normal(-1, 1, leads)
    won = luck.random(leads) < expit(score)
    order = luck.permutation(leads * pairs)
    return (np.repeat(a, pairs)[order] for a in (won.astype(float), score, np.arange(leads)))


def test_intervals_of_a_share_cover_it_as_often_as_they_say() -> None:
    truth = expit(np.random.default_rng(0).normal(-1, 1, 1_000_000)).mean()
    inside = 0
    for seed in range(200):
        labels, scores, lead = leads_with_pairs(seed, leads=80, pairs=5)
        found = intervals(Ranked.of(labels, scores), lead, {"share": share_won}, rounds=200, seed=seed)["share"]
        inside += found.low <= truth <= found.high
    assert 0.89 <= inside / 200 <= 0.99


def test_five_pairs_of_one_lead_are_no_more_certain_than_one() -> None:
    widths = []
    for pairs in (1, 5):
        labels, scores, lead = leads_with_pairs(1, leads=300, pairs=pairs)
        found = intervals(Ranked.of(labels, scores), lead, {"auc": roc_auc}, rounds=400, seed=2)["auc"]
        widths.append(found.high - found.low)
    assert widths[1] == pytest.approx(widths[0], rel=0.15)


def test_a_resample_is_what_drawing_leads_by_hand_gives() -> None:
    labels, scores, lead = leads_with_pairs(3, leads=30, pairs=3)
    drawn = resample(Ranked.of(labels, scores), lead, {"auc": roc_auc}, rounds=5, seed=11)["auc"].drawn
    luck = np.random.default_rng(11)
    for i in range(5):
        rows = np.concatenate([np.flatnonzero(lead == chosen) for chosen in luck.integers(0, 30, 30)])
        assert drawn[i] == pytest.approx(roc_auc(Ranked.of(labels[rows], scores[rows])), abs=1e-12)


def test_equal_seeds_give_equal_draws_and_others_don_t() -> None:
    labels, scores, lead = leads_with_pairs(4, leads=50, pairs=2)
    ranked, metrics = Ranked.of(labels, scores), {"auc": roc_auc, "slope": calibration_slope}
    one, same, other = (resample(ranked, lead, metrics, rounds=20, seed=s) for s in (1, 1, 2))
    assert (one["slope"].drawn == same["slope"].drawn).all()
    assert (one["auc"].drawn != other["auc"].drawn).any()


def test_the_difference_of_a_model_and_itself_is_nothing_at_all() -> None:
    labels, scores, lead = leads_with_pairs(5, leads=60, pairs=2)
    order = np.random.default_rng(0).permutation(len(labels))
    one = resample(Ranked.of(labels, scores), lead, {"auc": roc_auc}, rounds=50, seed=1)["auc"]
    two = resample(Ranked.of(labels[order], scores[order]), lead[order], {"auc": roc_auc}, rounds=50, seed=1)["auc"]
    difference = (one - two).interval
    assert (difference.low, difference.value, difference.high) == pytest.approx((0, 0, 0), abs=1e-12)


def test_a_paired_difference_is_surer_than_either_figure() -> None:
    labels, scores, lead = leads_with_pairs(6, leads=400, pairs=1)
    blurred = scores + np.random.default_rng(1).normal(0, 0.4, len(scores))
    good, worse = (
        resample(Ranked.of(labels, s), lead, {"auc": roc_auc}, rounds=300, seed=9)["auc"] for s in (scores, blurred)
    )
    gap, alone = (good - worse).interval, good.interval
    assert gap.high - gap.low < 0.8 * (alone.high - alone.low)


def test_draws_without_meaning_are_left_out() -> None:
    interval = Draws(value=0.5, drawn=np.array([math.nan, 0.4, 0.6, math.nan])).interval
    assert 0.4 <= interval.low < interval.high <= 0.6


def test_a_figure_without_meaning_has_no_interval() -> None:
    found = intervals(Ranked.of([0, 0], [1.0, 2.0]), np.arange(2), {"o": expected_over_observed}, rounds=5, seed=0)
    assert math.isnan(found["o"].low)
    assert found["o"].to_dict() == {"low": None, "value": None, "high": None}
    assert Interval(low=1.0, value=2.0, high=3.0).to_dict() == {"low": 1.0, "value": 2.0, "high": 3.0}


def test_progress_is_told_every_round() -> None:
    told = []
    labels, scores, lead = leads_with_pairs(7, leads=20, pairs=1)
    intervals(
        Ranked.of(labels, scores),
        lead,
        {"auc": roc_auc},
        rounds=3,
        seed=0,
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_group_is_drawn_once_for_all_parts_that_it_is_in() -> None:
    labels, scores, lead = leads_with_pairs(8, leads=60, pairs=1)
    ranked = Ranked.of(labels, scores)
    alone = resample(ranked, lead, {"auc": roc_auc}, rounds=30, seed=1)["auc"]
    twice = resample_together([(ranked, lead), (ranked, lead)], {"auc": roc_auc}, rounds=30, seed=1)
    assert (twice[0]["auc"].drawn == alone.drawn).all() and (twice[1]["auc"].drawn == alone.drawn).all()
    assert mean([part["auc"] for part in twice]).interval == alone.interval


def test_the_mean_over_parts_of_other_groups_is_surer_than_one_part() -> None:
    parts = []
    for seed in (9, 10):
        labels, scores, lead = leads_with_pairs(seed, leads=200, pairs=1)
        parts.append((Ranked.of(labels, scores), lead + 1000 * seed))
    one, two = (draws["auc"] for draws in resample_together(parts, {"auc": roc_auc}, rounds=300, seed=2))
    assert mean([one, two]).value == pytest.approx((one.value + two.value) / 2)
    both = mean([one, two]).drawn.std()
    assert both == pytest.approx(np.hypot(one.drawn.std(), two.drawn.std()) / 2, rel=0.25)
