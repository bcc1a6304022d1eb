"""Two experts, one probability: fit the linear and the tree expert, then calibrate their mean.

Calibration needs margins on leads that the experts have not seen. Where a later period is set
aside it serves; otherwise the training period is cut into consecutive blocks of groups, and each
block is answered by experts fitted on the others (cross-fitting).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from features.settings import Model
from features.view import View
from models.calibration import Platt, fit_platt
from models.linear import LinearExpert, LinearInputs
from models.trees import TreeExpert
from training.dataset import Dataset
from training.metrics import Ranked, log_loss

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Progress = Callable[[str], None]

FOLDS = 5  #: of cross-fitting
PAIRS_TO_CHOOSE = 10_000  #: enough to tell one regularisation from another
MANY_CELLS = 5_000_000  #: from so many on, threads gain more than waiting for each other costs
EARLY_STOPPING_SHARE = 0.2  #: of the training pairs, the latest; they choose the number of trees


@dataclass(frozen=True, kw_only=True)
class Experts:
    """What was fitted, before calibration; `trees` is None where there are too few wins for them."""

    linear: LinearExpert
    trees: TreeExpert | None

    def margins(self, rows: Floats) -> dict[str, Floats]:
        """Raw log-odds of each expert and of their mean, (n_rows,) each."""
        linear = self.linear.margins(rows)
        if self.trees is None:
            return {"linear": linear, "both": linear}
        trees = self.trees.margins(rows)
        return {"linear": linear, "trees": trees, "both": (linear + trees) / 2}


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """Experts with a calibration for each of their margins."""

    experts: Experts
    platt: dict[str, Platt]

    def log_odds(self, rows: Floats) -> dict[str, Floats]:
        """Calibrated log-odds of each expert and of both, (n_rows,) each."""
        return {name: self.platt[name].log_odds(margin) for name, margin in self.experts.margins(rows).items()}


def fit(
    view: View, train: Dataset, calibrate: Dataset | None, model: Model, progress: Progress = lambda _: None
) -> Fitted:
    """Fit both experts on `train`; calibrate on `calibrate`, or by cross-fitting where that is None."""
    progress("fitting the experts")
    model = with_strength(view, train, model)
    experts = fit_experts(view, train, model)
    held_out, margins = train, {}
    if calibrate is not None:
        held_out, margins = calibrate, experts.margins(calibrate.rows)
    else:
        progress("cross-fitting the calibration")
        margins = _cross_fitted_margins(view, train, model, with_trees=experts.trees is not None)
    platt = {name: fit_platt(margin, held_out.label, held_out.weight) for name, margin in margins.items()}
    return Fitted(experts=experts, platt=platt)


def fit_experts(view: View, train: Dataset, model: Model, *, with_trees: bool | None = None) -> Experts:
    """Fit the experts; trees take part from `min_wins_for_trees` won leads on, unless said otherwise."""
    trees = train.wins >= model.min_wins_for_trees if with_trees is None else with_trees
    return Experts(linear=fit_linear(view, train, model), trees=fit_trees(view, train, model) if trees else None)


def with_strength(view: View, train: Dataset, model: Model) -> Model:
    """The same choices with the one regularisation that suits these pairs, so that it is chosen once."""
    return model.model_copy(update={"linear_strengths": (choose_strength(view, train, model),)})


def choose_strength(view: View, train: Dataset, model: Model) -> float:
    """The strength whose linear expert answers held-out leads with the least log loss.

    Folds keep groups whole; beyond `PAIRS_TO_CHOOSE` pairs an evenly spread part of them decides.
    """
    if len(model.linear_strengths) == 1:
        return model.linear_strengths[0]
    seen = train.take(np.arange(0, len(train), len(train) // PAIRS_TO_CHOOSE + 1))
    fold = folds(seen, model.seed)
    losses = [_held_out_loss(view, seen, fold, strength) for strength in model.linear_strengths]
    return model.linear_strengths[int(np.argmin(losses))]


def _held_out_loss(view: View, seen: Dataset, fold: Ints, strength: float) -> float:
    margins = np.zeros(len(seen))
    for f in range(FOLDS):
        margins[fold == f] = _logistic(view, seen.take(fold != f), strength).margins(seen.rows[fold == f])
    return log_loss(Ranked.of(seen.label, margins, seen.weight))


def folds(part: Dataset, seed: int) -> Ints:
    """A number below `FOLDS` for each pair; a group is in one fold, drawn at random. Shape (n_pairs,)."""
    names, index = np.unique(part.group, return_inverse=True)
    return np.asarray((np.random.default_rng(seed).permutation(len(names)) % FOLDS)[index])


def fit_linear(view: View, train: Dataset, model: Model) -> LinearExpert:
    """L2-regularised logistic regression on standardised inputs (scikit-learn, Newton-Cholesky)."""
    return _logistic(view, train, choose_strength(view, train, model))


def _logistic(view: View, train: Dataset, strength: float) -> LinearExpert:
    inputs = LinearInputs.of(view, train.rows)
    regression = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=100, tol=1e-6)
    regression.fit(inputs.matrix(train.rows), train.label, sample_weight=train.weight)
    return LinearExpert.from_coefficients(inputs, regression.coef_[0], float(regression.intercept_[0]))


def fit_trees(view: View, train: Dataset, model: Model) -> TreeExpert:
    """LightGBM; the latest pairs choose how many trees, then all pairs grow them."""
    early, late = _early_and_late(train)
    rounds = 1
    if early.wins and late.wins:
        chosen = lightgbm.train(
            _parameters(model, train.rows.size),
            _lightgbm_data(view, early),
            num_boost_round=model.max_trees,
            valid_sets=[_lightgbm_data(view, late)],
            callbacks=[lightgbm.early_stopping(50, verbose=False)],
        )
        rounds = max(1, chosen.best_iteration)
    booster = lightgbm.train(_parameters(model, train.rows.size), _lightgbm_data(view, train), num_boost_round=rounds)
    return TreeExpert.from_text(booster.model_to_string(), len(view.names))


def _early_and_late(train: Dataset) -> tuple[Dataset, Dataset]:
    """The first pairs, and the latest `EARLY_STOPPING_SHARE`; no group is in both."""
    late = np.zeros(len(train), dtype=bool)
    late[int(len(train) * (1 - EARLY_STOPPING_SHARE)) :] = True
    shared = np.intersect1d(train.group[late], train.group[~late])
    return train.take(~late), train.take(late & ~np.isin(train.group, shared))


def _parameters(model: Model, cells: int) -> dict[str, Any]:
    return {
        "num_threads": 1 if cells < MANY_CELLS else 0,
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


def _lightgbm_data(view: View, part: Dataset) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        part.rows,
        label=part.label,
        weight=part.weight,
        feature_name=[f"f{i}" for i in range(len(view.names))],
        categorical_feature=[i for i, d in enumerate(view.definitions) if d.encoding == "category"],
        free_raw_data=False,
    )


def _cross_fitted_margins(view: View, train: Dataset, model: Model, *, with_trees: bool) -> dict[str, Floats]:
    """Margins of each fold by experts fitted on the other folds; a fold is a random fifth of the groups."""
    fold = folds(train, model.seed)
    margins: dict[str, Floats] = {}
    for f in range(FOLDS):
        held_out = fold == f
        experts = fit_experts(view, train.take(~held_out), model, with_trees=with_trees)
        for name, margin in experts.margins(train.rows[held_out]).items():
            margins.setdefault(name, np.zeros(len(train)))[held_out] = margin
    return margins
