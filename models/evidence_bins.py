"""How the values of a column fall into bins, and how many different leads that makes, each looked at once.

A lead that has a value for long has many moments at which a win may follow; counted whenever one did, long states would
look like good ones. So one moment of each lead is drawn inside of a bin, and one outside.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.compiled import compiled, plain
from models.arrays import Floats, Ints

Bins = npt.NDArray[np.intp]

BINS = 8  #: at most, per column of numbers


def bins_of(values: Floats, codes: int | None) -> tuple[tuple[float, ...] | None, Bins, int]:
    """The edges of a column, None for one of `codes` categories, the bin of each value, and how many bins there are."""
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


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Pairs by lead, those of one lead in a random order: its first pair in a bin is drawn among those there."""

    order: Ints
    lead: Ints
    won: Ints

    @classmethod
    def of(cls, lead: Ints, won: Floats, seed: int) -> "Drawn":
        """Draw once for all columns."""
        mixed = np.random.default_rng(seed).permutation(len(lead))
        order = mixed[np.argsort(lead[mixed], kind="stable")]
        return cls(order=plain(order, np.int64), lead=plain(lead[order], np.int64), won=plain(won[order] > 0, np.int64))

    def counted(self, bins: Bins, n_bins: int) -> tuple[tuple[int, ...], ...]:
        """Per bin: leads that were ever in it, those won; leads that were ever outside of it, those won."""
        found = np.zeros((4, n_bins), dtype=np.int64)
        _count(self.lead, self.won, plain(bins[self.order], np.int64), found)
        return tuple(tuple(row.tolist()) for row in found)


@compiled
def _count(lead: Ints, won: Ints, bins: Ints, found: Ints) -> None:
    inside, inside_won, others, others_won = found
    seen = np.full(found.shape[1], -1, dtype=np.int64)
    leads, wins, i = 0, 0, 0
    while i < len(lead):
        who, first, first_won, second_won = lead[i], bins[i], won[i], -1
        while i < len(lead) and lead[i] == who:
            if seen[bins[i]] != who:
                seen[bins[i]] = who
                inside[bins[i]] += 1
                inside_won[bins[i]] += won[i]
            if second_won < 0 and bins[i] != first:
                second_won = won[i]
            i += 1
        leads, wins = leads + 1, wins + first_won
        others[first] -= 1  # outside of its first bin the pair drawn is the first in another one, if there is one
        others_won[first] -= first_won
        if second_won >= 0:
            others[first] += 1
            others_won[first] += second_won
    others += leads
    others_won += wins


def counts_all(inside: tuple[int, ...], others: tuple[int, ...] | None, leads: int) -> bool:
    """Whether a column counts each of all leads, in a bin or outside of it."""
    beside = zip(inside, others or inside, strict=True)
    apart = others is None or all(n <= leads <= n + mine for mine, n in beside)
    return apart and max(inside) <= leads <= sum(inside)
