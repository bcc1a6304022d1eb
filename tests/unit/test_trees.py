"""The tree expert: LightGBM's numbers, from a text that was checked before LightGBM read it."""

import re
from concurrent.futures import ThreadPoolExecutor

import lightgbm
import numpy as np
import pytest

from features.errors import ViewMismatch
from models.tree_text import check_text
from models.trees import FEW, TreeExpert
from support.small_bundle import VIEW, random_labels, random_rows, small

TEXT = small().bundle.trees.text
COLUMNS = len(VIEW.names)


def test_margins_are_those_of_the_trained_booster():
    made = small()
    raw = made.booster.predict(made.rows, raw_score=True)
    np.testing.assert_array_equal(made.bundle.trees.margins(made.rows), raw)


def test_contributions_add_up_to_the_margin():
    made, trees = small(), small().bundle.trees
    added = trees.base_value + trees.contributions(made.rows).sum(axis=1)
    np.testing.assert_allclose(added, trees.margins(made.rows), rtol=0, atol=1e-9)


def test_one_row_gets_what_it_gets_in_a_batch():
    rows, trees = small().rows[: FEW * 3], small().bundle.trees
    singles = np.vstack([trees.contributions(row[None, :]) for row in rows])
    np.testing.assert_array_equal(singles, trees.contributions(rows))


def test_many_threads_get_the_same_answers():
    rows, trees = small().rows[:400], TreeExpert.from_text(TEXT, COLUMNS)
    expected = small().bundle.trees.contributions(rows)

    def single(i):
        return trees.contributions(rows[i][None, :])[0] if i % 10 else trees.contributions(rows)[i]

    with ThreadPoolExecutor(8) as pool:
        np.testing.assert_array_equal(np.vstack(list(pool.map(single, range(400)))), expected)


def test_no_rows_no_answers():
    trees = small().bundle.trees
    assert trees.margins(np.zeros((0, COLUMNS))).shape == (0,)
    assert trees.contributions(np.zeros((0, COLUMNS))).shape == (0, COLUMNS)


def test_rows_of_another_width_are_refused():
    with pytest.raises(ViewMismatch, match="16 columns"):
        small().bundle.trees.margins(np.zeros((2, 17)))


def test_text_survives_lightgbm_byte_for_byte():
    again = lightgbm.Booster(model_str=TEXT)
    assert again.model_to_string(num_iteration=-1) == TEXT
    assert TreeExpert.of(again) == small().bundle.trees


def test_number_of_threads_leaves_no_trace():
    rows = random_rows(rows=500, seed=1)
    texts = set()
    for threads in (1, 2):
        settings = {"objective": "binary", "deterministic": True, "force_row_wise": True, "verbosity": -1}
        data = lightgbm.Dataset(rows, random_labels(rows, seed=2), params={"verbosity": -1})
        texts.add(TreeExpert.of(lightgbm.train(settings | {"num_threads": threads}, data, 5)).text)
    assert len(texts) == 1
    assert "num_threads" not in texts.pop()


def test_what_lightgbm_writes_passes_the_check():
    check_text(TEXT, COLUMNS)
    lone_leaf = lightgbm.train(
        {"objective": "binary", "verbosity": -1, "min_child_samples": 1000},
        lightgbm.Dataset(np.zeros((20, 2)), np.arange(20) % 2, params={"verbosity": -1}),
        1,
    )
    check_text(TreeExpert.of(lone_leaf).text, 2)


def lied(pattern, replacement):
    """The text with one line told otherwise, and the sizes of the trees told to match."""
    told, changed = re.subn(pattern, replacement, TEXT, count=1, flags=re.MULTILINE)
    assert changed == 1
    assert told != TEXT
    body = told[told.index("Tree=0\n") : told.index("end of tree")]
    sizes = [str(len(block)) for block in re.split(r"(?=^Tree=\d+$)", body, flags=re.MULTILINE) if block]
    return told if "tree_sizes" in pattern else re.sub(r"tree_sizes=.*", f"tree_sizes={' '.join(sizes)}", told)


