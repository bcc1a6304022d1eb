"""The pairs of one part with everything that fitting and evaluating need, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Aligned arrays over pairs, sorted by `as_of`."""

    rows: Floats  #: (n_pairs, n_columns), in the order of the view
    label: Floats  #: 1 won within the horizon, 0 not
    weight: Floats  #: how many pairs of the period each stands for
    group: Ints  #: account or lead: what must not be torn apart
    lead: Ints
    as_of: Ints

    def __len__(self) -> int:
        return len(self.label)

    def take(self, chosen: npt.NDArray[np.bool_] | Ints) -> "Dataset":
        """The pairs at these positions, or where this mask is true."""
        return Dataset(
            rows=self.rows[chosen],
            label=self.label[chosen],
            weight=self.weight[chosen],
            group=self.group[chosen],
            lead=self.lead[chosen],
            as_of=self.as_of[chosen],
        )

    def columns(self, chosen: Ints) -> "Dataset":
        """The same pairs with some of the columns only."""
        return replace(self, rows=self.rows[:, chosen])

    def as_weighed(self) -> "Dataset":
        """As many pairs, each as often as its weight says (systematic resampling): for what takes no weights."""
        upto = np.cumsum(self.weight)
        evenly = (np.arange(len(self)) + 0.5) * (upto[-1] / len(self))
        return replace(self.take(np.searchsorted(upto, evenly)), weight=np.ones(len(self)))

    def one_pair_per_lead(self, seed: int) -> "Dataset":
        """One pair of each lead, drawn by weight: for counts of leads rather than of pairs."""
        luck = np.random.default_rng(seed).random(len(self)) ** (1 / self.weight)
        order = np.lexsort((-luck, self.lead))
        first = np.r_[True, self.lead[order][1:] != self.lead[order][:-1]] if len(order) else np.zeros(0, dtype=bool)
        return self.take(np.sort(order[first]))

    def some_leads(self, *, pairs: int, wins: int, seed: int) -> "Dataset":
        """Whole leads, drawn at random until they hold so many pairs and so many of them were won; all if too few."""
        _, lead, count = np.unique(self.lead, return_inverse=True, return_counts=True)
        won = np.bincount(lead, weights=self.label) > 0
        drawn = np.random.default_rng(seed).permutation(len(count))
        enough = max(np.searchsorted(np.cumsum(x[drawn]), least) for x, least in ((count, pairs), (won, wins)))
        kept = np.zeros(len(count), dtype=np.bool_)
        kept[drawn[: int(enough) + 1]] = True
        return self.take(kept[lead])

    @property
    def wins(self) -> int:
        """How many different leads among the pairs were won within the horizon."""
        return len(np.unique(self.lead[self.label == 1]))


def together(parts: Sequence[Dataset]) -> Dataset:
    """The pairs of several parts one after the other, without their columns, which differ between views."""
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("label", "weight", "group", "lead", "as_of")
    }
    return Dataset(rows=np.empty((len(columns["label"]), 0)), **columns)
