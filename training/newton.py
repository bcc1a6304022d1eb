"""Logistic regression on very many rows: Newton's method over blocks of rows, several at once.

Minimises `strength * sum(weight * loss) + |coefficients|² / 2`, the intercept free, as scikit-learn's newton-cholesky
does, and ends where that ends. Blocks hold a fixed number of rows and are added up in order, so that the result does
not depend on how many threads there are; and no matrix as large as the rows is made in any round.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve
from scipy.special import expit

from features.threads import threads_for

Floats = npt.NDArray[np.float64]

BLOCK = 8_192  #: rows
ROUNDS = 100
SMALL = 1e-6  #: largest slope of the mean loss at the end


@dataclass(frozen=True, kw_only=True)
class Part:
    """A block of rows: its part of the design matrix, labels and weights."""

    matrix: Floats
    label: Floats
    weight: Floats

    def loss(self, at: Floats) -> float:
        """The weighed loss at these coefficients, of which the last is the intercept."""
        margins = self.matrix @ at[:-1] + at[-1]
        return float(self.weight @ (np.logaddexp(0, margins) - self.label * margins))

    def slopes(self, at: Floats) -> tuple[Floats, Floats]:
        """First and second derivatives of the loss, shapes (n,) and (n, n)."""
        p = expit(self.matrix @ at[:-1] + at[-1])
        off, bend = self.weight * (p - self.label), self.weight * p * (1 - p)
        curve = np.empty((len(at), len(at)))
        bent = self.matrix * bend[:, None]
        curve[:-1, :-1] = bent.T @ self.matrix
        curve[-1, :-1] = curve[:-1, -1] = bent.sum(axis=0)
        curve[-1, -1] = bend.sum()
        return np.r_[off @ self.matrix, off.sum()], curve


def logistic(
    matrix: Callable[[Floats], Floats], rows: Floats, label: Floats, weight: Floats, strength: float, start: Floats
) -> Floats:
    """Coefficients of the terms, then the intercept; `matrix` gives the terms of rows, `start` is where to begin.

    BLAS should be held to one thread meanwhile.
    """
    cuts = [slice(a, a + BLOCK) for a in range(0, len(rows), BLOCK)]
    with ThreadPoolExecutor(threads_for(len(cuts), 2)) as pool:
        parts = list(pool.map(lambda cut: Part(matrix=matrix(rows[cut]), label=label[cut], weight=weight[cut]), cuts))
        return _Sum(parts, pool, strength).least(start)


class _Sum:
    """The penalised mean loss of all parts; it is convex, so its one minimum is global."""

    def __init__(self, parts: Sequence[Part], pool: ThreadPoolExecutor, strength: float) -> None:
        self.parts, self.pool = parts, pool
        self.total = sum(float(part.weight.sum()) for part in parts)
        self.penalty = 1 / (strength * self.total)

    def least(self, start: Floats) -> Floats:
        """Newton's method, halving a step that goes too far."""
        at, loss = start, self._loss(start)
        for _ in range(ROUNDS):
            slope, curve = self._slopes(at)
            if np.abs(slope).max() <= SMALL:
                break
            step = solve(curve, slope, assume_a="pos")
            after = self._loss(at - step)
            while after > loss and np.abs(step).max() > SMALL:
                step = step / 2
                after = self._loss(at - step)
            at, loss = at - step, after
        return at

    def _loss(self, at: Floats) -> float:
        total = sum(self.pool.map(lambda part: part.loss(at), self.parts))
        return float(total / self.total + self.penalty / 2 * (at[:-1] @ at[:-1]))

    def _slopes(self, at: Floats) -> tuple[Floats, Floats]:
        slope, curve = np.zeros(len(at)), np.zeros((len(at), len(at)))
        for of_part, bend in self.pool.map(lambda part: part.slopes(at), self.parts):
            slope += of_part
            curve += bend
        pulled = np.r_[np.full(len(at) - 1, self.penalty), 0.0]
        return slope / self.total + pulled * at, curve / self.total + np.diag(pulled)
