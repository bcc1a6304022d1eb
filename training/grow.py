"""Grow the trees of the tree expert, as many as answer unseen leads best.

The latest fifth of the pairs says how many, for the newest leads are most like those to come. A
group with pairs before and in that fifth is drawn to one side and weighed for it, as between the
parts of a training: keeping only the groups that came last would judge the trees by fresh leads
alone. Where either side holds too few wins to tell, every fold of the groups is answered by trees
grown on the others, and the mean of all decides.
"""

from dataclasses import dataclass, replace
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from features.settings import Model
from features.view import View
from models.trees import TreeExpert
from training.dataset import Dataset
from training.splits import one_period_each

Ints = npt.NDArray[np.int64]

STOPPING_SHARE = 0.2  #: of the pairs, the latest; they choose the number of trees
STOPPING_WINS = 100  #: won leads that each side needs to choose it; fewer choose by luck
PATIENCE = 50  #: trees without any gain before growing ends
MANY_CELLS = 5_000_000  #: from so many on, threads gain more than waiting for each other costs


@dataclass(frozen=True, kw_only=True)
class Grown:
    """How many trees there are, and who said so."""

    trees: int
    by_later: bool  #: the latest leads; else cross-fitting, for too few of the latest were won
    wins: int  #: won leads that decided

    @property
    def note(self) -> str | None:
        """What a reader should know, if the number was not chosen by the latest leads."""
        if self.by_later:
            return None
        return (
            f"The number of trees ({self.trees}) was chosen by cross-fitting over {self.wins:,} won leads: too few of "
            "the latest leads were won to choose it."
        )


def grow(view: View, train: Dataset, model: Model, fold: Ints) -> tuple[TreeExpert, Grown]:
    """LightGBM with as many trees as suit unseen leads; all pairs grow them. `fold` numbers each pair's fold."""
    early, late = early_and_late(train, model.seed)
    if min(early.wins, late.wins) >= STOPPING_WINS:
        grown = Grown(trees=_best_of(view, early, late, model), by_later=True, wins=late.wins)
    else:
        grown = Grown(trees=_best_of_folds(view, train, model, fold), by_later=False, wins=train.wins)
    booster = lightgbm.train(_parameters(model, train), _data(view, train), num_boost_round=grown.trees)
    return TreeExpert.from_text(booster.model_to_string(), len(view.names)), grown


def early_and_late(train: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    """The first pairs, and the latest `STOPPING_SHARE`; no group is in both, and each side stands for all its pairs."""
    period = np.zeros(len(train), dtype=np.int8)
    period[int(len(train) * (1 - STOPPING_SHARE)) :] = 1
    side, times = one_period_each(period, train.group, seed)
    weighed = replace(train, weight=train.weight * times)
    return weighed.take(side == 0), weighed.take(side == 1)


def _best_of(view: View, early: Dataset, late: Dataset, model: Model) -> int:
    chosen = lightgbm.train(
        _parameters(model, early),
        _data(view, early),
        num_boost_round=model.max_trees,
        valid_sets=[_data(view, late)],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )
    return max(1, int(chosen.best_iteration))


def _best_of_folds(view: View, train: Dataset, model: Model, fold: Ints) -> int:
    """The number of trees with the least mean log loss over the folds; 1 where a fold has nothing to tell."""
    sides = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in np.unique(fold)]
    if not all(train.label[kept].any() for kept, _ in sides):
        return 1
    found = lightgbm.cv(
        _parameters(model, train),
        _data(view, train),
        num_boost_round=model.max_trees,
        folds=sides,
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )
    return len(found["valid binary_logloss-mean"])


def _parameters(model: Model, train: Dataset) -> dict[str, Any]:
    return {
        "num_threads": 1 if train.rows.size < MANY_CELLS else 0,
        "objective": "binary",
        "learning_rate": model.learning_rate,
        "num_leaves": model.leaves,
        "min_child_samples": model.min_leads_per_leaf,
        "feature_fraction": model.feature_share,
        "lambda_l2": model.l2,
        "cat_smooth": 20,
        "min_data_per_group": 50,
        "seed": model.seed % 2**31,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


def _data(view: View, part: Dataset) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        part.rows,
        label=part.label,
        weight=part.weight,
        feature_name=[f"f{i}" for i in range(len(view.names))],
        categorical_feature=[i for i, d in enumerate(view.definitions) if d.encoding == "category"],
        free_raw_data=False,
    )
