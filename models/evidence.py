"""What happened to similar leads: for each column, wins by range of numbers or by category.

A reason shows this beside its contribution. What is counted are the reference pairs given; give one
pair for each lead, and the counts are leads.
"""

from bisect import bisect_left
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import isnan
from typing import Any

import numpy as np

from features.definitions import Definition
from features.view import View
from models.arrays import Floats, Labels, as_rows
from models.plain import count, counts, fields, listed, numbers

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

    @classmethod
    def from_dict(cls, data: object, codes: int | None) -> "ColumnEvidence":
        """One column of `evidence.json`; `codes` is how many categories the column has, None for numbers.

        Raises:
            ValueError: the data is not of that form, or there are more wins than leads.
        """
        stored = fields(data, "name", "edges", "leads", "won")
        edges = numbers(stored["edges"]) if codes is None else None
        if edges and any(later <= earlier for earlier, later in pairwise(edges)):
            raise ValueError(f"the edges of {stored['name']!r:.80} are not ascending")
        bins = (len(edges) + 1 if edges is not None else codes or 0) + 1
        column = cls(edges=edges, leads=counts(stored["leads"], length=bins), won=counts(stored["won"], length=bins))
        if any(w > n for w, n in zip(column.won, column.leads, strict=True)):
            raise ValueError(f"{stored['name']!r:.80} counts more wins than leads")
        return column

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
            columns.append(_counted(values, won, _codes(view, definition)))
        return cls(leads=len(rows), won=int(won.sum()), columns=tuple(columns))

    def to_dict(self, view: View) -> dict[str, Any]:
        """Plain data for `evidence.json`."""
        columns = [{"name": name} | asdict(column) for name, column in zip(view.names, self.columns, strict=True)]
        return {"counted": "pairs", "leads": self.leads, "won": self.won, "columns": columns}

    @classmethod
    def from_dict(cls, data: object, view: View) -> "Evidence":
        """The evidence that `to_dict` stored, for the same view.

        Raises:
            ValueError: the data is not of that form, or of another view.
        """
        stored = fields(data, "counted", "leads", "won", "columns")
        entries = listed(stored["columns"], length=len(view.names))
        leads, won = count(stored["leads"]), count(stored["won"])
        columns = [
            ColumnEvidence.from_dict(entry, _codes(view, definition))
            for definition, entry in zip(view.definitions, entries, strict=True)
        ]
        if any(sum(c.leads) != leads or sum(c.won) != won for c in columns):
            raise ValueError("a column counts other leads than the whole")
        return cls(leads=leads, won=won, columns=tuple(columns))

    def about(self, column: int, value: float) -> Counted | None:
        """Reference leads whose value falls in the same bin; None where there are none, or no others to compare."""
        of_column = self.columns[column]
        at = of_column.bin_of(value)
        leads, won = of_column.leads[at], of_column.won[at]
        if not 0 < leads < self.leads:
            return None
        return Counted(leads=leads, won=won, won_elsewhere=(self.won - won) / (self.leads - leads))


def _codes(view: View, definition: Definition) -> int | None:
    """How many categories a column has; None for numbers."""
    return len(view.categories[definition.name]) if definition.encoding == "category" else None


def _counted(values: Floats, won: Floats, codes: int | None) -> ColumnEvidence:
    edges = None if codes is not None else _edges(values[~np.isnan(values)])
    if edges is None:
        missing = codes or 0
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
