"""What happened to similar leads: for each column, wins by range of numbers or by category.

A reason shows this beside its contribution. What is counted are the reference pairs given; give one
pair for each lead, and the counts are leads.
"""

from bisect import bisect_left
from dataclasses import dataclass
from math import isnan

import numpy as np

from features.view import View
from models.arrays import Floats, Labels, as_rows

BINS = 8  #: at most, per column of numbers


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Reference leads like this one, and the share won among all others."""

    leads: int
    won: int
    won_elsewhere: float


@dataclass(frozen=True, kw_only=True)
class ColumnEvidence:
    """Counts per bin of one column; the last bin is missing.

    Numbers fall in (-inf, edges[0]], (edges[0], edges[1]] ... (edges[-1], inf); categories have no
    edges and a bin per code.
    """

    edges: tuple[float, ...] | None
    leads: tuple[int, ...]
    won: tuple[int, ...]

    def bin_of(self, value: float) -> int:
        """The bin that a value falls in."""
        missing = len(self.leads) - 1
        if isnan(value):
            return missing
        if self.edges is not None:
            return bisect_left(self.edges, value)
        return int(value) if 0 <= value < missing else missing


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Counts for each column of a view, in its order."""

    leads: int  #: all reference pairs
    won: int
    columns: tuple[ColumnEvidence, ...]

    @classmethod
    def of(cls, view: View, rows: Floats, labels: Labels) -> "Evidence":
        """Count the reference rows, shape (n_pairs, n_columns), and their labels."""
        rows = as_rows(rows, len(view.names))
        won = np.asarray(labels, dtype=np.float64)
        columns = []
        for definition, values in zip(view.definitions, rows.T, strict=True):
            categories = len(view.categories[definition.name]) if definition.encoding == "category" else None
            columns.append(_counted(values, won, categories))
        return cls(leads=len(rows), won=int(won.sum()), columns=tuple(columns))

    def about(self, column: int, value: float) -> Counted | None:
        """Reference leads whose value falls in the same bin; None where there are none, or no others to compare."""
        counts = self.columns[column]
        at = counts.bin_of(value)
        leads, won = counts.leads[at], counts.won[at]
        if not 0 < leads < self.leads:
            return None
        return Counted(leads=leads, won=won, won_elsewhere=(self.won - won) / (self.leads - leads))


def _counted(values: Floats, won: Floats, categories: int | None) -> ColumnEvidence:
    edges = None if categories is not None else _edges(values[~np.isnan(values)])
    if edges is None:
        missing = categories or 0
        bins = np.where((values >= 0) & (values < missing), values, missing).astype(np.intp)
    else:
        missing = len(edges) + 1
        bins = np.where(np.isnan(values), missing, np.searchsorted(edges, values, side="left"))
    leads = np.bincount(bins, minlength=missing + 1)
    wins = np.bincount(bins, weights=won, minlength=missing + 1)
    return ColumnEvidence(edges=edges, leads=tuple(int(n) for n in leads), won=tuple(int(n) for n in wins))


def _edges(known: Floats) -> tuple[float, ...]:
    """Upper ends of all bins but the last: quantiles, with a bin of its own for zero where nothing is below it."""
    zero_apart = bool(len(known)) and known.min() == 0
    rest = known[known > 0] if zero_apart else known
    bins = BINS - 1 if zero_apart else BINS
    shares = np.linspace(0, 1, bins + 1)[1:-1]
    inner = np.quantile(rest, shares, method="inverted_cdf") if len(rest) else np.zeros(0)
    inner = np.unique(inner)
    inner = inner[inner < rest.max()] if len(rest) else inner
    return (*((0.0,) if zero_apart else ()), *(float(e) for e in inner))
