"""What became of each lead, and which leads may be compared with which.

Leads that came at different times had different time to be decided, and other fields on their
forms. Every comparison is therefore made inside strata: leads that came one after the other.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.clock import NEVER, days
from features.settings import Settings
from features.tables import Export
from training.outcomes import OPEN, closed_at, won_at

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_STRATA = 20
PER_STRATUM = 25  #: leads of the rarer side that a stratum should have
COMPARABLE = 0.2  #: share of the rarer side that must meet the other one in its stratum
FEWEST = 20  #: leads of either side below which nothing is claimed


@dataclass(frozen=True, kw_only=True)
class Fates:
    """One entry per lead of the export."""

    came: Floats  #: what runs with time: the creation, or a flat export's order; NaN where unknown
    created: Ints  #: microseconds; NEVER in flat exports
    closed_at: Ints  #: microseconds; `OPEN` where never, and in flat exports
    won: Bools
    lost: Bools
    horizon: int  #: microseconds within which a lead should be decided
    end: int  #: of the data, microseconds
    flat: bool

    @classmethod
    def of(cls, export: Export, settings: Settings) -> "Fates":
        """Read them from the outcomes, or from the label of a flat export."""
        leads, label = export.leads, export.leads["label"].to_numpy(dtype=np.float64)
        closed, won = closed_at(export), won_at(export) < OPEN
        created = leads["created_at"].to_numpy(dtype=np.int64)
        came = leads["order"].to_numpy(dtype=np.float64)
        return cls(
            came=came if export.flat else np.where(created == NEVER, np.nan, created),
            created=np.full(len(leads), NEVER) if export.flat else created,
            closed_at=closed,
            won=label == 1 if export.flat else won,
            lost=label == 0 if export.flat else (closed < OPEN) & ~won,
            horizon=days(settings.outcome.horizon_days),
            end=export.data_end,
            flat=export.flat,
        )

    @property
    def closed(self) -> Bools:
        """Won or lost."""
        return np.asarray(self.won | self.lost)

    @property
    def dated(self) -> Bools:
        """Leads whose creation is known."""
        return np.asarray(self.created != NEVER)

    @cached_property
    def age(self) -> Floats:
        """Days from creation to the end of the data; NaN where unknown."""
        return np.where(self.dated, (self.end - np.where(self.dated, self.created, 0)) / days(1), np.nan)

    @cached_property
    def open_days(self) -> Floats:
        """Days from creation to closing, or to the end of the data; NaN where unknown."""
        until = np.minimum(self.closed_at, self.end)
        return np.where(self.dated, (until - np.where(self.dated, self.created, 0)) / days(1), np.nan)

    @cached_property
    def label(self) -> Floats:
        """1 won, 0 lost or still open when it should have been decided, NaN too young to tell."""
        label = np.where(self.won, 1.0, np.where(self.lost, 0.0, np.nan))
        if self.flat:
            return label
        waiting = ~self.closed & self.dated
        old = waiting & (self.created <= self.end - self.horizon)
        enough = (label == 0).sum() + old.sum() >= FEWEST
        return np.where(old if enough else waiting, 0.0, label)

    @cached_property
    def ended(self) -> Floats:
        """1 lost, 0 still open, NaN won: what closing does to a lead, apart from what winning does."""
        return np.where(self.won, np.nan, self.lost.astype(np.float64))

    @cached_property
    def rank(self) -> Ints:
        """Place of each lead by when it came; unknown ones first."""
        order = np.argsort(np.nan_to_num(self.came, nan=-np.inf), kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        return rank

    def strata(self, target: Floats) -> Ints:
        """Leads that came one after the other get one number; as many strata as the rarer side can fill.

        One for all where the strata hold one side each, as in a file that is sorted by its result.
        """
        known = ~np.isnan(target)
        rarer = min(int((target == 1).sum()), int((target == 0).sum()))
        count = max(1, min(MOST_STRATA, rarer // PER_STRATUM))
        place = np.cumsum(known[np.argsort(self.rank)])[self.rank]
        strata = np.minimum(count - 1, place * count // max(1, int(known.sum()))).astype(np.int64)
        ones, zeros = (np.bincount(strata[target == side], minlength=count) for side in (1, 0))
        mixed = (ones > 0) & (zeros > 0)
        comparable = min(ones[mixed].sum(), zeros[mixed].sum()) >= COMPARABLE * rarer
        return strata if comparable else np.zeros_like(strata)

    def enough(self, target: Floats) -> bool:
        """Whether both sides have leads enough to claim anything."""
        return min(int((target == 1).sum()), int((target == 0).sum())) >= FEWEST
