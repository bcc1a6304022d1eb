"""The combination check: a shallow model on earlier leads, judged on later ones, with and without a column.

A column that adds much to everything that is above suspicion is named if its name or its values
read like a verdict. Adding much is no crime by itself: the best honest columns do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from training.leaks.case import Case
from training.leaks.fields import Field
from training.leaks.measures import SMOOTHING, SURE
from training.leaks.report import Jump
from training.leaks.verdicts import Evidence

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TRAIN_SHARE = 0.7  #: of the decided leads, by time
FEWEST = 20  #: won and other leads among the later ones
MOST_LEADS = 30_000
MOST_COLUMNS = 20  #: tried one by one
GAIN = 0.01  #: of the AUC, and more than `SURE` standard errors
_PARAMS = {
    "objective": "binary",
    "num_leaves": 4,
    "learning_rate": 0.1,
    "min_child_samples": 40,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
_TREES = 60


@dataclass(frozen=True, kw_only=True)
class Contest:
    """Decided leads in the order in which they came, and one number per column."""

    columns: Mapping[str, Floats]
    label: Floats
    train: int  #: leads of the earlier part
    seed: int

    @classmethod
    def of(cls, fields: Sequence[Field], case: Case) -> "Contest | None":
        """None where the later part has too few leads of either side."""
        label = case.fates.label
        order = np.argsort(case.fates.rank)
        order = order[~np.isnan(label[order])]
        order = order[np.unique(np.linspace(0, len(order) - 1, min(len(order), MOST_LEADS)).astype(np.int64))]
        train = int(TRAIN_SHARE * len(order))
        later, earlier = label[order[train:]], label[order[:train]]
        if min((part == side).sum() for part in (later, earlier) for side in (0, 1)) < FEWEST:
            return None
        columns = {f.name: _numbers(f, order, earlier) for f in fields}
        return cls(columns=columns, label=label[order], train=train, seed=case.seed)

    def standing(self, names: Sequence[str]) -> Floats:
        """A shallow model's answers on the later leads; all alike where there is no column."""
        if not names:
            return np.zeros(len(self.label) - self.train)
        rows = np.column_stack([self.columns[name] for name in names])
        data = lightgbm.Dataset(rows[: self.train], self.label[: self.train], params={"verbosity": -1})
        booster = lightgbm.train({**_PARAMS, "seed": self.seed}, data, num_boost_round=_TREES)
        return np.asarray(booster.predict(rows[self.train :], num_threads=1))

    def auc(self, names: Sequence[str]) -> float:
        """AUC on the later leads."""
        return _Placed.of(self.standing(names), self.label[self.train :]).auc


@dataclass(frozen=True, kw_only=True)
class _Placed:
    """DeLong's components of an AUC: of each won lead the share of others below it, and the reverse."""

    won: Floats
    other: Floats

    @classmethod
    def of(cls, answers: Floats, label: Floats) -> "_Placed":
        won, other = answers[label == 1], answers[label == 0]
        both = rankdata(np.concatenate([won, other]))
        above = (both[: len(won)] - rankdata(won)) / len(other)
        below = 1 - (both[len(won) :] - rankdata(other)) / len(won)
        return cls(won=above, other=below)

    @property
    def auc(self) -> float:
        return float(self.won.mean())

    def gain_over(self, base: "_Placed") -> tuple[float, float]:
        """How much better than `base`, and its standard error (DeLong, DeLong and Clarke-Pearson 1988)."""
        won, other = self.won - base.won, self.other - base.other
        return self.auc - base.auc, sqrt(won.var() / len(won) + other.var() / len(other))


def _numbers(field: Field, order: Ints, earlier: Floats) -> Floats:
    """The column as one number per lead: its own, or the smoothed share of wins of its value among earlier leads."""
    if field.is_number:
        return field.numbers[order]
    level = field.level[order]
    levels = int(level.max(initial=0)) + 1
    leads = np.bincount(level[: len(earlier)], minlength=levels)
    won = np.bincount(level[: len(earlier)], earlier, minlength=levels)
    return np.asarray(((won + SMOOTHING * earlier.mean()) / (leads + SMOOTHING))[level])


def jumps(contest: Contest, fine: Sequence[str], accused: Sequence[str]) -> dict[str, Evidence]:
    """Of the accused columns those that add much to the fine ones, with the evidence."""
    label = contest.label[contest.train :]
    base = _Placed.of(contest.standing(fine), label)
    found = {}
    for name in accused[:MOST_COLUMNS]:
        gain, error = _Placed.of(contest.standing([*fine, name]), label).gain_over(base)
        if gain >= GAIN and gain > SURE * error:
            found[name] = Evidence(
                test="combination",
                ground="jump",
                weight=2,
                numbers={"auc_without": base.auc, "auc_with": base.auc + gain, "error": error},
                sentence=f"With it a shallow model tells later leads apart with an AUC of {base.auc + gain:.3f}, "
                f"without it (on the columns above suspicion) with {base.auc:.3f}.",
            )
    return found


def jump_of(contest: Contest, fine: Sequence[str], suspicious: Sequence[str], refused: Sequence[str]) -> Jump:
    """What the suspicious and the refused columns add together."""
    return Jump(
        fine=contest.auc(fine),
        with_suspicious=contest.auc([*fine, *suspicious]) if suspicious else None,
        with_refused=contest.auc([*fine, *suspicious, *refused]) if refused else None,
    )
