"""How good answers are: ranking, probabilities, and what a sales team gets out of both.

Every metric reads one `Ranked`: pairs sorted from the likeliest, with weights. The order in which
pairs were given never matters: pairs with the same log-odds share what their place earns. Where a
metric has no meaning (no win, no loss) it is NaN.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from scipy.stats import beta

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WINS_PER_BIN = 10  #: expected at least, for a share that means something
WINS_FOR_A_CURVE = 30  #: won leads, from which on there are at least three bins
MOST_BINS = 10
_ROUNDS, _CLOSE, _FAR, _FLAT = 60, 1e-6, 2.0, 1e-9  #: of Newton's method


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """Pairs from the highest log-odds to the lowest, with what no weight changes; all (n_pairs,) but `ends`."""

    order: Ints  #: position of each in the arrays that were given
    label: Floats  #: 1 won, 0 not
    log_odds: Floats
    ends: Ints  #: the last position of each run of equal log-odds

    @cached_property
    def probability(self) -> Floats:
        """Of each pair to be won."""
        return np.asarray(expit(self.log_odds))

    @cached_property
    def squared_error(self) -> Floats:
        """Of the probability, against what happened."""
        return np.asarray((self.probability - self.label) ** 2)

    @cached_property
    def surprise(self) -> Floats:
        """-log(probability of what happened)."""
        return np.asarray(np.logaddexp(0.0, self.log_odds) - self.label * self.log_odds)

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the log-odds."""
        return float(self.log_odds.std())

    @cached_property
    def standard(self) -> Floats:
        """Log-odds with mean 0 and standard deviation 1."""
        return np.asarray((self.log_odds - self.log_odds.mean()) / self.spread)

    @cached_property
    def unweighted_fit(self) -> tuple[float, float]:
        """Of the label on `standard`: where a weighted fit begins, to be there in a few steps."""
        share = float(np.clip(self.label.mean(), 1e-6, 1 - 1e-6))
        nothing_known = (float(np.log(share / (1 - share))), 0.0)
        found = _fit(self, np.ones(len(self.label)), *nothing_known)
        return found if np.isfinite(found[0]) else nothing_known


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """Sorted pairs with weights: what every metric reads."""

    pairs: Sorted
    weight: Floats  #: how many pairs each stands for, in ranked order

    @classmethod
    def of(cls, labels: npt.ArrayLike, log_odds: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> "Ranked":
        """Sort pairs; `labels`, `log_odds` and `weights` (1 unless given) have shape (n_pairs,)."""
        scores = np.asarray(log_odds, dtype=np.float64)
        order = np.argsort(-scores, kind="stable")
        ranked = scores[order]
        is_end = np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)]
        pairs = Sorted(
            order=order,
            label=np.asarray(labels, dtype=np.float64)[order],
            log_odds=ranked,
            ends=np.flatnonzero(is_end),
        )
        weight = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=np.float64)[order]
        return cls(pairs=pairs, weight=weight)

    def weighed(self, weight: Floats) -> "Ranked":
        """The same pairs with other weights, given in ranked order."""
        return Ranked(pairs=self.pairs, weight=weight)

    @cached_property
    def contacted(self) -> Floats:
        """Weight of all pairs down to each end of a tie, after a leading 0."""
        return np.append(0.0, np.cumsum(self.weight)[self.pairs.ends])

    @cached_property
    def found(self) -> Floats:
        """Wins among them."""
        return np.append(0.0, np.cumsum(self.weight * self.pairs.label)[self.pairs.ends])

    @property
    def total(self) -> float:
        """Weight of all pairs."""
        return float(self.contacted[-1])

    @property
    def wins(self) -> float:
        """Weight of all won pairs."""
        return float(self.found[-1])


def roc_auc(ranked: Ranked) -> float:
    """Chance that a won pair ranks above one that was not won; a tie counts half."""
    won = np.diff(ranked.found)
    missed = np.diff(ranked.contacted) - won
    return _ratio(_dot(missed, ranked.found[:-1] + won / 2), ranked.wins * (ranked.total - ranked.wins))


