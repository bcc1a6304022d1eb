"""What holds for the metrics whatever the answers are."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from training.metrics import (
    Ranked,
    brier,
    calibration_intercept,
    calibration_slope,
    contacts_per_win,
    expected_over_observed,
    gains,
    lift_at,
    log_loss,
    pr_auc,
    reliability,
    roc_auc,
)

METRICS = {
    "roc_auc": roc_auc,
    "pr_auc": pr_auc,
    "brier": brier,
    "log_loss": log_loss,
    "expected_over_observed": expected_over_observed,
    "calibration_slope": calibration_slope,
    "calibration_intercept": calibration_intercept,
    "lift": lambda ranked: lift_at(ranked, 0.17),
    "contacts_per_win": lambda ranked: contacts_per_win(ranked, 0.17),
}


@st.composite
def answers(draw: st.DrawFn):
    """Labels, log-odds in steps (so with ties) and weights of some pairs, wins and losses among them."""
    n = draw(st.integers(2, 40))
    labels = draw(arrays.arrays(np.float64, n, elements=st.sampled_from([0.0, 1.0])))
    log_odds = draw(arrays.arrays(np.float64, n, elements=st.integers(-8, 8).map(lambda k: k / 2)))
    weights = draw(arrays.arrays(np.float64, n, elements=st.sampled_from([0.0, 1.0, 2.0])))
    assume(0 < weights @ labels < weights.sum())
    return labels, log_odds, weights


@pytest.mark.parametrize("name", METRICS)
@given(given=answers(), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_the_order_of_pairs_changes_nothing(name: str, given, seed: int) -> None:
    labels, log_odds, weights = given
    order = np.random.default_rng(seed).permutation(len(labels))
    here = METRICS[name](Ranked.of(labels, log_odds, weights))
    there = METRICS[name](Ranked.of(labels[order], log_odds[order], weights[order]))
    assert here == pytest.approx(there, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("name", METRICS)
@given(given=answers())
@settings(max_examples=60, deadline=None)
def test_a_pair_without_weight_is_not_there(name: str, given) -> None:
    labels, log_odds, weights = given
    here = weights > 0
    all_pairs = METRICS[name](Ranked.of(labels, log_odds, weights))
    assert all_pairs == pytest.approx(
        METRICS[name](Ranked.of(labels[here], log_odds[here], weights[here])), abs=1e-6, nan_ok=True
    )


@given(given=answers())
@settings(max_examples=100, deadline=None)
def test_turning_the_ranking_round_turns_the_auc_round(given) -> None:
    labels, log_odds, weights = given
    up, down = (roc_auc(Ranked.of(labels, k * log_odds, weights)) for k in (1, -1))
    assert up + down == pytest.approx(1, abs=1e-12)


@given(given=answers())
@settings(max_examples=100, deadline=None)
def test_ranking_metrics_see_nothing_but_the_order(given) -> None:
    labels, log_odds, weights = given
    plain, bent = Ranked.of(labels, log_odds, weights), Ranked.of(labels, np.exp(log_odds) - 9, weights)
    assert roc_auc(plain) == roc_auc(bent)
    assert pr_auc(plain) == pr_auc(bent)
    assert lift_at(plain, 0.3) == lift_at(bent, 0.3)


@given(given=answers())
@settings(max_examples=100, deadline=None)
def test_gains_rise_from_nothing_to_everything(given) -> None:
    found = gains(Ranked.of(*given), np.linspace(0, 1, 33))
    assert found[0] == 0
    assert found[-1] == pytest.approx(1)
    assert (np.diff(found) >= -1e-12).all()


@given(given=answers())
@settings(max_examples=100, deadline=None)
def test_bins_hold_every_pair_once(given) -> None:
    labels, log_odds, weights = given
    here = weights > 0
    bins = reliability(Ranked.of(labels[here], log_odds[here], weights[here]))
    assert sum(b.pairs for b in bins) == pytest.approx(weights.sum())
    assert sum(b.observed * b.pairs for b in bins) == pytest.approx(weights @ labels)
    for b in bins:
        assert b.low <= b.observed <= b.high
