"""Naive Bayes as Odoo's CRM scores leads: how often each value was won and lost, multiplied as if independent.

Each field counts its values among won and among lost leads, with 0.1 added so that no count is
nothing. A lead's odds are the overall odds times, for each of its values, the share of that value
among the won over its share among the lost. Unset values and values never seen say nothing.

Source: Odoo, addons/crm/models/crm_lead.py and crm_lead_scoring_frequency.py. There each lead counts
once and only words are fields; here pairs count by their weight, and numbers are cut into bands.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.view import View
from training.dataset import Dataset
from training.fit import FOLDS, calibrated, folds, log_odds_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SMOOTHING = 0.1  #: added to every count
BANDS = 5  #: of a number, each with about as many training pairs


@dataclass(frozen=True, kw_only=True)
class NaiveBayes:
    """What each value of each column adds to the log-odds."""

    base: float  #: log-odds of a win before anything is known
    edges: tuple[Floats | None, ...]  #: of the bands of each number; None for a category
    adds: tuple[Floats, ...]  #: per column and value

    @classmethod
    def of(cls, view: View, train: Dataset) -> "NaiveBayes":
        """Count the values of the training pairs."""
        won = float((train.weight * train.label).sum())
        lost = float(train.weight.sum()) - won
        edges = tuple(
            None if d.encoding == "category" else _edges(train.rows[:, i]) for i, d in enumerate(view.definitions)
        )
        adds = tuple(_adds(_codes(train.rows[:, i], own), train) for i, own in enumerate(edges))
        return cls(base=float(np.log((won + SMOOTHING) / (lost + SMOOTHING))), edges=edges, adds=adds)

    def margins(self, rows: Floats) -> Floats:
        """Log-odds of each row, (n_rows,); far too sure of itself wherever columns say the same thing twice."""
        total = np.full(len(rows), self.base)
        for i, (edges, adds) in enumerate(zip(self.edges, self.adds, strict=True)):
            codes = _codes(rows[:, i], edges)
            said = (codes >= 0) & (codes < len(adds))
            total[said] += adds[codes[said]]
        return total


def naive_bayes(view: View, train: Dataset, calibrate: Dataset | None, test: Dataset, seed: int) -> Floats:
    """Calibrated log-odds of the test pairs, calibrated on pairs that the counts have not seen."""
    fitted = NaiveBayes.of(view, train)
    if calibrate is not None:
        platt = calibrated(fitted.margins(calibrate.rows), calibrate)
    else:
        platt = calibrated(_cross_fitted(view, train, seed), train)
    return log_odds_of(platt, fitted.margins(test.rows))


def _cross_fitted(view: View, train: Dataset, seed: int) -> Floats:
    fold, margins = folds(train, seed), np.zeros(len(train))
    for f in range(FOLDS):
        held_out = fold == f
        margins[held_out] = NaiveBayes.of(view, train.take(~held_out)).margins(train.rows[held_out])
    return margins


def _edges(values: Floats) -> Floats:
    known = values[~np.isnan(values)]
    if not len(known):
        return np.empty(0)
    return np.unique(np.quantile(known, np.arange(1, BANDS) / BANDS, method="lower"))


def _codes(values: Floats, edges: Floats | None) -> Ints:
    """The position of each value's band or category, (n_pairs,); -1 where it is unset."""
    unset = np.isnan(values)
    codes = np.where(unset, -1, values) if edges is None else np.searchsorted(edges, values, side="left")
    return np.where(unset, -1, codes).astype(np.int64)


def _adds(codes: Ints, train: Dataset) -> Floats:
    """Log of (share among the won / share among the lost) per value; 0 for one that nobody has."""
    said = codes >= 0
    weight, label, seen = train.weight[said], train.label[said], codes[said]
    count = np.bincount(seen, weights=weight)
    won = np.bincount(seen, weights=weight * label)
    exists = count > 0
    won, lost = won + SMOOTHING * exists, count - won + SMOOTHING * exists
    share = np.zeros(len(count))
    np.divide(won * lost.sum(), lost * won.sum(), out=share, where=exists)
    return np.log(share, out=np.zeros(len(count)), where=exists)