def pr_auc(ranked: Ranked) -> float:
    """Average precision: the mean, over wins, of the share of wins among all pairs ranked as high or higher."""
    won = np.diff(ranked.found)
    precision = ranked.found[1:] / np.maximum(ranked.contacted[1:], np.finfo(float).tiny)
    return _ratio(_dot(won, precision), ranked.wins)


def brier(ranked: Ranked) -> float:
    """Mean squared distance of the probability from what happened; 0 is perfect."""
    return _ratio(_dot(ranked.weight, ranked.pairs.squared_error), ranked.total)


def log_loss(ranked: Ranked) -> float:
    """Mean of -log(probability of what happened), in nats; 0 is perfect."""
    return _ratio(_dot(ranked.weight, ranked.pairs.surprise), ranked.total)


def expected_over_observed(ranked: Ranked) -> float:
    """Expected wins over those that came; above 1 the model promises too much."""
    return _ratio(_dot(ranked.weight, ranked.pairs.probability), ranked.wins)


def calibration_slope(ranked: Ranked) -> float:
    """Slope of a logistic regression of the label on the log-odds; below 1 the answers are too extreme.

    NaN where all log-odds are equal, or where they separate wins from the rest without error.
    """
    pairs = ranked.pairs
    if len(pairs.ends) < 2 or not 0 < ranked.wins < ranked.total:
        return float("nan")
    return _fit(pairs, ranked.weight, *pairs.unweighted_fit)[1] / pairs.spread


def calibration_intercept(ranked: Ranked) -> float:
    """What to add to all log-odds for expected wins to equal observed ones; above 0 the model is too shy."""
    if not 0 < ranked.wins < ranked.total:
        return float("nan")
    shift = 0.0
    for _ in range(_ROUNDS):
        p = expit(ranked.pairs.log_odds + shift)
        step = (ranked.wins - _dot(ranked.weight, p)) / _dot(ranked.weight, p * (1 - p))
        shift += float(np.clip(step, -_FAR, _FAR))
        if abs(step) < _CLOSE:
            break
    return shift


def _fit(pairs: Sorted, weight: Floats, shift: float, slope: float) -> tuple[float, float]:
    """(shift, slope) on `standard` that make the labels likeliest, by Newton's method; NaN without a maximum."""
    x, nowhere = pairs.standard, (float("nan"), float("nan"))
    for _ in range(_ROUNDS):
        p = expit(shift + slope * x)
        curve, pull = weight * p * (1 - p), weight * (pairs.label - p)
        size, tilt, width = float(curve.sum()), _dot(curve, x), _dot(curve * x, x)
        flat = size * width - tilt * tilt
        if flat <= _FLAT * size * size:
            return nowhere
        up, turn = float(pull.sum()), _dot(pull, x)
        step = np.array([width * up - tilt * turn, size * turn - tilt * up]) / flat
        far = float(np.abs(step).max())
        shift, slope = np.array([shift, slope]) + step * min(1.0, _FAR / max(far, _FAR))
        if far < _CLOSE:
            return float(shift), float(slope)
    return nowhere


def gains(ranked: Ranked, shares: npt.ArrayLike) -> Floats:
    """Share of all wins found among the best-ranked `shares` of pairs, each in [0, 1].

    Within a tie wins come evenly, as if its pairs were called in random order.
    """
    if ranked.wins == 0:
        return np.full(np.shape(shares), np.nan)
    return np.asarray(np.interp(np.asarray(shares) * ranked.total, ranked.contacted, ranked.found) / ranked.wins)


def recall_at(ranked: Ranked, share: float) -> float:
    """Share of all wins found among the best-ranked `share` of pairs."""
    return float(gains(ranked, share))


def lift_at(ranked: Ranked, share: float) -> float:
    """How many times as many wins the best-ranked `share` of pairs holds as a random one of that size."""
    return recall_at(ranked, share) / share


def contacts_per_win(ranked: Ranked, share: float) -> float:
    """Pairs to call for one win among the best-ranked `share`; NaN where it holds none."""
    return _ratio(share * ranked.total, recall_at(ranked, share) * ranked.wins)


