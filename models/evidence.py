"""What happened to similar leads: for each column, wins by range of numbers or by category.

A reason shows this beside its contribution. Counts are of different leads; shares are of weighed pairs,
as the probability and the base rate are, so that they may be compared with these.
"""

from bisect import bisect_left
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from math import inf, isnan, nan
from typing import Any

import numpy as np
import numpy.typing as npt

from features.definitions import Definition
from features.view import View
from models.arrays import Floats, Labels, as_rows
from models.plain import count, counts, fields, listed, number, numbers

Ints = npt.NDArray[np.int64]

BINS = 8  #: at most, per column of numbers
FEWEST_LEADS = 10  #: that are evidence
FEWEST_WINS = 3  #: seen or to be expected; with fewer, chance explains any difference
TELLING = 1.05  #: times as often, from which a difference is worth a word
DECIMALS = 6  #: of stored weights


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Reference leads like this one, and how often they were won, compared with all others."""

    leads: int  #: different leads that were ever like this
    won: int  #: of these, won within the horizon of such a moment
    won_here: float  #: share of the weighed pairs like this
    won_elsewhere: float  #: the same among all others
    above: float | None = None  #: numbers like this are in (above, upto]; None for an open end, or a category
    upto: float | None = None

    @property
    def times(self) -> float:
        """How many times as often as the others they were won."""
        if self.won_elsewhere:
            return self.won_here / self.won_elsewhere
        return inf if self.won_here else nan

    def supports(self, contribution: float) -> bool:
        """Whether the leads were won more often, or less, as the contribution says."""
        return self.times >= TELLING if contribution > 0 else self.times <= 1 / TELLING


@dataclass(frozen=True, kw_only=True)
class ColumnEvidence:
    """Counts per bin of one column; the last bin is missing.

    Numbers fall in (-inf, edges[0]], (edges[0], edges[1]] ... (edges[-1], inf); categories have no
    edges and a bin per code. A lead counts in each bin that it was ever in.
    """

    edges: tuple[float, ...] | None
    leads: tuple[int, ...]
    won: tuple[int, ...]
    weight: tuple[float, ...]  #: of the reference pairs in each bin
    weight_won: tuple[float, ...]

    @classmethod
    def from_dict(cls, data: object, codes: int | None, *, weighed: bool) -> "ColumnEvidence":
        """One column of `evidence.json`; `codes` is how many categories the column has, None for numbers.

        Where nothing was `weighed`, each lead weighs one.

        Raises:
            ValueError: the data is not of that form, or there are more wins than leads.
        """
        stored = fields(data, "name", "edges", "leads", "won", *(("weight", "weight_won") if weighed else ()))
        edges = numbers(stored["edges"]) if codes is None else None
        if edges and any(later <= earlier for earlier, later in pairwise(edges)):
            raise ValueError(f"the edges of {stored['name']!r:.80} are not ascending")
        bins = (len(edges) + 1 if edges is not None else codes or 0) + 1
        leads, won = counts(stored["leads"], length=bins), counts(stored["won"], length=bins)
        weight = numbers(stored["weight"] if weighed else stored["leads"], length=bins)
        weight_won = numbers(stored["weight_won"] if weighed else stored["won"], length=bins)
        for part, whole in ((won, leads), (weight_won, weight)):
            if any(not 0 <= w <= n for w, n in zip(part, whole, strict=True)):
                raise ValueError(f"{stored['name']!r:.80} counts more wins than leads")
        return cls(edges=edges, leads=leads, won=won, weight=weight, weight_won=weight_won)

    def range_of(self, at: int) -> tuple[float | None, float | None]:
        """The numbers of a bin, as (above, upto]; None for an open end."""
        edges = self.edges or ()
        if at > len(edges):
            return None, None
        return edges[at - 1] if at else None, edges[at] if at < len(edges) else None

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

    leads: int  #: all reference leads
    won: int
    weight: float  #: of all reference pairs
    weight_won: float
    columns: tuple[ColumnEvidence, ...]

    @classmethod
    def of(
        cls, view: View, rows: Floats, labels: Labels, weights: Floats | None = None, leads: Ints | None = None
    ) -> "Evidence":
        """Count the reference rows, shape (n_pairs, n_columns), and their labels.

        Without `weights` each pair weighs one; without `leads`, the lead of each pair, each is of another lead.
        """
        rows = as_rows(rows, len(view.names))
        pairs = _Pairs(
            won=np.asarray(labels, dtype=np.float64),
            weight=np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=np.float64),
            lead=np.arange(len(rows)) if leads is None else np.unique(leads, return_inverse=True)[1],
        )
        columns = []
        for definition, values in zip(view.definitions, rows.T, strict=True):
            edges, bins, n_bins = _bins(values, _codes(view, definition))
            columns.append(pairs.counted(edges, bins, n_bins))
        whole = pairs.counted(None, np.zeros(len(rows), dtype=np.intp), 1)
        return cls(
            leads=whole.leads[0],
            won=whole.won[0],
            weight=whole.weight[0],
            weight_won=whole.weight_won[0],
            columns=tuple(columns),
        )

    def to_dict(self, view: View) -> dict[str, Any]:
        """Plain data for `evidence.json`."""
        columns = [{"name": name} | asdict(column) for name, column in zip(view.names, self.columns, strict=True)]
        whole = {"leads": self.leads, "won": self.won, "weight": self.weight, "weight_won": self.weight_won}
        return {"counted": "leads", **whole, "columns": columns}

    @classmethod
    def from_dict(cls, data: object, view: View) -> "Evidence":
        """The evidence that `to_dict` stored, for the same view.

        What the first releases stored has "pairs" as `counted`, and no weights.

        Raises:
            ValueError: the data is not of that form, or of another view.
        """
        weighed = not (isinstance(data, dict) and data.get("counted") == "pairs")
        stored = fields(data, "counted", "leads", "won", "columns", *(("weight", "weight_won") if weighed else ()))
        if weighed and stored["counted"] != "leads":
            raise ValueError(f"it counts {stored['counted']!r:.80}, this release reads 'leads' and 'pairs'")
        entries = listed(stored["columns"], length=len(view.names))
        columns = [
            ColumnEvidence.from_dict(entry, _codes(view, definition), weighed=weighed)
            for definition, entry in zip(view.definitions, entries, strict=True)
        ]
        made = cls(
            leads=count(stored["leads"]),
            won=count(stored["won"]),
            weight=number(stored["weight"] if weighed else stored["leads"]),
            weight_won=number(stored["weight_won"] if weighed else stored["won"]),
            columns=tuple(columns),
        )
        made._check()
        return made

    def _check(self) -> None:
        """Each column counts all leads, at least once, and all pairs."""
        for c in self.columns:
            weights = ((sum(c.weight), self.weight), (sum(c.weight_won), self.weight_won))
            apart = max(abs(mine - whole) for mine, whole in weights)
            counted = ((c.leads, self.leads), (c.won, self.won))
            whole = all(max(mine) <= all_leads <= sum(mine) for mine, all_leads in counted)
            if not whole or apart > 1e-6 * max(1.0, self.weight):
                raise ValueError("a column counts other leads than the whole")

    def about(self, column: int, value: float) -> Counted | None:
        """Reference leads whose value falls in the same bin; None where they are too few, or nobody is elsewhere."""
        return self._counted[column][self.columns[column].bin_of(value)]

    def of_bins(self, column: int) -> tuple[Counted | None, ...]:
        """The same for each bin of a column, the last that of missing values."""
        return self._counted[column]

    @cached_property
    def _counted(self) -> tuple[tuple[Counted | None, ...], ...]:
        """For each column and bin."""
        return tuple(tuple(self._of_bin(c, at) for at in range(len(c.leads))) for c in self.columns)

    def _of_bin(self, column: ColumnEvidence, at: int) -> Counted | None:
        leads, won, weight = column.leads[at], column.won[at], column.weight[at]
        elsewhere = self.weight - weight
        expected = leads * self.won / max(1, self.leads)
        if leads < FEWEST_LEADS or max(won, expected) < FEWEST_WINS or elsewhere <= 1e-6 * self.weight:
            return None
        above, upto = column.range_of(at)
        return Counted(
            leads=leads,
            won=won,
            won_here=column.weight_won[at] / weight if weight else 0.0,
            won_elsewhere=max(0.0, self.weight_won - column.weight_won[at]) / elsewhere,
            above=above,
            upto=upto,
        )


@dataclass(frozen=True, kw_only=True)
class _Pairs:
    """The reference pairs without their columns."""

    won: Floats
    weight: Floats
    lead: Ints  #: 0 to the number of leads

    def counted(self, edges: tuple[float, ...] | None, bins: npt.NDArray[np.intp], n_bins: int) -> ColumnEvidence:
        """What falls in each bin."""
        weight = np.bincount(bins, weights=self.weight, minlength=n_bins)
        weight_won = np.bincount(bins, weights=self.weight * self.won, minlength=n_bins)
        return ColumnEvidence(
            edges=edges,
            leads=self._different(bins, n_bins),
            won=self._different(bins, n_bins, self.won > 0),
            weight=tuple(np.round(weight, DECIMALS).tolist()),
            weight_won=tuple(np.round(weight_won, DECIMALS).tolist()),
        )

    def _different(
        self, bins: npt.NDArray[np.intp], n_bins: int, chosen: npt.NDArray[np.bool_] | slice = slice(None)
    ) -> tuple[int, ...]:
        """How many different leads each bin has."""
        found = np.unique(self.lead[chosen] * n_bins + bins[chosen])
        return tuple(np.bincount(found % n_bins, minlength=n_bins).tolist())


def _codes(view: View, definition: Definition) -> int | None:
    """How many categories a column has; None for numbers."""
    return len(view.categories[definition.name]) if definition.encoding == "category" else None


def _bins(values: Floats, codes: int | None) -> tuple[tuple[float, ...] | None, npt.NDArray[np.intp], int]:
    """The edges of a column, the bin of each value, and how many bins there are."""
    edges = None if codes is not None else _edges(values[~np.isnan(values)])
    if edges is None:
        missing = codes or 0
        bins = np.where((values >= 0) & (values < missing), values, missing).astype(np.intp)
    else:
        missing = len(edges) + 1
        bins = np.where(np.isnan(values), missing, np.searchsorted(edges, values, side="left"))
    return edges, bins, missing + 1


def _edges(known: Floats) -> tuple[float, ...]:
    """Upper ends of all bins but the last: quantiles, with zero, what is below it and what is above it apart."""
    below, above = known[known < 0], known[known > 0]
    if not (known == 0).any():
        return _quantiles(known, BINS)
    for_below = max(1, round((BINS - 1) * len(below) / max(1, len(below) + len(above)))) if len(below) else 0
    of_below = (*_quantiles(below, for_below), float(below.max())) if len(below) else ()
    return (*of_below, *((0.0,) if len(above) else ()), *_quantiles(above, max(1, BINS - 1 - for_below)))


def _quantiles(known: Floats, bins: int) -> tuple[float, ...]:
    """The inner edges of up to so many bins of about equal count."""
    if not len(known):
        return ()
    inner = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf"))
    return tuple(inner[inner < known.max()].tolist())
