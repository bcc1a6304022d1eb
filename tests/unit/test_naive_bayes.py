"""Naive Bayes against counts made by hand, as Odoo makes them."""

import math

import numpy as np
import pytest

from features.definitions import Attribute
from features.view import View
from training.dataset import Dataset
from training.naive_bayes import NaiveBayes, naive_bayes


def view_of(*columns: str) -> View:
    """Columns that begin with "n_" are numbers, the rest categories with three values."""
    return View(
        definitions=tuple(Attribute(field=c, encoding="number" if c.startswith("n_") else "category") for c in columns),
        categories={c: ("a", "b", "c") for c in columns if not c.startswith("n_")},
    )


def pairs_of(rows, label, weight=None) -> Dataset:
    n = len(label)
    return Dataset(
        rows=np.array(rows, dtype=float).reshape(n, -1),
        label=np.array(label, dtype=float),
        weight=np.ones(n) if weight is None else np.array(weight, dtype=float),
        group=np.arange(n),
        lead=np.arange(n),
        as_of=np.arange(n),
    )


def test_odds_are_those_of_the_counts_with_a_tenth_added():
    # value a: 3 won, 1 lost; value b: 1 won, 5 lost; one lead has no value
    rows = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, math.nan]
    label = [1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0]
    fitted = NaiveBayes.of(view_of("source"), pairs_of(rows, label))
    base = math.log(4.1 / 7.1)
    a = math.log((3.1 / 4.2) / (1.1 / 6.2))
    b = math.log((1.1 / 4.2) / (5.1 / 6.2))
    answered = fitted.margins(np.array([[0.0], [1.0], [math.nan], [2.0]]))
    assert answered == pytest.approx([base + a, base + b, base, base], abs=1e-12)


def test_fields_multiply_as_if_independent_and_numbers_count_by_band():
    luck = np.random.default_rng(0)
    source, number = luck.integers(0, 3, 400).astype(float), luck.normal(size=400)
    label = (luck.random(400) < 0.2 + 0.2 * (source == 1) + 0.2 * (number > 0)).astype(float)
    view, both = view_of("source", "n_visits"), np.column_stack([source, number])
    fitted = NaiveBayes.of(view, pairs_of(both, label))
    alone = [NaiveBayes.of(view_of(v), pairs_of(column, label)) for v, column in (("source", source), ("n_x", number))]
    expected = sum(one.margins(both[:, [i]]) - one.base for i, one in enumerate(alone)) + fitted.base
    assert fitted.margins(both) == pytest.approx(expected, abs=1e-12)
    assert len(set(np.round(alone[1].margins(both[:, [1]]), 9))) == 5


def test_weights_count_as_copies():
    rows, label = [0, 0, 1, 1, 2], [1, 0, 1, 0, 0]
    weighed = NaiveBayes.of(view_of("source"), pairs_of(rows, label, weight=[2, 1, 1, 3, 1]))
    copied = NaiveBayes.of(view_of("source"), pairs_of([0, 0, 0, 1, 1, 1, 1, 2], [1, 1, 0, 1, 0, 0, 0, 0]))
    ask = np.array([[0.0], [1.0], [2.0]])
    assert weighed.margins(ask) == pytest.approx(copied.margins(ask), abs=1e-12)


def test_two_columns_that_say_the_same_are_calibrated_back():
    luck = np.random.default_rng(1)
    source = luck.integers(0, 3, 3000).astype(float)
    label = (luck.random(3000) < np.array([0.1, 0.3, 0.6])[source.astype(int)]).astype(float)
    rows = np.column_stack([source] * 4)
    data = pairs_of(rows, label)
    answered = naive_bayes(view_of("p", "q", "r", "s"), data, None, data, seed=1)
    for code, share in ((0, 0.1), (2, 0.6)):
        given = 1 / (1 + np.exp(-answered[source == code][0]))
        assert given == pytest.approx(share, abs=0.06)
