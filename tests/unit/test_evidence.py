import math

import numpy as np
import pytest

from features.definitions import Attribute, Count
from features.errors import ViewMismatch
from features.view import View
from models.evidence import BINS, Counted, Evidence
from models.plain import from_text, to_text
from support.small_bundle import VIEW, random_labels, random_rows

COUNTS = View(definitions=(Count(kind="demo", days=30),))
COUNTRY = View(definitions=(Attribute(field="country"),), categories={"country": ("DE", "IT")})


def column(values):
    return np.array([values], dtype=float).T


def test_zero_stands_apart_from_other_counts():
    values = [0.0] * 6 + [1.0, 2.0, 3.0, 4.0]
    made = Evidence.of(COUNTS, column(values), np.array([1, 0, 0, 0, 0, 0, 1, 1, 0, 1]))
    assert made.about(0, 0.0) == Counted(leads=6, won=1, won_elsewhere=0.75)
    assert made.about(0, 1.0) == Counted(leads=1, won=1, won_elsewhere=3 / 9)


def test_category_counts_its_code_and_missing():
    made = Evidence.of(COUNTRY, column([0, 0, 1, np.nan]), np.array([1, 0, 1, 0]))
    assert made.about(0, 0.0) == Counted(leads=2, won=1, won_elsewhere=0.5)
    assert made.about(0, 1.0) == Counted(leads=1, won=1, won_elsewhere=1 / 3)
    assert made.about(0, math.nan) == Counted(leads=1, won=0, won_elsewhere=2 / 3)
    assert made.about(0, 7.0) == made.about(0, math.nan)


def test_nobody_alike_or_everybody_alike_says_nothing():
    made = Evidence.of(COUNTRY, column([0, 0, 0]), np.array([1, 0, 1]))
    assert made.about(0, 1.0) is None
    assert made.about(0, 0.0) is None


@pytest.mark.parametrize("seed", range(5))
def test_every_lead_is_counted_once_with_those_of_its_bin(seed):
    rows = random_rows(rows=400, seed=seed)
    labels = random_labels(rows, seed=seed + 100)
    made = Evidence.of(VIEW, rows, labels)
    for c in range(len(VIEW.names)):
        assert sum(made.columns[c].leads) == 400
        bins = [made.columns[c].bin_of(value) for value in rows[:, c]]
        assert len({b for b, v in zip(bins, rows[:, c], strict=True) if not math.isnan(v)}) <= max(BINS, 4)
        for i in range(0, 400, 37):
            alike = np.array([b == bins[i] for b in bins])
            found = made.about(c, rows[i, c])
            assert found is not None
            assert (found.leads, found.won) == (alike.sum(), labels[alike].sum())
            assert found.won_elsewhere == pytest.approx(labels[~alike].mean())


def test_quantile_bins_hold_about_as_many_leads_each():
    values = np.random.default_rng(3).normal(size=800)
    made = Evidence.of(COUNTS, column(values), values > 0)
    assert all(95 <= n <= 105 for n in made.columns[0].leads[:-1])
    assert made.about(0, 1e9).leads == made.columns[0].leads[-2]
    assert made.about(0, -1e9).leads == made.columns[0].leads[0]


@pytest.mark.parametrize("values", [[5.0] * 4, [0.0, 0.0, 1.0, 1.0], [-1.0, 0.0, 1.0, np.nan], [0.0, np.nan, 9.0, 9.0]])
def test_bins_of_odd_columns_are_all_in_use(values):
    made = Evidence.of(COUNTS, column(values), np.array([1, 0, 0, 1]))
    assert sum(made.columns[0].leads) == 4
    assert all(made.columns[0].leads[:-1])


def test_what_no_reference_lead_did_has_no_evidence():
    made = Evidence.of(COUNTS, column([0.0] * 4), np.array([1, 0, 0, 1]))
    assert made.about(0, 3.0) is None
    assert Evidence.of(COUNTS, column([np.nan] * 4), np.array([1, 0, 0, 1])).about(0, 3.0) is None


def test_stored_and_read_back_is_the_same():
    rows = random_rows(rows=300, seed=1)
    made = Evidence.of(VIEW, rows, random_labels(rows, seed=2))
    assert Evidence.from_dict(from_text(to_text(made.to_dict(VIEW))), VIEW) == made


def test_rows_of_another_width_are_refused():
    with pytest.raises(ViewMismatch):
        Evidence.of(COUNTS, np.zeros((3, 2)), np.zeros(3))
