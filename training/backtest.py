"""The rolling-origin backtest: trained at several moments of the past, each time tested on what came next.

Every contestant answers at every origin. Intervals draw whole accounts and leads, once for all
origins, so that means over origins and differences between contestants keep what they share.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from features.make_view import make_view
from features.settings import Model, Settings
from features.tables import Export
from features.view import View
from training import metrics
from training.baselines import CountPoints
from training.cohort import Cohort
from training.dataset import Dataset, together
from training.evaluate import NAMES, Contest
from training.fit import fit, with_strength
from training.intervals import Draws, Interval, mean, resample_together
from training.metrics import Ranked
from training.origins import FEW, Origin, choose_origins, split_at
from training.prepare import datasets
from training.splits import TRAIN

Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]

LEFT_OUT = ("fit", "engagement")  #: whole trainings of their own, too dear to repeat at every origin
FIGURES: Mapping[str, Callable[[Ranked], float]] = {
    "ROC AUC": metrics.roc_auc,
    "PR AUC": metrics.pr_auc,
    "log loss": metrics.log_loss,
    "lift at 10 %": partial(metrics.lift_at, share=0.1),
    "expected / observed": metrics.expected_over_observed,
}


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What the contestants, trained at one origin, answered about the next period."""

    origin: Origin
    view: View
    model: Model  #: with the regularisation that was chosen there
    train: Dataset
    calibrate: Dataset | None
    test: Dataset
    log_odds: Mapping[str, Floats]  #: by the keys of NAMES, (n_test,) each
    absent: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """All origins, and every figure with its draws."""

    answered: tuple[Answered, ...]
    draws: Mapping[str, tuple[Mapping[str, Draws] | None, ...]]  #: contestant -> per origin -> figure
    flat: bool
    notes: tuple[str, ...]

    def at(self, name: str, origin: int, figure: str) -> Interval | None:
        """A figure of a contestant at the origin in this place; None where it was absent."""
        found = self.draws[name][origin]
        return None if found is None else found[figure].interval

    def mean(self, name: str, figure: str) -> Draws | None:
        """The mean over all origins; None for a contestant that was absent at one."""
        found = [draws[figure] for draws in self.draws[name] if draws is not None]
        return mean(found) if found and len(found) == len(self.answered) else None

    def ahead(self, name: str, figure: str = "ROC AUC") -> Interval | None:
        """By how much both experts are above a contestant, in the mean over origins."""
        ours, theirs = self.mean("both", figure), self.mean(name, figure)
        return (ours - theirs).interval if ours is not None and theirs is not None else None

    def pooled(self, name: str = "both") -> tuple[Dataset, Floats]:
        """All test pairs of all origins that a contestant answered, and its log-odds."""
        found = [(a.test, a.log_odds[name]) for a in self.answered if name in a.log_odds]
        return together([test for test, _ in found]), np.concatenate([log_odds for _, log_odds in found])

    def to_dict(self) -> dict[str, Any]:
        """Plain data: per contestant its figures at each origin and in the mean."""
        return {
            "origins": [
                {
                    "tested_on": a.origin.words(flat=self.flat),
                    "train_leads_won": a.train.wins,
                    "test_pairs": len(a.test),
                    "test_leads_won": a.test.wins,
                }
                for a in self.answered
            ],
            "contest": {NAMES[name]: self._rows(name) for name in self.draws},
            "notes": list(self.notes),
        }

    def _rows(self, name: str) -> dict[str, Any]:
        each = [self.at(name, i, "ROC AUC") for i in range(len(self.answered))]
        means = {figure: self.mean(name, figure) for figure in FIGURES}
        return {
            "roc_auc_per_origin": [None if i is None else i.to_dict() for i in each],
            "mean": {figure: None if d is None else d.interval.to_dict() for figure, d in means.items()},
        }


def backtest(
    export: Export,
    settings: Settings,
    chosen: Cohort,
    label: Floats,
    *,
    until: int,
    wanted: int,
    count_points: CountPoints | None = None,
    progress: Progress = lambda _: None,
) -> Backtest | None:
    """Train and test at up to `wanted` origins on pairs up to `until`; None where there is room for none."""
    found = choose_origins(export, chosen, label, settings, until=until, wanted=wanted)
    answered = []
    for origin in found:
        progress(f"backtest, origin {origin.number} of {len(found)}: {origin.words(flat=export.flat)}")
        answered.append(answer_at(origin, export, settings, chosen, label, count_points))
    if not answered:
        return None
    progress("measuring the backtest with intervals")
    notes = [note for a in answered for note in a.notes]
    if len(answered) < wanted:
        few = "; a mean over so few tells little" if len(answered) < FEW else ""
        notes.insert(0, f"The past has room for {len(answered)} of {wanted} origins{few}.")
    names = [name for name in NAMES if any(name in a.log_odds for a in answered)]
    draws = {name: _draws(answered, name, settings.model) for name in names}
    return Backtest(answered=tuple(answered), draws=draws, flat=export.flat, notes=tuple(notes))


def answer_at(
    origin: Origin,
    export: Export,
    settings: Settings,
    chosen: Cohort,
    label: Floats,
    count_points: CountPoints | None = None,
) -> Answered:
    """Train as `ripeness train` would have at the origin, and let every contestant answer the next period."""
    part, labels, parts = split_at(origin, export, chosen, label, settings)
    view, _ = make_view(settings, export, part.pairs.take(parts.part == TRAIN))
    train, calibrate, test = datasets(view, export, part, labels, parts)
    model = with_strength(view, train, settings.model)
    contest = Contest(view=view, train=train, calibrate=calibrate, test=test, model=model, count_points=count_points)
    log_odds, absent, notes = _answers(contest, f"origin {origin.number}")
    return Answered(
        origin=origin,
        view=view,
        model=model,
        train=train,
        calibrate=calibrate,
        test=test,
        log_odds=log_odds,
        absent=absent,
        notes=notes,
    )


def _answers(contest: Contest, where: str) -> tuple[dict[str, Floats], dict[str, str], tuple[str, ...]]:
    """Answers, with a note on those for whom the past shows no skill: leaving them out would flatter their mean."""
    fitted = fit(contest.view, contest.train, contest.calibrate, contest.model)
    answers, absent = contest.answers(fitted, leave_out=LEFT_OUT)
    flat = [NAMES[name] for name in NAMES if name in answers and name != "constant" and np.ptp(answers[name]) == 0]
    notes = (f"{where}: no skill shown, so everybody gets the share of wins from {', '.join(flat)}",) if flat else ()
    return answers, absent, notes


def _draws(answered: list[Answered], name: str, model: Model) -> tuple[Mapping[str, Draws] | None, ...]:
    """Per origin the figures of one contestant; equal resamples for all contestants."""
    parts = [
        (Ranked.of(a.test.label, a.log_odds.get(name, np.zeros(len(a.test))), a.test.weight), a.test.group)
        for a in answered
    ]
    drawn = resample_together(parts, FIGURES, rounds=model.bootstrap_rounds, seed=model.seed)
    return tuple(d if name in a.log_odds else None for a, d in zip(answered, drawn, strict=True))
