"""Two experts, one probability: fit the linear and the tree expert, then calibrate their mean.

Calibration needs margins on leads that the experts have not seen. Where a later period is set
aside it serves; otherwise a random fifth of the groups at a time is answered by experts fitted on
the other four fifths (cross-fitting). A margin that ranks such leads no better than chance gives
everybody the share of wins.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from features.errors import NoSkill
from features.settings import Model
from features.view import View
from models.calibration import Platt, fit_platt
from models.linear import LinearExpert, LinearInputs
from models.trees import TreeExpert
from training import newton
from training.blas_threads import one_blas_thread
from training.dataset import Dataset
from training.grow import Grown, grow
from training.metrics import Ranked, log_loss
from training.points_prior import blended, points_expert

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Progress = Callable[[str], None]

FOLDS = 5  #: of cross-fitting
PAIRS_TO_CHOOSE = 10_000  #: enough to tell one regularisation from another
MANY_PAIRS = 200_000  #: from more on the linear expert is fitted in blocks, and whole leads choose its regularisation
WINS_TO_CHOOSE = 100  #: won leads among those
FLAT = 1e-12  #: slope of a margin without skill: no score tells its leads apart, yet a bundle's slope is above 0


@dataclass(frozen=True, kw_only=True)
class Experts:
    """What was fitted, before calibration.

    Where there are too few wins for trees, `trees` is None and hand-made points are blended into `linear`.
    """

    linear: LinearExpert
    trees: TreeExpert | None
    grown: Grown | None = None  #: how many trees, and how that was chosen

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
    strength: float  #: inverse regularisation of the linear expert
    cross_fitted: bool  #: calibrated on the training leads, each answered by experts that had not seen it

    @cached_property
    def without_skill(self) -> frozenset[str]:
        """The margins that rank held-out leads no better than chance."""
        return frozenset(name for name, platt in self.platt.items() if platt.a <= FLAT)

    def log_odds(self, rows: Floats) -> dict[str, Floats]:
        """Calibrated log-odds of each expert and of both, (n_rows,) each; one for all where there is no skill."""
        margins = self.experts.margins(rows)
        return {name: log_odds_of(self.platt[name], m) for name, m in margins.items()}


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
    return Fitted(
        experts=experts,
        platt={name: calibrated(margin, held_out) for name, margin in margins.items()},
        strength=model.linear_strengths[0],
        cross_fitted=calibrate is None,
    )


def calibrated(margins: Floats, held_out: Dataset) -> Platt:
    """The calibration of these margins; the share of wins for everybody where a higher one goes with fewer wins."""
    try:
        with one_blas_thread():
            return fit_platt(margins, held_out.label, held_out.weight)
    except NoSkill:
        rate = float(np.average(held_out.label, weights=held_out.weight))
        return Platt(a=FLAT, b=float(np.log(rate / (1 - rate))))


def log_odds_of(platt: Platt, margins: Floats) -> Floats:
    """Calibrated log-odds; one for all where the margins showed no skill."""
    return np.full(len(margins), platt.b) if platt.a <= FLAT else platt.log_odds(margins)


def fit_experts(view: View, train: Dataset, model: Model, *, with_trees: bool | None = None) -> Experts:
    """Fit the experts; trees take part from `min_wins_for_trees` won leads on, unless said otherwise."""
    if not (train.wins >= model.min_wins_for_trees if with_trees is None else with_trees):
        return Experts(linear=_with_points(fit_linear(view, train, model), view, train, model), trees=None)
    trees, grown = grow(view, train, model, folds(train, model.seed))
    return Experts(linear=fit_linear(view, train, model), trees=trees, grown=grown)


def _with_points(learned: LinearExpert, view: View, train: Dataset, model: Model) -> LinearExpert:
    """What few wins taught, blended with hand-made points by how many they are."""
    rate = float(np.average(train.label, weights=train.weight))
    points = points_expert(view, learned.inputs, train.rows, model.prior, rate)
    return blended(learned, points, model.prior.learned_share(train.wins))


def with_strength(view: View, train: Dataset, model: Model) -> Model:
    """The same choices with the one regularisation that suits these pairs, so that it is chosen once."""
    return model.model_copy(update={"linear_strengths": (choose_strength(view, train, model),)})


def choose_strength(view: View, train: Dataset, model: Model) -> float:
    """The strength whose linear expert answers held-out leads with the least log loss.

    Folds keep groups whole. Beyond `PAIRS_TO_CHOOSE` pairs an evenly spread part of them decides, beyond `MANY_PAIRS`
    leads drawn at random, each with all its pairs.
    """
    if len(model.linear_strengths) == 1:
        return model.linear_strengths[0]
    with one_blas_thread():
        losses = _held_out_losses(view, _some_pairs(train, model.seed), model)
    return model.linear_strengths[int(np.argmin(losses))]


def choice_note(train: Dataset, model: Model) -> str | None:
    """What a reader should know of the choice of the strength; nothing where pairs are not that many."""
    if len(train) <= MANY_PAIRS or len(model.linear_strengths) == 1:
        return None
    return (
        f"The regularisation of the logistic expert was chosen by leads drawn at random, with {PAIRS_TO_CHOOSE:,} of "
        f"the {len(train):,} training pairs and {WINS_TO_CHOOSE} won leads at least; all pairs fitted it."
    )


def _some_pairs(train: Dataset, seed: int) -> Dataset:
    """Enough pairs to choose by; all where there are few."""
    if len(train) > MANY_PAIRS:
        return train.some_leads(pairs=PAIRS_TO_CHOOSE, wins=WINS_TO_CHOOSE, seed=seed)
    return train.take(np.arange(0, len(train), len(train) // PAIRS_TO_CHOOSE + 1))


def _held_out_losses(view: View, seen: Dataset, model: Model) -> list[float]:
    """The log loss of each strength; the design matrix of a fold serves all of them."""
    fold = folds(seen, model.seed)
    margins = np.zeros((len(model.linear_strengths), len(seen)))
    for f in range(FOLDS):
        kept, asked = seen.take(fold != f), seen.rows[fold == f]
        inputs = LinearInputs.of(view, kept.rows)
        matrix = inputs.matrix(kept.rows)
        for s, strength in enumerate(model.linear_strengths):
            margins[s, fold == f] = _logistic(inputs, matrix, kept, strength).margins(asked)
    return [log_loss(Ranked.of(seen.label, margin, seen.weight)) for margin in margins]


def folds(part: Dataset, seed: int) -> Ints:
    """A number below `FOLDS` for each pair; a group is in one fold, drawn at random. Shape (n_pairs,)."""
    names, index = np.unique(part.group, return_inverse=True)
    return np.asarray((np.random.default_rng(seed).permutation(len(names)) % FOLDS)[index])


def fit_linear(view: View, train: Dataset, model: Model) -> LinearExpert:
    """L2-regularised logistic regression on standardised inputs, by Newton's method (scikit-learn's, or in blocks)."""
    strength = choose_strength(view, train, model)
    inputs = LinearInputs.of(view, train.rows)
    with one_blas_thread():
        if len(train) > MANY_PAIRS:
            return _logistic_of_many(inputs, train, strength, model.seed)
        return _logistic(inputs, inputs.matrix(train.rows), train, strength)


def _logistic(inputs: LinearInputs, matrix: Floats, train: Dataset, strength: float) -> LinearExpert:
    regression = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=100, tol=1e-6)
    regression.fit(matrix, train.label, sample_weight=train.weight)
    return LinearExpert.from_coefficients(inputs, regression.coef_[0], float(regression.intercept_[0]))


def _logistic_of_many(inputs: LinearInputs, train: Dataset, strength: float, seed: int) -> LinearExpert:
    """The same minimum over all pairs, looked for from that of some leads on."""
    some = _some_pairs(train, seed)
    near = _logistic(inputs, inputs.matrix(some.rows), some, strength * train.weight.sum() / some.weight.sum())
    start = np.array([*near.coefficients, near.intercept])
    found = newton.logistic(inputs.matrix, train.rows, train.label, train.weight, strength, start)
    return LinearExpert.from_coefficients(inputs, found[:-1], found[-1])


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
