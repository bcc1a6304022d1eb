"""The index and its bar against sums written out, scipy's rank test, and luck itself."""

import numpy as np
import pytest
from scipy.stats import chi2, mannwhitneyu, norm

from models.psi import merged, psi, stability


def test_the_index_is_the_sum_over_bins():
    found = psi(np.array([60.0, 40.0]), np.array([40.0, 60.0]))
    p, q = [60.5 / 101, 40.5 / 101], [40.5 / 101, 60.5 / 101]
    assert found == pytest.approx((q[0] - p[0]) * np.log(q[0] / p[0]) + (q[1] - p[1]) * np.log(q[1] / p[1]))
    assert psi(np.array([3.0, 5.0]), np.array([3.0, 5.0])) == 0


def test_rare_bins_are_counted_as_one():
    then, now = merged(np.array([500.0, 3, 2, 400, 4]), np.array([480.0, 2, 5, 390, 1]))
    assert then.tolist() == [500, 409]
    assert now.tolist() == [480, 398]
    kept = merged(np.array([500.0, 30, 4, 6]), np.array([480.0, 20, 9, 9]))
    assert kept[0].tolist() == [500, 30, 10]


def test_the_bar_falls_with_more_leads_down_to_what_is_worth_an_alarm():
    shares = np.array([0.25, 0.25, 0.25, 0.25])

    def bar(leads: int) -> float:
        counts = shares * leads
        return stability(counts, counts, independent=(leads, leads), level=1e-3, least=0.05).bar

    assert bar(200) == pytest.approx(chi2.isf(1e-3, 3) * 2 / 200)
    assert bar(200) > bar(500) > bar(5000) == 0.05


def test_leads_of_few_accounts_raise_the_bar():
    counts = np.full(5, 100.0)
    alone = stability(counts, counts, independent=(500, 500), level=1e-3, least=0)
    alike = stability(counts, counts, independent=(500, 50), level=1e-3, least=0)
    assert alike.bar == pytest.approx(alone.bar * (1 / 500 + 1 / 50) / (2 / 500))


def test_a_shift_of_all_numbers_is_seen_where_bins_alone_would_miss_it():
    then, now = np.array([100.0, 100, 100, 100, 100]), np.array([66.0, 82, 100, 118, 134])
    unordered = stability(then, now, independent=(500, 500), level=1e-3, least=0.01)
    assert not unordered.moved
    assert stability(then, now, independent=(500, 500), level=1e-3, least=0.01, ordered=5).moved


def test_the_rank_test_is_that_of_scipy():
    random = np.random.default_rng(3)
    x, y = random.integers(0, 6, 300), np.minimum(random.integers(0, 7, 200), 5)
    then, now = np.bincount(x, minlength=6).astype(float), np.bincount(y, minlength=6).astype(float)
    z = norm.isf(mannwhitneyu(x, y, use_continuity=False, method="asymptotic").pvalue / 2)

    def moved(level: float) -> bool:
        return stability(then, now, independent=(300, 200), level=level, least=0, ordered=6).bar == 0

    assert moved(4 * norm.sf(0.999 * z))
    assert not moved(4 * norm.sf(1.001 * z))


def test_nothing_to_compare_is_no_drift():
    assert not stability(np.array([50.0, 0]), np.array([60.0, 0]), independent=(50, 60), level=0.01, least=0).moved
    assert not stability(np.zeros(3), np.ones(3), independent=(1, 3), level=0.01, least=0).moved


def test_chance_passes_the_bar_as_often_as_it_may():
    random, level, runs = np.random.default_rng(5), 0.05, 2000
    shares = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    then, now = random.multinomial(500, shares, runs), random.multinomial(300, shares, runs)
    passed = sum(
        stability(a.astype(float), b.astype(float), independent=(500, 300), level=level, least=0, ordered=5).moved
        for a, b in zip(then, now, strict=True)
    )
    assert 0.02 < passed / runs < level + 3 * (level / runs) ** 0.5
