"""From log-odds to what people use: a score, a lift, and the grades of fit and engagement.

The score is a percentile among the leads of the reference period. The map is stored, monotone and
continuous; equal reference values share the middle of their ranks, and log-odds are compared to nine
decimals, so that one lead alone and the same lead in a batch get the same score.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from features.errors import NotEnoughData
from features.settings import Grade
from features.view import View
from models.answers import Answers
from models.arrays import Floats, Ints
from models.groups import Groups
from models.plain import fields, number, numbers

QUANTILES = 1001  #: stored for the score, from the smallest to the largest, evenly spaced
DECIMALS = 9
FIT_GRADES: tuple[Grade, ...] = ("D", "C", "B", "A")
ENGAGEMENT_GRADES = ("4", "3", "2", "1")
UNTOLD = 2  #: the rank of everybody where a family tells no lead from another: B, 2


@dataclass(frozen=True, kw_only=True)
class ScorePolicy:
    """The stored maps of one bundle, all made from the reference leads."""

    quantiles: tuple[float, ...]  #: of the calibrated log-odds, ascending, nine decimals
    base_rate: float  #: mean probability of the reference leads, so that the average one has a lift of 1
    fit_cuts: tuple[float, ...]  #: quartiles of the fit log-odds; none where fit tells no lead from another
    engagement_cuts: tuple[float, ...]  #: the same of engagement
    capacity_score: float  #: from this score on there are as many leads as sales can work

    @classmethod
    def of(cls, view: View, answers: Answers, *, capacity_share: float) -> "ScorePolicy":
        """The policy by reference answers.

        `capacity_share` is the share of such leads that sales can work, in (0, 1].

        Raises:
            NotEnoughData: there is no reference lead.
        """
        if not len(answers):
            raise NotEnoughData("there is no lead to compare others with; bring a longer history")
        fit, engagement = Groups.of(view).family_sums(answers.contributions)
        quantiles = np.round(np.quantile(answers.log_odds, np.linspace(0, 1, QUANTILES)), DECIMALS)
        return cls(
            quantiles=tuple(float(q) for q in quantiles),
            base_rate=float(np.mean(answers.probability)),
            fit_cuts=_cuts(fit),
            engagement_cuts=_cuts(engagement),
            capacity_score=100 * (1 - min(capacity_share, 1.0)),
        )

    @classmethod
    def from_dict(cls, data: object) -> "ScorePolicy":
        """The policy that `policy.json` holds.

        Raises:
            ValueError: the data is not of that form, or a map isn't monotone.
        """
        stored = fields(data, "quantiles", "fit_cuts", "engagement_cuts", "base_rate", "capacity_score")
        policy = cls(
            quantiles=_ascending(numbers(stored["quantiles"], length=QUANTILES)),
            base_rate=number(stored["base_rate"]),
            fit_cuts=_quartiles(stored["fit_cuts"]),
            engagement_cuts=_quartiles(stored["engagement_cuts"]),
            capacity_score=number(stored["capacity_score"]),
        )
        if not (0 < policy.base_rate <= 1 and 0 <= policy.capacity_score <= 100):
            raise ValueError(f"base rate {policy.base_rate} or capacity score {policy.capacity_score} is out of bounds")
        return policy

    def score(self, log_odds: float) -> float:
        """The percentile of one lead, 0 to 100, not rounded."""
        return float(np.interp(round(log_odds, DECIMALS), *self._map))

    def scores(self, log_odds: Floats) -> Floats:
        """The percentiles of many leads."""
        return np.asarray(np.interp(np.round(log_odds, DECIMALS), *self._map), dtype=np.float64)

    def lift(self, probability: float) -> float:
        """How many times likelier to be won than the reference leads are on average."""
        return probability / self.base_rate

    def lift_of_all(self, probability: Floats) -> Floats:
        """The lift of many leads."""
        return probability / self.base_rate

    def fit_grade(self, log_odds: float) -> Grade:
        """A (best) to D by the quartiles of fit; at a cut the worse grade."""
        return FIT_GRADES[_rank(self.fit_cuts, log_odds)]

    def engagement_grade(self, log_odds: float) -> str:
        """1 (best) to 4 by the quartiles of engagement; at a cut the worse grade."""
        return ENGAGEMENT_GRADES[_rank(self.engagement_cuts, log_odds)]

    def fit_ranks(self, log_odds: Floats) -> Ints:
        """The positions of many leads' grades in `FIT_GRADES`."""
        return _ranks(self.fit_cuts, log_odds)

    def engagement_ranks(self, log_odds: Floats) -> Ints:
        """The positions of many leads' grades in `ENGAGEMENT_GRADES`."""
        return _ranks(self.engagement_cuts, log_odds)

    @cached_property
    def _map(self) -> tuple[Floats, Floats]:
        """Distinct quantiles, and the percentile of each: the middle of the ranks that share it."""
        values, first, count = np.unique(self.quantiles, return_index=True, return_counts=True)
        return values, (first + (count - 1) / 2) * (100 / (len(self.quantiles) - 1))


def _ascending(values: tuple[float, ...]) -> tuple[float, ...]:
    if any(later < earlier for earlier, later in pairwise(values)):
        raise ValueError("quantiles or cuts are not ascending")
    return values


def _quartiles(data: object) -> tuple[float, ...]:
    return _ascending(numbers(data, length=3 if data else 0))


def _cuts(values: Floats) -> tuple[float, ...]:
    cuts = np.round(np.quantile(values, (0.25, 0.5, 0.75)), DECIMALS)
    return tuple(float(c) for c in cuts) if np.ptp(values) > 10.0**-DECIMALS else ()


def _rank(cuts: tuple[float, ...], value: float) -> int:
    return bisect_left(cuts, round(value, DECIMALS)) if cuts else UNTOLD


def _ranks(cuts: tuple[float, ...], values: Floats) -> Ints:
    if not cuts:
        return np.full(len(values), UNTOLD)
    return np.asarray(np.searchsorted(cuts, np.round(values, DECIMALS), side="left"), dtype=np.int64)
