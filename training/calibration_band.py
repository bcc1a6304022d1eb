"""Does it keep its promises? Each bin's share of wins beside the range that luck alone would give.

If the probabilities are right, the wins among n leads with mean probability p are binomial: the
band around p is wide where n is small, and a dot outside it is news. (Bröcker and Smith, "Increasing
the reliability of reliability diagrams", 2007, draw the same band by resampling.) n counts leads or
accounts, not pairs: pairs of one lead share its fate. A lead with many pairs weighs more than one with
a single one, so n is the number of equal leads that tell as much (Kish, "Survey Sampling", 1965).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from training.intervals import LEVEL
from training.metrics import WINS_FOR_A_CURVE, Bin, Ranked, reliability, won_groups

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Promise:
    """Leads with similar probabilities: what was promised, what luck allows, what came."""

    expected: float
    low: float  #: the middle 95 % of what a right promise gives among so many cases
    high: float
    observed: float
    pairs: float  #: weight
    cases: int  #: different leads or accounts

    @property
    def kept(self) -> bool:
        """Whether luck explains the difference."""
        return self.low <= self.observed <= self.high

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        names = ("expected", "low", "high", "observed", "pairs", "cases", "kept")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """All bins, from the least likely leads up."""

    promises: tuple[Promise, ...]
    wins: int  #: different leads or accounts that were won

    @classmethod
    def of(cls, ranked: Ranked, groups: Ints) -> "Calibration":
        """Bins of about equal expected wins; `groups` (n_pairs,) in the order given to `Ranked.of`."""
        bins = reliability(ranked, groups)
        return cls(promises=tuple(map(_promise, bins)), wins=won_groups(ranked, groups))

    def verdict(self) -> str:
        """In a sentence; by luck one bin in twenty lies outside."""
        outside = [p for p in self.promises if not p.kept]
        kept = len(self.promises) - len(outside)
        if self.wins < WINS_FOR_A_CURVE:
            return (
                f"Too few wins for a curve: {self.wins} leads or accounts won, {WINS_FOR_A_CURVE} are needed; what "
                "is below says little."
            )
        said = f"{kept} of {len(self.promises)} bins lie inside the band that luck alone would give"
        if not outside:
            return (
                f"{said}: nothing speaks against its promises; the width of the band says how little or much that is."
            )
        over = sum(p.observed < p.low for p in outside)
        return f"{said}; {over} promise too much, {len(outside) - over} too little."

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"verdict": self.verdict(), "wins": self.wins, "bins": [p.to_dict() for p in self.promises]}


def _promise(found: Bin) -> Promise:
    low, high = consistency_band(found.expected, max(1, round(found.independent)))
    return Promise(
        expected=found.expected, low=low, high=high, observed=found.observed, pairs=found.pairs, cases=found.cases
    )


def consistency_band(probability: float, cases: int) -> tuple[float, float]:
    """The middle 95 % of the share of wins among `cases` leads that each have this probability."""
    tail = (1 - LEVEL) / 2
    low, high = (float(binom.ppf(q, cases, probability)) / cases for q in (tail, 1 - tail))
    return low, high
