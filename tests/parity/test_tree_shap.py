"""Our own TreeSHAP against LightGBM's `pred_contrib`, over every way in which LightGBM reads a value."""

import lightgbm
import numpy as np
import pytest

from models.trees import TreeExpert

ROWS, COLUMNS = 1500, 8
ODD = [np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-30, np.inf, -np.inf, -1.0, -0.5, 2.7, 1e9, 3e9, 1e300]


def made(*, seed=1, codes=6, **settings):
    """Rows with missing values and zeros, the first two columns categories; and trees over them."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(ROWS, COLUMNS))
    rows[:, 0], rows[:, 1] = random.integers(0, codes, ROWS), random.integers(0, 3, ROWS)
    rows[:, 5:] = random.poisson(1, (ROWS, 3))
    rows[random.random(rows.shape) < 0.15] = np.nan
    told = np.nan_to_num(rows)
    truth = (told[:, 0] % 3 == 1) + 0.8 * np.isnan(rows[:, 2]) + told[:, 5] * 0.5 + told[:, 3] * told[:, 4] - 1
    labels = random.random(ROWS) < 1 / (1 + np.exp(-truth))
    usual = {"objective": "binary", "num_leaves": 15, "min_child_samples": 5, "verbosity": -1, "seed": seed}
    usual |= {"num_threads": 1, "min_data_per_group": 5, "cat_smooth": 1}
    data = lightgbm.Dataset(rows, labels, categorical_feature=[0, 1], params={"verbosity": -1} | settings)
    return rows, lightgbm.train(usual | settings, data, 15)


def agree(rows, booster):
    expert = TreeExpert.of(booster)
    expert.check()
    theirs = booster.predict(rows, pred_contrib=True)
    np.testing.assert_allclose(expert.contributions(rows), theirs[:, :-1], rtol=0, atol=1e-9)
    assert expert.base_value == pytest.approx(theirs[0, -1], abs=1e-9)
    assert expert.explainer is not None
    return expert


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"use_missing": False},
        {"zero_as_missing": True},
        {"codes": 90},
        {"codes": 90, "max_cat_to_onehot": 100},
        {"num_leaves": 2},
        {"num_leaves": 31, "min_child_samples": 2},
        {"bagging_fraction": 0.5, "bagging_freq": 1, "extra_trees": True},
        {"boosting": "dart", "drop_rate": 0.5},
    ],
    ids=str,
)
def test_contributions_equal_those_of_lightgbm(settings):
    agree(*made(**settings))
