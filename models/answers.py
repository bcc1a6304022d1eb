"""What the two experts say together: calibrated log-odds that contributions add up to exactly."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models.arrays import Floats
from models.calibration import Platt
from models.linear import LinearExpert
from models.trees import TreeExpert


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Answers for pairs in order: `log_odds == base_value + contributions.sum(axis=1)`."""

    log_odds: Floats  #: calibrated, shape (n_pairs,)
    base_value: float  #: log-odds before any evidence
    contributions: Floats  #: log-odds added per column, shape (n_pairs, n_columns)

    @property
    def probability(self) -> Floats:
        """Of being won within the horizon, shape (n_pairs,)."""
        return np.asarray(expit(self.log_odds), dtype=np.float64)

    def __len__(self) -> int:
        return len(self.log_odds)


def margins(linear: LinearExpert, trees: TreeExpert | None, rows: Floats) -> Floats:
    """The mean of both experts' raw log-odds, shape (n_pairs,); the linear one's alone without trees."""
    if trees is None:
        return linear.margins(rows)
    return (linear.margins(rows) + trees.margins(rows)) / 2


def answer(linear: LinearExpert, trees: TreeExpert | None, calibration: Platt, rows: Floats) -> Answers:
    """Calibrated answers with the contributions of every column."""
    parts, base = linear.contributions(rows), linear.base_value
    if trees is not None:
        parts += trees.contributions(rows)
        parts, base = np.divide(parts, 2, out=parts), (base + trees.base_value) / 2
    parts *= calibration.a
    base_value = calibration.a * base + calibration.b
    return Answers(log_odds=base_value + parts.sum(axis=1), base_value=base_value, contributions=parts)
