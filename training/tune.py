"""Choose the [model] keys for one company: a search on log loss over rolling folds of the past.

Each fold trains on the pairs up to a moment and is judged on the next period after the gap of one
horizon, as `evaluate`'s backtest does. All of it lies before the test period, which is never
looked at. The regularisation of the linear expert and the shape of the trees are searched by TPE
(Optuna), seeded; a trial that is behind after its first folds is given up.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import optuna

from features.errors import NotEnoughData
from features.make_view import make_view
from features.settings import Model, Settings
from features.tables import Export
from features.view import View
from training.dataset import Dataset
from training.fit import fit, folds
from training.intervals import Draws, Interval, mean, resample_together
from training.metrics import Ranked, log_loss
from training.origins import before_the_test, choose_origins, split_at
from training.prepare import datasets, prepare
from training.splits import TRAIN

Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]

FOLDS = 3
LEAST_FOLDS = 2
DIGITS = 3  #: significant ones of what is suggested: more would pretend precision
STARTUP_TRIALS = 8  #: drawn at random before TPE has something to go by; none of them is given up
TUNED = ("leaves", "min_leads_per_leaf", "learning_rate", "feature_share", "l2", "linear_strengths")


@dataclass(frozen=True, kw_only=True)
class Fold:
    """A moment of the past: what could be learned then, and what came after the gap."""

    period: str  #: of what came after, in words
    view: View
    train: Dataset
    calibrate: Dataset
    test: Dataset

    def log_odds(self, model: Model) -> Floats:
        """What the model so fitted answers about the period after, (n_test,)."""
        return fit(self.view, self.train, self.calibrate, model).log_odds(self.test.rows)["both"]

    def loss(self, model: Model) -> float:
        """Log loss of it; infinite where such a model learns nothing that lasts."""
        try:
            return log_loss(Ranked.of(self.test.label, self.log_odds(model), self.test.weight))
        except NotEnoughData:
            return float("inf")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One try: the keys, and what came of it."""

    number: int
    model: Model
    losses: tuple[float, ...]  #: of the folds that it was tried on
    pruned: bool

    @property
    def loss(self) -> float:
        """Mean log loss over its folds."""
        return float(np.mean(self.losses))


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What a search found."""

    default: Model
    best: Model
    trials: tuple[Trial, ...]
    gain: Interval  #: by how much the log loss is lower than the default's, in the mean over folds
    per_fold: tuple[float, ...]  #: the same for each fold
    periods: tuple[str, ...]  #: of each fold, in words
    notes: tuple[str, ...]

    @property
    def is_better(self) -> bool:
        """Whether the interval of the gain lies above zero."""
        return self.gain.low > 0

    def changes(self) -> dict[str, object]:
        """The keys of [model] whose values differ from the default."""
        return {key: getattr(self.best, key) for key in TUNED if getattr(self.best, key) != getattr(self.default, key)}


def tune(
    export: Export,
    settings: Settings,
    *,
    minutes: float,
    at_most: int | None = None,
    log: Callable[[Trial], None] = lambda _: None,
    progress: Progress = lambda _: None,
) -> Tuned:
    """Search for `minutes`, or for `at_most` trials if that is sooner; `log` is told every trial as it ends.

    Equal seeds and equal numbers of trials find the same.

    Raises:
        NotEnoughData: the past has no room for two folds.
    """
    past = rolling(export, settings, progress)
    return search(past, settings.model, minutes=minutes, at_most=at_most, log=log, progress=progress)


def search(
    past: tuple[Fold, ...],
    default: Model,
    *,
    minutes: float,
    at_most: int | None = None,
    log: Callable[[Trial], None] = lambda _: None,
    progress: Progress = lambda _: None,
) -> Tuned:
    """As `tune`, on folds that are there already."""
    with_trees = all(fold.train.wins >= default.min_wins_for_trees for fold in past)
    tried = _Search(past, default, with_trees=with_trees, log=log, progress=progress)
    best = tried.run(minutes, at_most)
    gain, per_fold = _gain(past, default, best)
    few = f"Trees stay off below {default.min_wins_for_trees} won leads, so only the linear expert was tuned."
    return Tuned(
        default=default,
        best=best,
        trials=tuple(tried.done),
        gain=gain,
        per_fold=per_fold,
        periods=tuple(fold.period for fold in past),
        notes=() if with_trees else (few,),
    )


def rolling(export: Export, settings: Settings, progress: Progress = lambda _: None) -> tuple[Fold, ...]:
    """The folds, with leaking columns left out as `train` leaves them out; none reaches into the test period.

    Raises:
        NotEnoughData: there is no room for two.
    """
    past = prepare(export, settings, progress)
    export, chosen, label = past.export, past.chosen, past.label
    until = before_the_test(past.parts.periods)
    origins = choose_origins(export, chosen, label, settings, until=until, wanted=FOLDS)
    if len(origins) < LEAST_FOLDS:
        raise NotEnoughData(
            f"the time before the test period has room for {len(origins)} rolling folds with a gap of "
            f"{settings.outcome.horizon_days:g} days, {LEAST_FOLDS} are needed to choose by: bring a longer history"
        )
    found = []
    for origin in origins:
        progress(f"building fold {origin.number} of {len(origins)}: {origin.words(flat=export.flat)}")
        part, label_there, parts = split_at(origin, export, chosen, label, settings)
        view, _ = make_view(settings, export, part.pairs.take(parts.part == TRAIN))
        train, calibrate, test = datasets(view, export, part, label_there, parts)
        if calibrate is None:
            held_out = folds(train, settings.model.seed) == 0
            train, calibrate = train.take(~held_out), train.take(held_out)
        found.append(
            Fold(period=origin.words(flat=export.flat), view=view, train=train, calibrate=calibrate, test=test)
        )
    return tuple(found)


class _Search:
    """The default, then Optuna's study, over the folds."""

    def __init__(
        self,
        past: tuple[Fold, ...],
        default: Model,
        *,
        with_trees: bool,
        log: Callable[[Trial], None],
        progress: Progress,
    ) -> None:
        self._folds, self._default, self._with_trees = past, default, with_trees
        self._log, self._progress = log, progress
        self.done: list[Trial] = []

    def run(self, minutes: float, at_most: int | None) -> Model:
        """The model of the least mean log loss over all folds; the default is the first that is tried."""
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._progress("trying the default")
        self._note(self._default, [fold.loss(self._default) for fold in self._folds], pruned=False)
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=self._default.seed % 2**32, n_startup_trials=STARTUP_TRIALS),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS),
        )
        study.optimize(self._objective, n_trials=at_most, timeout=60 * minutes)
        whole = [trial for trial in self.done if not trial.pruned]
        return min(whole, key=lambda trial: (trial.loss, trial.number)).model

    def _objective(self, asked: optuna.Trial) -> float:
        model = self._suggested(asked)
        losses: list[float] = []
        for step, fold in enumerate(self._folds):
            losses.append(fold.loss(model))
            asked.report(float(np.mean(losses)), step)
            if step + 1 < len(self._folds) and asked.should_prune():
                self._note(model, losses, pruned=True)
                raise optuna.TrialPruned
        self._note(model, losses, pruned=False)
        return float(np.mean(losses))

    def _suggested(self, asked: optuna.Trial) -> Model:
        strength = _rounded(asked.suggest_float("linear_strength", 0.001, 3.0, log=True))
        found: dict[str, object] = {"linear_strengths": (strength,)}
        if self._with_trees:
            found |= {
                "leaves": asked.suggest_int("leaves", 3, 32, log=True),
                "min_leads_per_leaf": asked.suggest_int("min_leads_per_leaf", 20, 400, log=True),
                "learning_rate": _rounded(asked.suggest_float("learning_rate", 0.01, 0.15, log=True)),
                "feature_share": _rounded(asked.suggest_float("feature_share", 0.2, 1.0)),
                "l2": _rounded(asked.suggest_float("l2", 0.1, 100.0, log=True)),
            }
        return self._default.model_copy(update=found)

    def _note(self, model: Model, losses: list[float], *, pruned: bool) -> None:
        trial = Trial(number=len(self.done), model=model, losses=tuple(losses), pruned=pruned)
        self.done.append(trial)
        self._log(trial)
        best = min(t.loss for t in self.done if not t.pruned)
        given_up = f" on {len(losses)} of {len(self._folds)} folds, given up" if pruned else ""
        self._progress(f"trial {trial.number}: log loss {trial.loss:.5f}{given_up}; best {best:.5f}")


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _gain(past: tuple[Fold, ...], default: Model, best: Model) -> tuple[Interval, tuple[float, ...]]:
    """The log loss of the default less that of the best: mean over folds with interval, and of each fold."""
    drawn = [_draws(past, model, rounds=default.bootstrap_rounds, seed=default.seed) for model in (default, best)]
    apart = [before - after for before, after in zip(*drawn, strict=True)]
    return mean(apart).interval, tuple(draws.value for draws in apart)


def _draws(past: tuple[Fold, ...], model: Model, *, rounds: int, seed: int) -> list[Draws]:
    parts = [(Ranked.of(f.test.label, f.log_odds(model), f.test.weight), f.test.group) for f in past]
    return [found["loss"] for found in resample_together(parts, {"loss": log_loss}, rounds=rounds, seed=seed)]
