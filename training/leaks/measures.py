"""Figures that small numbers, drift over time and columns with thousands of values can't fool.

The AUC is of values on leads that did not take part in judging the values; ratios of shares have an
interval; all compare leads of one stratum only (`Fates.strata`).
"""

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLDS = 5
OWN_STREAM = 0x1EAF  #: so that data drawn with the same seed doesn't meet its own draws
SMOOTHING = 10.0  #: leads of the base rate added to every value
FEWEST_RANKED = 10
SURE = 2.0  #: standard errors between a figure and its cautious bound


@dataclass(frozen=True, kw_only=True)
class Auc:
    """Chance that a value of one side ranks above one of the other; .5 says nothing."""

    value: float
    error: float  #: standard error

    @property
    def low(self) -> float:
        """The cautious bound."""
        return self.value - SURE * self.error


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How many times as often something holds on one side as on the other."""

    value: float
    low: float  #: the cautious bound
    share: float  #: on this side
    share_elsewhere: float


def held_out_auc(level: Ints, target: Floats, strata: Ints, seed: int) -> Auc | None:
    """How well a column tells the two sides of `target` (1, 0; NaN takes no part) apart.

    `level` numbers the column's values from 0. Each fifth of the leads is ranked by the smoothed
    share of the other four fifths. None where either side is absent.
    """
    known = ~np.isnan(target)
    level, side, cell = level[known], target[known].astype(np.int64), strata[known]
    levels, cells = int(level.max(initial=0)) + 1, int(cell.max(initial=0)) + 1
    fold = np.random.default_rng([seed, OWN_STREAM]).integers(0, FOLDS, len(level))
    place = (fold * cells + cell) * levels + level
    shape = (FOLDS, cells, levels)
    ones, zeros = (
        np.bincount(place[side == s], minlength=FOLDS * cells * levels).reshape(shape).astype(np.float64)
        for s in (1, 0)
    )
    wins, losses, pairs = 0.0, 0.0, 0.0
    for i in range(FOLDS):
        order = np.argsort(_smoothed(ones, zeros, i), kind="stable")
        ranked, other = ones[i][:, order], zeros[i][:, order]
        below = np.cumsum(other, axis=1) - other
        wins += float((ranked * (below + other / 2)).sum())
        pairs += float((ranked.sum(axis=1) * other.sum(axis=1)).sum())
        losses += float(other.sum())
    if pairs == 0:
        return None
    return Auc(value=wins / pairs, error=_auc_error(wins / pairs, float(side.sum()), losses))


def _smoothed(ones: Floats, zeros: Floats, fold: int) -> Floats:
    """Share of ones per level, learned on the other folds."""
    one = ones.sum(axis=(0, 1)) - ones[fold].sum(axis=0)
    zero = zeros.sum(axis=(0, 1)) - zeros[fold].sum(axis=0)
    base = one.sum() / max(1.0, one.sum() + zero.sum())
    return np.asarray((one + SMOOTHING * base) / (one + zero + SMOOTHING))


def _auc_error(auc: float, ones: float, zeros: float) -> float:
    """Hanley and McNeil 1982."""
    first, second = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    variance = auc * (1 - auc) + (ones - 1) * (first - auc * auc) + (zeros - 1) * (second - auc * auc)
    return sqrt(max(variance, 0.0) / max(ones * zeros, 1.0))


def share_ratio(holds: Bools, target: Floats, strata: Ints) -> Ratio:
    """How many times as often `holds` on the side of 1 as on the side of 0.

    Mantel and Haenszel's ratio over strata, with the interval of Greenland and Robins (1985). One
    lead is added, split between the sides by their sizes, so that none at all is not endlessly few.
    """
    ones, zeros = target == 1, target == 0
    count = int(strata.max(initial=0)) + 1
    n1, n0 = (np.bincount(strata[side], minlength=count) for side in (ones, zeros))
    a, b = (np.bincount(strata[side & holds], minlength=count) for side in (ones, zeros))
    n = np.maximum(n1 + n0, 1)
    added = float(n1.sum() * n0.sum() / max(1, n.sum()) ** 2)
    if added == 0:
        return Ratio(value=1.0, low=0.0, share=0.0, share_elsewhere=0.0)
    top, bottom = float((a * n0 / n).sum()) + added, float((b * n1 / n).sum()) + added
    spread = float(((n1 * n0 * (a + b) - a * b * n) / n**2).sum()) + added
    error = sqrt(max(0.0, spread) / (top * bottom))
    return Ratio(
        value=top / bottom,
        low=exp(log(top / bottom) - SURE * error),
        share=float(a.sum() / n1.sum()),
        share_elsewhere=float(b.sum() / n0.sum()),
    )


def rank_correlation(a: Floats, b: Floats) -> float:
    """Spearman's, over places where both are known; 0 where either never varies or too few are known."""
    return rank_correlation_within(a, b, np.zeros(len(a), dtype=np.int64))


def rank_correlation_within(a: Floats, b: Floats, strata: Ints) -> float:
    """Spearman's after the mean rank of each stratum is taken away."""
    known = ~np.isnan(a) & ~np.isnan(b)
    if known.sum() < FEWEST_RANKED:
        return 0.0
    x, y = (_centred(rankdata(values[known]), strata[known]) for values in (a, b))
    spread = sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / spread if spread > 0 else 0.0


def _centred(ranks: Floats, strata: Ints) -> Floats:
    sizes = np.bincount(strata)
    return np.asarray(ranks - (np.bincount(strata, ranks) / np.maximum(sizes, 1))[strata])
