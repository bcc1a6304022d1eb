"""Two models on the same pairs: each figure of both, and their difference, resample by resample."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.intervals import Draws, Interval, resample
from training.metrics import Ranked

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Metric = Callable[[Ranked], float]
Change = Callable[[Floats], Floats]


@dataclass(frozen=True, kw_only=True)
class Paired:
    """One figure of the champion and of the challenger, on equal resamples."""

    champion: Draws
    challenger: Draws

    @property
    def difference(self) -> Interval:
        """Challenger less champion."""
        return (self.challenger - self.champion).interval

    def farther(self, distance: Change) -> Interval:
        """By how much the challenger's figure is farther from where it should be."""
        return (_changed(self.challenger, distance) - _changed(self.champion, distance)).interval


def _changed(draws: Draws, change: Change) -> Draws:
    with np.errstate(all="ignore"):
        return Draws(value=float(change(np.array([draws.value]))[0]), drawn=change(draws.drawn))


def paired(
    label: Floats,
    weight: Floats,
    group: Ints,
    answers: tuple[Floats, Floats],
    metrics: Mapping[str, Metric],
    slices: Mapping[str, Mask],
    *,
    rounds: int,
    seed: int,
) -> tuple[dict[str, Paired], dict[str, Paired]]:
    """Every metric, and the log loss within every slice, of the champion's and the challenger's log-odds.

    All arrays have shape (n_pairs,). Groups are resampled whole, the same ones for both models.
    """
    drawn = []
    for log_odds in answers:
        ranked = Ranked.of(label, log_odds, weight)
        within = {("slice", name): _loss_where(mask[ranked.pairs.order]) for name, mask in slices.items()}
        everything = {("all", name): metric for name, metric in metrics.items()} | within
        named = {str(i): metric for i, metric in enumerate(everything.values())}
        found = resample(ranked, group, named, rounds=rounds, seed=seed)
        drawn.append(dict(zip(everything, found.values(), strict=True)))
    both = {key: Paired(champion=drawn[0][key], challenger=drawn[1][key]) for key in drawn[0]}
    return (
        {name: figure for (where, name), figure in both.items() if where == "all"},
        {name: figure for (where, name), figure in both.items() if where == "slice"},
    )


def _loss_where(inside: Mask) -> Metric:
    """Log loss over the ranked pairs where the mask is true; NaN where a resample holds none."""
    here = np.flatnonzero(inside)

    def loss(ranked: Ranked) -> float:
        weight = ranked.weight[here]
        total = float(weight.sum())
        return float(np.einsum("i,i->", weight, ranked.pairs.surprise[here])) / total if total else float("nan")

    return loss
