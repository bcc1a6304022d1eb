"""A rival that does as well is named, with a difference in which what is hard for both cancels."""

import numpy as np
import pytest
from scipy.special import expit

from training.intervals import resample
from training.metrics import Ranked, log_loss, roc_auc
from training.standing import Standing, standing

LEADS = 1500
FIGURES = {"ROC AUC": roc_auc, "log loss": log_loss}


@pytest.fixture(scope="module")
def world():
    luck = np.random.default_rng(3)
    truth = luck.normal(-2, 1.2, LEADS)
    return truth, (luck.random(LEADS) < expit(truth)).astype(float), luck.normal(0, 1, (3, LEADS))


def held(ours, label, **rivals) -> Standing:
    def drawn(log_odds):
        return resample(Ranked.of(label, log_odds), np.arange(LEADS) // 2, FIGURES, rounds=200, seed=1)

    found = standing(drawn(ours), {name: drawn(log_odds) for name, log_odds in rivals.items()})
    assert found is not None
    return found


def test_the_best_rival_is_named_for_each_figure(world):
    truth, label, noise = world
    found = held(truth, label, poor=truth + 2 * noise[0], good=truth + 0.3 * noise[1])
    assert [rival.name for rival in found.rivals] == ["good", "good"]
    assert found.rivals[0].ahead.value == pytest.approx(found.rivals[0].ours - found.rivals[0].theirs)
    assert found.rivals[1].ahead.value == pytest.approx(found.rivals[1].theirs - found.rivals[1].ours)
    assert not found.is_beaten


def test_a_rival_that_is_better_beyond_luck_is_said_to_be(world):
    truth, label, noise = world
    found = held(truth + 1.5 * noise[0], label, simple=truth)
    assert found.is_beaten
    assert "in ROC AUC it is behind of simple" not in found.sentence()
    assert "in ROC AUC simple is ahead of it" in found.sentence()
    assert f"by {-found.rivals[0].ahead.value:.4f} (+" in found.sentence()
    assert "luck does not explain" in found.sentence()
    assert "Something simpler is shown to be better" in found.sentence()


def test_a_rival_that_answers_the_same_is_level_and_no_zero_has_a_sign(world):
    truth, label, noise = world
    assert "in ROC AUC it is level with twin" in held(truth, label, twin=truth.copy()).sentence()
    said = held(truth, label, near=truth + 1e-9 * noise[0]).sentence()
    assert "-0.0000" not in said


def test_paired_differences_are_surer_than_the_figures_themselves(world):
    truth, label, noise = world
    found = held(truth, label, near=truth + 0.2 * noise[2]).rivals[0]
    alone = resample(Ranked.of(label, truth), np.arange(LEADS) // 2, FIGURES, rounds=200, seed=1)["ROC AUC"].interval
    assert found.ahead.high - found.ahead.low < 0.5 * (alone.high - alone.low)


def test_without_a_rival_nothing_is_said(world):
    truth, label, _ = world
    drawn = resample(Ranked.of(label, truth), np.arange(LEADS), FIGURES, rounds=20, seed=1)
    assert standing(drawn, {}) is None
