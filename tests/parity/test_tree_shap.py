"""Our own TreeSHAP against LightGBM's `pred_contrib`, over every way in which LightGBM reads a value."""

import lightgbm
import numpy as np
import pytest

from models.shap.explainer import LIMIT_BYTES
from models.trees import TreeExpert
from support.handmade_trees import chain, lone_leaf, text_of

ROWS, COLUMNS = 1500, 8
ODD = [np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-30, np.inf, -np.inf, -1.0, -0.5, 2.7, 31.0, 32.0, 64.0, 1e9, 3e9, 1e300]


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


def odd_rows(columns, *, rows=400, seed=3):
    """Rows of values that are read in a special way, each column in turn alone and all together."""
    random = np.random.default_rng(seed)
    return np.where(random.random((rows, columns)) < 0.7, random.choice(ODD, (rows, columns)), 0.3)


def agree(rows, expert):
    expert.check()
    theirs = expert.booster.predict(rows, pred_contrib=True, num_threads=1)
    assert expert.explainer is not None
    np.testing.assert_allclose(expert.contributions(rows), theirs[:, :-1], rtol=0, atol=1e-9)
    assert expert.base_value == pytest.approx(theirs[0, -1], abs=1e-9)
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
        {"boosting": "rf", "bagging_fraction": 0.5, "bagging_freq": 1},
    ],
    ids=str,
)
def test_contributions_equal_those_of_lightgbm(settings):
    rows, booster = made(**settings)
    expert = agree(rows, TreeExpert.of(booster))
    agree(odd_rows(COLUMNS), expert)


def test_each_way_of_reading_a_value_is_met():
    """Or the test above shows less than it says."""
    kinds = set()
    for settings in ({}, {"use_missing": False}, {"zero_as_missing": True}, {"codes": 90}):
        kinds |= {int(r) for r in TreeExpert.of(made(**settings)[1]).explainer.splits.reading}
    assert kinds == set(range(6))


def test_a_threshold_that_parts_known_from_missing_is_read():
    """LightGBM writes it as infinite."""
    random = np.random.default_rng(1)
    rows = random.normal(size=(600, 2))
    rows[:300, 0] = np.nan
    labels = np.isnan(rows[:, 0]) ^ (random.random(600) < 0.2)
    settings = {"objective": "binary", "verbosity": -1, "num_leaves": 4, "num_threads": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(rows, labels, params={"verbosity": -1}), 5)
    expert = TreeExpert.of(booster)
    assert "threshold=inf" in expert.text
    agree(np.vstack([rows, odd_rows(2)]), expert)


@pytest.mark.parametrize("kind", [0, 2, 4, 6, 8, 10, 12, 14])
def test_every_missing_type_and_direction(kind):
    columns = 5
    agree(odd_rows(columns), TreeExpert.from_text(text_of([chain(range(columns), kinds=(kind,))], columns), columns))


def test_trees_without_a_split_add_to_the_base_alone():
    text = text_of([lone_leaf(0.25), chain([1, 0, 1], number=1), lone_leaf(-2, number=2)], 3)
    agree(odd_rows(3), TreeExpert.from_text(text, 3))
    lone = agree(odd_rows(3), TreeExpert.from_text(text_of([lone_leaf(0.25)], 3), 3))
    assert (lone.base_value, lone.table_bytes, lone.contributions(np.zeros((1, 3))).tolist()) == (0.25, 0, [[0, 0, 0]])


def test_a_way_too_long_for_a_table_is_integrated():
    columns = 30
    rows = odd_rows(columns, rows=200)
    expert = agree(
        rows, TreeExpert.from_text(text_of([chain(range(columns)), chain([3, 1, 3], number=1)], columns), 30)
    )
    assert len(expert.explainer.leaves.value) >= 15
    singles = np.vstack([expert.contributions(row[None]) for row in rows])
    np.testing.assert_array_equal(singles, expert.contributions(rows))
    theirs = expert.booster.predict(rows, raw_score=True)
    np.testing.assert_allclose(expert.base_value + singles.sum(axis=1), theirs, rtol=0, atol=1e-9)


def test_contributions_of_many_columns_still_add_up():
    """LightGBM takes columns off a product one by one, which loses digits: it is off by 0.08 here."""
    columns = 60
    expert = TreeExpert.from_text(text_of([chain([i % columns for i in range(400)])], columns), columns)
    expert.check()
    rows = np.random.default_rng(0).normal(size=(50, columns))
    added = expert.base_value + expert.contributions(rows).sum(axis=1)
    np.testing.assert_allclose(added, expert.margins(rows), rtol=0, atol=1e-11)


def test_tables_beyond_the_memory_are_not_made():
    columns = 12
    orders = [np.roll(range(columns), i).tolist() for i in range(columns)] * 10
    text = text_of([chain(order, number=i) for i, order in enumerate(orders)], columns)
    expert = agree(odd_rows(columns, rows=40), TreeExpert.from_text(text, columns))
    assert LIMIT_BYTES / 2 < expert.table_bytes <= LIMIT_BYTES
    assert len(expert.explainer.leaves.value) > 0


def test_trees_beyond_every_limit_are_explained_by_lightgbm(caplog):
    columns = 70
    expert = TreeExpert.from_text(text_of([chain(range(columns))], columns), columns)
    expert.check()
    found = expert.contributions(odd_rows(columns, rows=5))
    assert caplog.messages == ["slow_explanations reason=the way to a leaf tests 69 columns, the limit is 61"]
    theirs = expert.booster.predict(odd_rows(columns, rows=5), pred_contrib=True)
    np.testing.assert_array_equal(found, theirs[:, :-1])
    assert (expert.base_value, expert.table_bytes) == (theirs[0, -1], 0)


def test_rows_beyond_a_block_and_over_several_threads():
    rows, booster = made()
    expert = TreeExpert.of(booster)
    many = np.vstack([rows] * 4)
    np.testing.assert_array_equal(expert.contributions(many), np.vstack([expert.contributions(rows)] * 4))
