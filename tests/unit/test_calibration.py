import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from features.errors import NoSkill, NotEnoughData
from models.calibration import Platt, fit_platt


def drawn(*, a, b, pairs, seed=1, spread=1.0):
    """Margins whose true log-odds are `a * margin + b`, and labels drawn from them."""
    random = np.random.default_rng(seed)
    margins = random.normal(0, spread, pairs)
    return margins, (random.random(pairs) < expit(a * margins + b)).astype(float)


@pytest.mark.parametrize(("a", "b"), [(1.0, -2.0), (0.4, -3.0), (2.5, 0.5)])
def test_finds_the_slope_and_shift_that_made_the_labels(a, b):
    found = fit_platt(*drawn(a=a, b=b, pairs=200_000))
    assert found.a == pytest.approx(a, abs=0.05)
    assert found.b == pytest.approx(b, abs=0.05)


def test_is_the_maximum_that_an_optimiser_finds():
    margins, labels = drawn(a=0.7, b=-1, pairs=400)

    def loss(at):
        margin = at[0] * margins + at[1]
        return np.sum(np.log1p(np.exp(margin)) - labels * margin) + 0.5 * (at[0] - 1) ** 2

    best = minimize(loss, [0.1, 0.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 5000})
    found = fit_platt(margins, labels)
    np.testing.assert_allclose([found.a, found.b], best.x, rtol=0, atol=1e-5)


@pytest.mark.parametrize("pairs", [30, 500, 20_000])
def test_expected_wins_equal_observed_wins(pairs):
    margins, labels = drawn(a=1.3, b=-1.5, pairs=pairs, spread=2)
    expected = expit(fit_platt(margins, labels).log_odds(margins)).sum()
    assert expected == pytest.approx(labels.sum(), abs=1e-6)


def test_margin_that_separates_without_error_keeps_a_finite_slope():
    found = fit_platt(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0, 0, 1, 1]))
    assert 1 < found.a < 10


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_extreme_scales_converge(scale):
    margins, labels = drawn(a=1, b=-1, pairs=5000)
    found = fit_platt(margins * scale, labels)
    assert np.isfinite([found.a, found.b]).all()
    if scale >= 1:
        assert found.a * scale == pytest.approx(fit_platt(margins, labels).a, rel=0.02)


def test_weight_counts_a_pair_so_many_times():
    margins, labels = drawn(a=1, b=-1, pairs=300)
    times = np.random.default_rng(2).integers(1, 4, 300)
    weighted = fit_platt(margins, labels, times.astype(float))
    repeated = fit_platt(np.repeat(margins, times), np.repeat(labels, times))
    assert (weighted.a, weighted.b) == pytest.approx((repeated.a, repeated.b), abs=1e-9)


@pytest.mark.parametrize("labels", [np.zeros(10), np.ones(10)])
def test_one_class_is_too_little(labels):
    with pytest.raises(NotEnoughData, match="of 10 pairs"):
        fit_platt(np.arange(10.0), labels)


def test_margin_that_ranks_upside_down_is_refused():
    margins, labels = drawn(a=-1, b=0, pairs=2000)
    with pytest.raises(NoSkill, match="slope -"):
        fit_platt(margins, labels)


@pytest.mark.parametrize(
    "stored", [{"a": 0.0, "b": 1.0}, {"a": -1.0, "b": 1.0}, {"a": 1.0}, {"a": None, "b": 0}, [1, 2]]
)
def test_stored_nonsense_is_refused(stored):
    with pytest.raises(ValueError, match=r"slope|expected"):
        Platt.from_dict(stored)
