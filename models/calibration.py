"""Platt scaling: from margins to log-odds that mean what they say.

Fitted by maximum likelihood on pairs that the experts did not learn from: later ones, or, with
cross-fitting, training pairs that were held out by turns. The slope has
a weak normal prior around 1, for an honest margin is already a log-odds; so a slice that a margin
separates without error keeps a finite slope. The shift has none: then the expected wins equal the
observed ones exactly, which Platt's own smoothing of targets would spoil where wins are few.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from features.errors import NoSkill, NotEnoughData
from models.arrays import Floats, Labels
from models.plain import fields, number

PRIOR_PRECISION = 1.0  #: of the slope around 1: as much as a slice that leaves it uncertain by 1
ROUNDS = 100


@dataclass(frozen=True, kw_only=True)
class Platt:
    """`log_odds = a * margin + b`, with `a` above 0 so that no order of leads changes."""

    a: float
    b: float

    def log_odds(self, margins: Floats) -> Floats:
        """Calibrated log-odds of margins."""
        return self.a * margins + self.b

    @classmethod
    def from_dict(cls, data: object) -> "Platt":
        """The calibration that `calibration.json` holds.

        Raises:
            ValueError: the data is not of that form, or would turn the order of leads round.
        """
        stored = fields(data, "a", "b")
        a, b = number(stored["a"]), number(stored["b"])
        if a <= 0:
            raise ValueError(f"a slope of {a} turns the order of leads round")
        return cls(a=a, b=b)


def fit_platt(margins: Floats, labels: Labels, weights: Floats | None = None) -> Platt:
    """The slope and shift that make these margins, shape (n_pairs,), most likely given their labels.

    Raises:
        NotEnoughData: only one class is there.
        NoSkill: a higher margin goes with fewer wins.
    """
    margins, labels = np.asarray(margins, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    wins = int(labels.sum())
    if not 0 < wins < len(labels):
        raise NotEnoughData(
            f"{wins} of {len(labels)} pairs to calibrate on were won; bring a longer history, "
            "or set split.calibration_share higher"
        )
    a, b = _Likelihood(margins, labels, np.ones_like(margins) if weights is None else weights).maximum()
    if a <= 0:
        raise NoSkill(
            f"among {len(labels)} held-out pairs, {wins} of them won, a higher margin goes with fewer wins "
            f"(slope {a:.3f}): what was learned does not hold for other leads; bring a longer history or other fields"
        )
    return Platt(a=a, b=b)


class _Likelihood:
    """Of slope and shift, with the prior; its negative logarithm is convex, so its one minimum is global."""

    def __init__(self, margins: Floats, labels: Floats, weights: Floats) -> None:
        self.design = np.column_stack([margins, np.ones_like(margins)])
        self.labels, self.weights = labels, weights

    def maximum(self) -> tuple[float, float]:
        """Newton's method, halving a step that goes too far."""
        rate = np.average(self.labels, weights=self.weights)
        at = np.array([1.0, np.log(rate / (1 - rate)) - np.average(self.design[:, 0], weights=self.weights)])
        for _ in range(ROUNDS):
            step = self._step(at)
            while self._loss(at - step) > self._loss(at) and np.abs(step).max() > 1e-12:
                step = step / 2
            at = at - step
            if np.abs(step).max() < 1e-12:
                break
        return float(at[0]), float(at[1])

    def _step(self, at: Floats) -> Floats:
        p = expit(self.design @ at)
        slope = self.design.T @ (self.weights * (p - self.labels)) + [PRIOR_PRECISION * (at[0] - 1), 0.0]
        curve = (self.design * (self.weights * p * (1 - p))[:, None]).T @ self.design
        return np.linalg.solve(curve + np.diag([PRIOR_PRECISION, 1e-9]), slope)

    def _loss(self, at: Floats) -> float:
        margins = self.design @ at
        prior = PRIOR_PRECISION / 2 * (at[0] - 1) ** 2
        return float(self.weights @ (np.logaddexp(0, margins) - self.labels * margins) + prior)
