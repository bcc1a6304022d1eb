"""What happened to similar leads: for each column, wins by range of numbers or by category.

A reason shows this beside its contribution. Counts are of different leads, those that were ever like this and those
that were ever otherwise; shares are of weighed pairs, as the probability and the base rate are.
"""

from bisect import bisect_left
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import inf, isnan, nan
from typing import Any

import numpy as np

from features.definitions import Definition
from features.view import View
from models.arrays import Floats, Ints, Labels, as_rows
from models.evidence_bins import Bins, Drawn, bins_of, counts_all
from models.plain import count, counts, fields, listed, number, numbers

FEWEST_LEADS = 10  #: that are evidence
FEWEST_WINS = 3  #: seen or to be expected; with fewer, chance explains any difference
TELLING = 1.05  #: times as often, from which a difference is worth a word
DECIMALS = 6  #: of stored weights
OTHERS = ("others", "others_won")
#: how `evidence.json` may count, and what it then holds besides leads and wins, of all leads and of each column
FORMS = {
    "pairs": ((), ()),
    "leads": (("weight", "weight_won"), ("weight", "weight_won")),
    "leads, a moment each": (("weight", "weight_won"), ("weight", "weight_won", *OTHERS)),
}


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Reference leads like this one, and how often they were won, compared with all others."""

    leads: int  #: different leads that were ever like this
    won: int  #: of these, won within the horizon of such a moment: of one drawn for each lead, unless others is None
    won_here: float  #: share of the weighed pairs like this
    won_elsewhere: float  #: the same among all others
    others: int | None = None  #: different leads that were ever otherwise; None in bundles that didn't count them
    others_won: int | None = None  #: of these, won within the horizon of such a moment
    above: float | None = None  #: numbers like this are in (above, upto]; None for an open end, or a category
    upto: float | None = None

    @property
    def times(self) -> float:
        """How many times as often as the others they were won."""
        if self.won_elsewhere:
            return self.won_here / self.won_elsewhere
        return inf if self.won_here else nan

    @property
    def share(self) -> float:
        """Of the leads that were ever like this, those won."""
        return self.won / self.leads

    @property
    def other_share(self) -> float | None:
        """Of the leads that were ever otherwise, those won; None where nobody counted them."""
        return self.others_won / self.others if self.others and self.others_won is not None else None

    def supports(self, contribution: float) -> bool:
        """Whether leads and moments were won more often, or less, as the contribution says."""
        there = self.other_share
        if contribution > 0:
            return self.times >= TELLING and (there is None or self.share >= TELLING * there)
        return self.times <= 1 / TELLING and (there is None or TELLING * self.share <= there)


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
    others: tuple[int, ...] | None = None  #: different leads that were ever outside of each bin
    others_won: tuple[int, ...] | None = None

    @classmethod
    def from_dict(cls, data: object, codes: int | None, *, names: tuple[str, ...]) -> "ColumnEvidence":
        """One column of `evidence.json`; `codes` is how many categories the column has, None for numbers.

        `names` are the fields of `FORMS` that it holds. Where nothing was weighed, each lead weighs one.

        Raises:
            ValueError: the data is not of that form, or there are more wins than leads.
        """
        stored = fields(data, "name", "edges", "leads", "won", *names)
        edges = numbers(stored["edges"]) if codes is None else None
        if edges and any(later <= earlier for earlier, later in pairwise(edges)):
            raise ValueError(f"the edges of {stored['name']!r:.80} are not ascending")
        bins = (len(edges) + 1 if edges is not None else codes or 0) + 1
        leads, won = counts(stored["leads"], length=bins), counts(stored["won"], length=bins)
        weight = numbers(stored.get("weight", stored["leads"]), length=bins)
        weight_won = numbers(stored.get("weight_won", stored["won"]), length=bins)
        others, others_won = (counts(stored[name], length=bins) if name in names else None for name in OTHERS)
        for part, whole in ((won, leads), (weight_won, weight), (others_won or (), others or ())):
            if any(not 0 <= w <= n for w, n in zip(part, whole, strict=True)):
                raise ValueError(f"{stored['name']!r:.80} counts more wins than leads")
        made = cls(edges=edges, leads=leads, won=won, weight=weight, weight_won=weight_won)
        return replace(made, others=others, others_won=others_won)

    def with_others(self, leads: int, won: int) -> "ColumnEvidence":
        """With the leads outside of each bin, if each of all `leads` is in one bin alone."""
        if self.others is not None or (sum(self.leads), sum(self.won)) != (leads, won):
            return self
        others, others_won = tuple(leads - n for n in self.leads), tuple(won - n for n in self.won)
        return replace(self, others=others, others_won=others_won)

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
        cls,
        view: View,
        rows: Floats,
        labels: Labels,
        weights: Floats | None = None,
        leads: Ints | None = None,
        *,
        seed: int = 0,
    ) -> "Evidence":
        """Count the reference rows, shape (n_pairs, n_columns), and their labels; `seed` draws the moments.

        Without `weights` each pair weighs one; without `leads`, the lead of each pair, each is of another lead.
        """
        rows, won = as_rows(rows, len(view.names)), np.asarray(labels, dtype=np.float64)
        lead = np.arange(len(rows)) if leads is None else np.unique(leads, return_inverse=True)[1]
        pairs = _Pairs(
            won=won,
            weight=np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=np.float64),
            drawn=Drawn.of(lead, won, seed),
        )
        columns = []
        for definition, values in zip(view.definitions, rows.T, strict=True):
            edges, bins, n_bins = bins_of(values, _codes(view, definition))
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
        form = "leads" if any(column.others is None for column in self.columns) else "leads, a moment each"
        kept = ("edges", "leads", "won", *FORMS[form][1])
        columns = [
            {"name": name} | {field: value for field, value in asdict(column).items() if field in kept}
            for name, column in zip(view.names, self.columns, strict=True)
        ]
        whole = {"leads": self.leads, "won": self.won, "weight": self.weight, "weight_won": self.weight_won}
        return {"counted": form, **whole, "columns": columns}

    @classmethod
    def from_dict(cls, data: object, view: View) -> "Evidence":
        """The evidence that `to_dict` stored, for the same view.

        What the first releases stored has "pairs" as `counted`, and no weights; later ones counted no others.

        Raises:
            ValueError: the data is not of that form, or of another view.
        """
        form = data.get("counted") if isinstance(data, dict) else None
        if form not in FORMS:
            raise ValueError(f"it counts {form!r:.80}, this release reads {', '.join(map(repr, FORMS))}")
        whole, of_column = FORMS[form]
        stored = fields(data, "counted", "leads", "won", "columns", *whole)
        leads, won = count(stored["leads"]), count(stored["won"])
        entries = listed(stored["columns"], length=len(view.names))
        columns = [
            ColumnEvidence.from_dict(entry, _codes(view, definition), names=of_column).with_others(leads, won)
            for definition, entry in zip(view.definitions, entries, strict=True)
        ]
        made = cls(
            leads=leads,
            won=won,
            weight=number(stored.get("weight", leads)),
            weight_won=number(stored.get("weight_won", won)),
            columns=tuple(columns),
        )
        made._check()
        return made

    def _check(self) -> None:
        """Each column counts all leads, at least once, and all pairs."""
        for c in self.columns:
            weights = ((sum(c.weight), self.weight), (sum(c.weight_won), self.weight_won))
            apart = max(abs(mine - whole) for mine, whole in weights)
            if not counts_all(c.leads, c.others, self.leads) or apart > 1e-6 * max(1.0, self.weight):
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
        if not self._tells(leads, won) or elsewhere <= 1e-6 * self.weight:
            return None
        others = None if column.others is None else column.others[at]
        others_won = None if column.others_won is None else column.others_won[at]
        if others is not None and not self._tells(others, others_won or 0):
            return None
        above, upto = column.range_of(at)
        return Counted(
            leads=leads,
            won=won,
            won_here=column.weight_won[at] / weight if weight else 0.0,
            won_elsewhere=max(0.0, self.weight_won - column.weight_won[at]) / elsewhere,
            others=others,
            others_won=others_won,
            above=above,
            upto=upto,
        )

    def _tells(self, leads: int, won: int) -> bool:
        """Whether so many leads with so many wins are more than chance."""
        return leads >= FEWEST_LEADS and max(won, leads * self.won / max(1, self.leads)) >= FEWEST_WINS


@dataclass(frozen=True, kw_only=True)
class _Pairs:
    """The reference pairs without their columns."""

    won: Floats
    weight: Floats
    drawn: Drawn

    def counted(self, edges: tuple[float, ...] | None, bins: Bins, n_bins: int) -> ColumnEvidence:
        """What falls in each bin."""
        weight = np.bincount(bins, weights=self.weight, minlength=n_bins)
        weight_won = np.bincount(bins, weights=self.weight * self.won, minlength=n_bins)
        leads, won, others, others_won = self.drawn.counted(bins, n_bins)
        return ColumnEvidence(
            edges=edges,
            leads=leads,
            won=won,
            weight=tuple(np.round(weight, DECIMALS).tolist()),
            weight_won=tuple(np.round(weight_won, DECIMALS).tolist()),
            others=others,
            others_won=others_won,
        )


def _codes(view: View, definition: Definition) -> int | None:
    """How many categories a column has; None for numbers."""
    return len(view.categories[definition.name]) if definition.encoding == "category" else None
