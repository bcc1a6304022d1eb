"""Contributions of the trees against the shap package and against Shapley's own formula."""

from itertools import combinations
from math import factorial

import lightgbm
import numpy as np
import pytest

from models.trees import TreeExpert
from support.small_bundle import small


def numeric_booster(rows, labels):
    settings = {"objective": "binary", "num_leaves": 8, "min_child_samples": 20, "verbosity": -1, "seed": 1}
    return lightgbm.train(settings, lightgbm.Dataset(rows, labels, params={"verbosity": -1}), 25)


def test_contributions_equal_the_shap_package():
    """shap would ask LightGBM itself, so its own walk over the trees is called for."""
    shap = pytest.importorskip("shap")
    made = small()
    trees = TreeExpert.of(numeric_booster(made.rows, made.labels))
    explainer = shap.TreeExplainer(trees.booster)
    explainer.model.model_type = "internal"
    theirs = explainer.shap_values(made.rows[:300], check_additivity=False)
    theirs = theirs[1] if isinstance(theirs, list) else theirs
    np.testing.assert_allclose(trees.contributions(made.rows[:300]), theirs, rtol=0, atol=1e-6)


def goes_left(node, value):
    if node["decision_type"] == "==":
        return not np.isnan(value) and str(int(value)) in node["threshold"].split("||")
    if np.isnan(value):
        return node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
    return value <= node["threshold"]


def expected(node, row, known):
    """The tree's value for a row of which only the `known` columns are told, weighing by training counts."""
    if "leaf_value" in node:
        return node["leaf_value"]
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expected(left if goes_left(node, row[node["split_feature"]]) else right, row, known)
    count = {side: child.get("internal_count", child.get("leaf_count")) for side, child in (("l", left), ("r", right))}
    total = expected(left, row, known) * count["l"] + expected(right, row, known) * count["r"]
    return total / (count["l"] + count["r"])


def shapley(tree, row, columns):
    """Shapley's formula over all subsets of the columns that the tree splits on."""
    used, n, parts = columns_of(tree), len(columns_of(tree)), np.zeros(columns)
    for column in used:
        others = sorted(used - {column})
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for subset in combinations(others, size):
                told = expected(tree, row, {*subset, column}) - expected(tree, row, set(subset))
                parts[column] += weight * told
    return parts


def columns_of(node):
    if "leaf_value" in node:
        return set()
    return {node["split_feature"]} | columns_of(node["left_child"]) | columns_of(node["right_child"])


def test_contributions_equal_the_formula_with_categories_and_missing_values():
    made = small(trees=6)
    trees = made.bundle.trees
    dumped = [tree["tree_structure"] for tree in trees.booster.dump_model()["tree_info"]]
    assert any("||" in str(tree) or "'=='" in str(tree) for tree in dumped)
    for row in made.rows[:12]:
        slow = sum(shapley(tree, row, len(row)) for tree in dumped)
        np.testing.assert_allclose(trees.contributions(row[None, :])[0], slow, rtol=0, atol=1e-9)
    nothing_told = sum(expected(tree, made.rows[0], set()) for tree in dumped)
    assert trees.base_value == pytest.approx(nothing_told, abs=1e-9)
