"""How sure a figure is: percentile intervals from resampling whole groups (a lead or an account with all its pairs).

Pairs of one lead share its fate, so they are drawn together. A resample is nothing but weights, how
often each group was drawn, so that the pairs are sorted once. Equal seeds and groups draw equal
resamples, whatever the answers: differences between two models can be taken draw by draw.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.metrics import Ranked

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Metric = Callable[[Ranked], float]
Progress = Callable[[int, int], None]

LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure with its 95 % interval; NaN where it has no meaning."""

    low: float
    value: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """Plain data; None for NaN, which JSON has no word for."""
        found = {"low": self.low, "value": self.value, "high": self.high}
        return {name: number if math.isfinite(number) else None for name, number in found.items()}


@dataclass(frozen=True, kw_only=True)
class Draws:
    """A figure on the pairs as they are, and on every resample."""

    value: float
    drawn: Floats  #: (n_rounds,)

    def __sub__(self, other: "Draws") -> "Draws":
        """The difference of two models, draw by draw; both must come from equal seeds and groups."""
        return Draws(value=self.value - other.value, drawn=self.drawn - other.drawn)

    @property
    def interval(self) -> Interval:
        """The middle 95 % of the draws that have a meaning."""
        known = self.drawn[np.isfinite(self.drawn)]
        if not len(known):
            return Interval(low=math.nan, value=self.value, high=math.nan)
        low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Interval(low=float(low), value=self.value, high=float(high))


def resample(
    ranked: Ranked,
    groups: Ints,
    metrics: Mapping[str, Metric],
    *,
    rounds: int,
    seed: int,
    progress: Progress = lambda done, rounds: None,
) -> dict[str, Draws]:
    """Each metric on `rounds` resamples of the groups.

    `groups` (n_pairs,) is in the order in which the pairs were given to `Ranked.of`. `progress` is
    told how many rounds are done.
    """
    return resample_together([(ranked, groups)], metrics, rounds=rounds, seed=seed, progress=progress)[0]


def resample_together(
    parts: Sequence[tuple[Ranked, Ints]],
    metrics: Mapping[str, Metric],
    *,
    rounds: int,
    seed: int,
    progress: Progress = lambda done, rounds: None,
) -> tuple[dict[str, Draws], ...]:
    """As `resample`, of several parts: a group is drawn once for all parts that it appears in.

    So the draws of the parts can be averaged one by one.
    """
    names, index = np.unique(np.concatenate([groups for _, groups in parts]), return_inverse=True)
    own = np.split(index, np.cumsum([len(groups) for _, groups in parts])[:-1])
    ranked_index = [at[ranked.pairs.order] for (ranked, _), at in zip(parts, own, strict=True)]
    drawn = np.empty((len(parts), len(metrics), rounds))
    luck = np.random.default_rng(seed)
    for i in range(rounds):
        times = np.bincount(luck.integers(0, len(names), len(names)), minlength=len(names))
        for p, (ranked, _) in enumerate(parts):
            resampled = ranked.weighed(ranked.weight * times[ranked_index[p]])
            drawn[p, :, i] = [metric(resampled) for metric in metrics.values()]
        progress(i + 1, rounds)
    return tuple(
        {name: Draws(value=metric(ranked), drawn=drawn[p, m]) for m, (name, metric) in enumerate(metrics.items())}
        for p, (ranked, _) in enumerate(parts)
    )


def mean(parts: Sequence[Draws]) -> Draws:
    """The mean of a figure over parts that were drawn together; parts without a meaning in a draw make it NaN."""
    return Draws(
        value=float(np.mean([part.value for part in parts])), drawn=np.mean([part.drawn for part in parts], axis=0)
    )


def intervals(
    ranked: Ranked,
    groups: Ints,
    metrics: Mapping[str, Metric],
    *,
    rounds: int,
    seed: int,
    progress: Progress = lambda done, rounds: None,
) -> dict[str, Interval]:
    """As `resample`, of each metric its interval."""
    draws = resample(ranked, groups, metrics, rounds=rounds, seed=seed, progress=progress)
    return {name: found.interval for name, found in draws.items()}