def precision_recall(ranked: Ranked) -> tuple[Floats, Floats]:
    """(recall, precision) at each end of a tie, from the best-ranked pairs on."""
    reached = ranked.contacted[1:] > 0
    recall = ranked.found[1:][reached] / ranked.wins if ranked.wins else np.full(int(reached.sum()), np.nan)
    return recall, ranked.found[1:][reached] / ranked.contacted[1:][reached]


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Pairs with similar probabilities: what was promised, and what came."""

    expected: float  #: mean probability
    observed: float  #: share won
    low: float  #: 95 % Jeffreys interval of that share
    high: float
    pairs: float  #: weight
    cases: int  #: distinct groups where groups were given, else pairs
    independent: float  #: how many equal ones tell as much: groups with many or heavy pairs tell less than their number


def reliability(ranked: Ranked, groups: Ints | None = None) -> tuple[Bin, ...]:
    """Bins from low to high, each with about as many expected wins as the others, and at least ten.

    So every bin says its share about as surely as the others, and few wins give few bins; `WINS_FOR_A_CURVE` that
    came give three, even where fewer were expected. `groups`
    (n_pairs,), in the order that was given, names what belongs together, such as pairs of one lead:
    the wins of one group count as one, for a lead seen at eight moments is won once.
    """
    expected = np.cumsum((ranked.weight * ranked.pairs.probability)[::-1])[::-1]  # from the lowest up to each
    if not len(expected) or expected[0] <= 0:
        return ()
    per_pair = 1.0 if groups is None else len(np.unique(groups)) / len(expected)
    least = 3 if won_groups(ranked, groups) >= WINS_FOR_A_CURVE else 1
    bins = int(np.clip(expected[0] * per_pair // WINS_PER_BIN, least, MOST_BINS))
    place = np.minimum((1 - expected / expected[0]) * bins, bins - 1).astype(np.int64)
    first_of_tie = np.append(0, ranked.pairs.ends[:-1] + 1)
    place = np.repeat(place[first_of_tie], np.diff(np.append(first_of_tie, len(place))))
    names = np.arange(len(place)) if groups is None else np.asarray(groups)[ranked.pairs.order]
    return tuple(_bin(ranked, np.flatnonzero(place == b), names) for b in np.unique(place)[::-1])


def won_groups(ranked: Ranked, groups: Ints | None = None) -> int:
    """How many different groups have a won pair; pairs, where no groups are given."""
    won = (ranked.pairs.label == 1) & (ranked.weight > 0)
    return int(won.sum()) if groups is None else len(np.unique(np.asarray(groups)[ranked.pairs.order][won]))


def _bin(ranked: Ranked, here: Ints, names: Ints) -> Bin:
    weight = ranked.weight[here]
    observed = float(np.average(ranked.pairs.label[here], weights=weight))
    found, group = np.unique(names[here][weight > 0], return_inverse=True)
    shares = np.bincount(group, weight[weight > 0]) / weight.sum()
    independent = 1 / _dot(shares, shares)
    low, high = jeffreys(observed * independent, independent)
    return Bin(
        expected=float(np.average(ranked.pairs.probability[here], weights=weight)),
        observed=observed,
        low=low,
        high=high,
        pairs=float(weight.sum()),
        cases=len(found),
        independent=independent,
    )


def jeffreys(wins: float, cases: float, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share by Jeffreys' prior: 0 is its low end without a win, 1 its high end without a loss."""
    tail = (1 - level) / 2
    low = 0.0 if wins <= 0 else float(beta.ppf(tail, wins + 0.5, cases - wins + 0.5))
    high = 1.0 if wins >= cases else float(beta.ppf(1 - tail, wins + 0.5, cases - wins + 0.5))
    return low, high


def _dot(a: Floats, b: Floats) -> float:
    """Sum of products in a fixed order of one thread: equal bytes each time, and no waiting for busy cores."""
    return float(np.einsum("i,i->", a, b))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
