"""What every test may look at: the export, the settings, the fates of its leads, the strata."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from features.seen_kinds import seen_kinds
from features.settings import Settings
from features.tables import Export
from training.leaks.event_totals import Events, event_totals
from training.leaks.fates import Fates

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


SAMPLE = 10_000  #: leads for what needs ranks of many columns


@dataclass(frozen=True, kw_only=True)
class Case:
    """One export under examination."""

    export: Export
    settings: Settings
    fates: Fates

    @classmethod
    def of(cls, export: Export, settings: Settings) -> "Case":
        """Open the case."""
        return cls(export=export, settings=settings, fates=Fates.of(export, settings))

    @property
    def seed(self) -> int:
        """Of every draw."""
        return self.settings.model.seed

    @cached_property
    def won_or_not(self) -> Ints:
        """Strata in which won leads are compared with the others."""
        return self.fates.strata(self.fates.label)

    @cached_property
    def lost_or_open(self) -> Ints:
        """Strata in which lost leads are compared with open ones."""
        return self.fates.strata(self.fates.ended)

    @cached_property
    def outcome_tells(self) -> bool:
        """Whether there are wins and others enough to test against."""
        return self.fates.enough(self.fates.label)

    @cached_property
    def closing_tells(self) -> bool:
        """Whether there are lost and open leads enough to test against."""
        return self.fates.enough(self.fates.ended)

    @cached_property
    def sample(self) -> Ints:
        """Positions of some leads, spread evenly."""
        leads = len(self.fates.won)
        return np.unique(np.linspace(0, leads - 1, min(leads, SAMPLE)).astype(np.int64))

    @cached_property
    def events(self) -> Events:
        """The events by kind."""
        return Events.of(self.export)

    @cached_property
    def event_ranks(self) -> tuple[tuple[str, ...], Floats]:
        """What the events come to at the export, by name, and its ranks over `sample`; leads without any last."""
        totals = event_totals(self.events, self.fates)
        sampled = [np.nan_to_num(total[self.sample], nan=np.inf) for total in totals.values()]
        return tuple(totals), np.array([rankdata(values) for values in sampled])

    @cached_property
    def feature_kinds(self) -> frozenset[str]:
        """Kinds, as exported, that become features."""
        kinds = seen_kinds(self.export.events, self.settings.kinds)
        return frozenset(name for k in kinds if k.is_feature for name in (k.meaning.name, *k.meaning.aliases))
