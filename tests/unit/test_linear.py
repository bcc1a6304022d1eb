"""The linear expert against loops that are obviously right."""

import math

import numpy as np
import pytest

from features.definitions import Attribute
from features.errors import ViewMismatch
from features.view import View
from models.linear import LinearExpert, LinearInputs
from models.plain import from_text, to_text
from support.small_bundle import VIEW, random_rows


def expert(rows, *, view=VIEW, seed=3):
    inputs = LinearInputs.of(view, rows)
    weights = np.random.default_rng(seed).normal(size=len(inputs.means))
    return LinearExpert.from_coefficients(inputs, weights, -1.5)


def numbers_view(*names):
    return View(definitions=tuple(Attribute(field=name, encoding="number") for name in names))


def slow_terms(view, training, row):
    """The design row, column by column, one number at a time."""
    terms = []
    for name, definition, value, column in zip(view.names, view.definitions, row, training.T, strict=True):
        if definition.encoding == "category":
            codes = range(len(view.categories[name]))
            terms.append([float(value == code) for code in codes] + [float(value not in codes)])
            continue
        logs = [math.copysign(math.log(1 + abs(x)), x) for x in column if not math.isnan(x)]
        mean = sum(logs) / len(logs)
        spread = math.sqrt(sum((x - mean) ** 2 for x in logs) / len(logs)) or 1
        known = not math.isnan(value)
        scaled = (math.copysign(math.log(1 + abs(value)), value) - mean) / spread if known else 0.0
        scaled = min(max(scaled, (min(logs) - mean) / spread), (max(logs) - mean) / spread) if known else scaled
        terms.append([scaled, float(not known)] if any(math.isnan(x) for x in column) else [scaled])
    return terms


def test_matrix_and_contributions_equal_the_slow_loop():
    training, later = random_rows(rows=300, seed=1), random_rows(rows=60, seed=2)
    later[:, [1, 6, 15]] *= 100  # beyond what training saw
    model = expert(training)
    of_training = [slow_terms(VIEW, training, row) for row in training]
    means = [np.mean([terms[c] for terms in of_training], axis=0) for c in range(len(VIEW.names))]
    weights = np.split(np.array(model.coefficients), np.cumsum([len(m) for m in means])[:-1])
    matrix, contributions = model.inputs.matrix(later), model.contributions(later)
    for i, row in enumerate(later):
        terms = slow_terms(VIEW, training, row)
        np.testing.assert_allclose(matrix[i], np.concatenate(terms), rtol=0, atol=1e-9)
        slow = [float(w @ (np.array(t) - m)) for w, t, m in zip(weights, terms, means, strict=True)]
        np.testing.assert_allclose(contributions[i], slow, rtol=0, atol=1e-9)


def test_margin_is_the_logistic_one_and_adds_up():
    rows = random_rows(rows=500, seed=4)
    model = expert(rows)
    logistic = model.intercept + model.inputs.matrix(rows) @ np.array(model.coefficients)
    np.testing.assert_allclose(model.margins(rows), logistic, rtol=0, atol=1e-9)
    np.testing.assert_allclose(model.base_value + model.contributions(rows).sum(axis=1), logistic, rtol=0, atol=1e-9)
    assert model.base_value == pytest.approx(logistic.mean(), abs=1e-9)  # of the training rows


def test_one_row_gets_what_it_gets_in_a_batch():
    rows = random_rows(rows=100, seed=5)
    model = expert(rows)
    singles = np.vstack([model.contributions(row[None, :]) for row in rows])
    np.testing.assert_array_equal(singles, model.contributions(rows))


def test_numbers_beyond_training_count_as_the_last_one_seen():
    rows = np.array([[1.0], [10.0], [-4.0]])
    model = expert(rows, view=numbers_view("revenue"))
    far = np.array([[10.0], [11.0], [1e300], [np.inf], [-4.0], [-1e300], [-np.inf]])
    margins = model.margins(far)
    np.testing.assert_array_equal(margins[:4], margins[0])
    np.testing.assert_array_equal(margins[4:], margins[4])


def test_missing_number_counts_as_the_mean_where_training_had_none():
    rows = np.array([[0.0], [math.e - 1], [math.e**2 - 1]])
    model = expert(rows, view=numbers_view("employees"))
    assert len(model.coefficients) == 1
    assert model.contributions(np.array([[np.nan]]))[0, 0] == pytest.approx(0, abs=1e-12)
    assert model.contributions(np.array([[math.e - 1]]))[0, 0] == pytest.approx(0, abs=1e-12)


def test_unknown_code_counts_as_missing():
    view = View(definitions=(Attribute(field="country"),), categories={"country": ("DE", "IT")})
    model = expert(np.array([[0.0], [1.0], [np.nan]]), view=view)
    margins = model.margins(np.array([[np.nan], [2.0], [-1.0], [1e18], [np.inf]]))
    np.testing.assert_array_equal(margins, margins[0])
    assert margins[0] != model.margins(np.array([[1.0]]))[0]


@pytest.mark.parametrize("column", [[5.0, 5.0, 5.0], [np.nan, np.nan, np.nan], [0.0, np.nan, 0.0]])
def test_column_that_tells_nothing_is_harmless(column):
    model = expert(np.array([column]).T, view=numbers_view("employees"))
    margins = model.margins(np.array([[5.0], [1e9], [np.nan], [-3.0]]))
    assert np.isfinite(margins).all()
    assert model.inputs.columns[0].scale == 1


def test_rows_of_another_width_are_refused():
    model = expert(random_rows(rows=50, seed=1))
    with pytest.raises(ViewMismatch, match="16 columns"):
        model.contributions(np.zeros((2, 15)))
    with pytest.raises(ViewMismatch):
        model.margins(np.zeros(16))


def test_weights_must_fit_the_inputs():
    inputs = LinearInputs.of(VIEW, random_rows(rows=50, seed=1))
    with pytest.raises(ValueError, match="3 coefficients"):
        LinearExpert.from_coefficients(inputs, [1.0, 2.0, 3.0], 0.0)


def test_stored_and_read_back_is_the_same():
    model = expert(random_rows(rows=200, seed=6))
    text = to_text(model.to_dict(VIEW))
    assert LinearExpert.from_dict(from_text(text), VIEW) == model
    assert to_text(model.to_dict(VIEW)) == text


def test_of_another_view_is_refused():
    model = expert(np.ones((3, 2)), view=numbers_view("a", "b"))
    stored = model.to_dict(numbers_view("a", "b"))
    with pytest.raises(ValueError, match="stands where the view has"):
        LinearExpert.from_dict(from_text(to_text(stored)), numbers_view("b", "a"))