@pytest.mark.parametrize(
    ("pattern", "replacement", "message"),
    [
        (r"^version=v4$", "version=v3", "version"),
        (r"^num_class=1$", "num_class=3", "num_class"),
        (r"^num_tree_per_iteration=1$", "num_tree_per_iteration=2", "num_tree_per_iteration"),
        (r"^max_feature_idx=15$", "max_feature_idx=16", "max_feature_idx"),
        (r"^objective=binary sigmoid:1$", "objective=regression", "objective"),
        (r"^feature_names=Column_0 ", "feature_names=", "feature_names"),
        (r"^feature_infos=\S+ ", "feature_infos=", "feature_infos"),
        (r"^tree_sizes=\d+ ", "tree_sizes=7 ", "not where"),
        (r"^tree_sizes=\d+ ", "tree_sizes=-1 ", "of a size"),
        (r"^tree_sizes=\d+ ", "tree_sizes=", "not where"),
        (r"^num_leaves=8$", "num_leaves=9", "entries"),
        (r"^num_leaves=8$", "num_leaves=2000000000", "leaves"),
        (r"^num_leaves=8$", "num_leaves=-8", "leaves"),
        (r"^is_linear=0$", "is_linear=1", "linear"),
        (r"^split_feature=\d+", "split_feature=16", "column 16 of 16"),
        (r"^split_feature=\d+", "split_feature=-1", "column"),
        (r"^left_child=\S+", "left_child=0", "no parent, or two"),
        (r"^left_child=\S+", "left_child=99", "no parent, or two"),
        (r"^leaf_value=\S+", "leaf_value=nan", "finite"),
        (r"^leaf_value=\S+", "leaf_value=inf", "finite"),
        (r"^leaf_value=\S+ ", "leaf_value=", "entries"),
        (r"^threshold=\S+", "threshold=-inf", "finite"),
        (r"^decision_type=\d+", "decision_type=255", "kind of split"),
        (r"^internal_count=\d+", "internal_count=0", "count"),
        (r"^leaf_count=\d+", "leaf_count=-3", "count"),
        (r"^num_cat=[1-9]$", "num_cat=9", "stored sets"),
        (r"^num_cat=[1-9]$", "num_cat=99999999999999999999", "stored sets"),
        (r"^leaf_count=\d+", "leaf_count=2147483648", "too large"),
        (r"^leaf_count=(\d)", r"leaf_count=\g<1>_0", "underscore"),
        (r"^cat_boundaries=0 \d+", "cat_boundaries=0 4000000", "stored sets"),
        (r"^cat_threshold=\d+", "cat_threshold=99999999999", "bit set"),
        (r"^end of trees$", "end of tree", "no end"),
        (r"^Tree=3$", "Tree=4", "not where"),
        (r"^leaf_value=(.*)$", r"leaf_value=\1\nleaf_value=\1", "repeated"),
        (r"^leaf_value=.*$", "leaf_values=1", "leaf_value"),
    ],
)
def test_text_that_lies_is_refused(pattern, replacement, message):
    with pytest.raises(ValueError, match=message):
        check_text(lied(pattern, replacement), COLUMNS)


def test_trees_in_a_ring_are_refused():
    """LightGBM would walk for ever: split 1 is its own ancestor."""
    tree = re.search(r"left_child=(.*)\nright_child=(.*)\n", TEXT)
    left, right = ([int(w) for w in side.split()] for side in tree.groups())
    inner = [(side, i) for side in (left, right) for i, child in enumerate(side) if child > 0 and i > 0]
    side, at = inner[0]
    parent = next((s, i) for s in (left, right) for i, child in enumerate(s) if child == at)
    parent[0][parent[1]], side[at] = side[at], at
    words = [" ".join(map(str, s)) for s in (left, right)]
    told = TEXT.replace(tree.group(0), f"left_child={words[0]}\nright_child={words[1]}\n", 1)
    with pytest.raises(ValueError, match="before its parent"):
        check_text(told, COLUMNS)


@pytest.mark.parametrize(
    "text", ["", "tree\n", "tree\nversion=v4\n\nTree=0\n", "\u00e9" + TEXT, TEXT[: len(TEXT) // 2]]
)
def test_text_that_is_no_model_is_refused(text):
    with pytest.raises(ValueError, match=r"no trees|not where|absent|invalid"):
        check_text(text, COLUMNS)
