"""The test period, answered once: every model and every baseline in one table, with intervals."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from features.definitions import Age
from features.settings import Model, Settings
from features.view import View
from training import baselines
from training.baselines import CountPoints
from training.dataset import Dataset
from training.fit import Fitted
from training.intervals import Interval
from training.measure import measure
from training.naive_bayes import naive_bayes
from training.points_rules import PointsRules
from training.skill import auc_at_equal_age
from training.standing import Standing, standing

Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]

EXPERTS = ("linear", "trees", "both")
#: rows of the comparison, in the order shown
NAMES = {
    "constant": "constant (the past share of wins)",
    "recency": "recency rule (active last, called first)",
    "points": "points rule",
    "own_points": "the company's own points",
    "naive_bayes": "naive Bayes, as in Odoo",
    "fit": "fit only",
    "engagement": "behaviour only",
    "linear": "logistic alone",
    "trees": "trees alone",
    "both": "both experts",
}


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What every contestant reached on the test period."""

    log_odds: Mapping[str, Floats]  #: calibrated, (n_test,) each, by the keys of NAMES
    measured: Mapping[str, Mapping[str, Interval]]  #: by the same keys, then by metric
    absent: Mapping[str, str]  #: contestants that could not take part, and why
    capacity_share: float  #: of the open leads that sales can call in a week
    at_equal_age: Interval | None = None  #: ROC AUC among leads of the same age; None where ages don't differ
    standing: Standing | None = None  #: against the best of the others

    @property
    def has_skill(self) -> bool:
        """Whether the interval of the AUC lies above a half, and so among leads of the same age."""
        known = [self.measured["both"]["ROC AUC"], *([self.at_equal_age] if self.at_equal_age else [])]
        return all(auc.low > 0.5 for auc in known)

    def verdict(self) -> str:
        """What a reader must not miss: whether it ranks better than chance, and whether its probabilities hold."""
        auc = self.measured["both"]["ROC AUC"]
        seen = f"ROC AUC {auc.value:.3f}, 95 % interval {auc.low:.3f} to {auc.high:.3f}"
        if auc.low <= 0.5:
            fact = "holds one half" if auc.high >= 0.5 else "lies below one half"
            return f"No skill is shown: {seen} {fact}. Don't rank leads by it."
        if self.at_equal_age and not self.has_skill:
            same = self.at_equal_age
            return (
                f"No skill is shown: among leads of the same age ROC AUC {same.value:.3f}, "
                f"95 % interval {same.low:.3f} to {same.high:.3f}, is not above one half. "
                f"What it knows is how long a lead has been open "
                f"({seen} over all ages). Don't rank leads by it."
            )
        promise = self.measured["both"]["expected / observed"]
        off = "too much" if promise.low > 1 else "too little" if promise.high < 1 else ""
        wins = f"{promise.value:.2f} wins expected for each that came ({promise.low:.2f} to {promise.high:.2f})"
        held = f" Its probabilities promise {off}: {wins}." if off else ""
        return f"It ranks later leads better than chance: {seen}.{held}"

    def name_of(self, contestant: str) -> str:
        """What a contestant is called here; without trees the logistic expert is the whole model."""
        return "this model: the logistic expert" if contestant == "both" and self.is_linear else NAMES[contestant]

    @property
    def is_linear(self) -> bool:
        """Whether trees stayed off."""
        return "trees" in self.absent

    @property
    def shown(self) -> Mapping[str, Mapping[str, Interval]]:
        """What was measured, by names for a person; the logistic expert once where it is the whole model."""
        rows = {k: row for k, row in self.measured.items() if not (k == "linear" and self.is_linear)}
        return {self.name_of(name): row for name, row in rows.items()}

    def card(self) -> dict[str, Any]:
        """Plain data for the model card."""
        return {
            "verdict": self.verdict(),
            "has_skill": self.has_skill,
            "promise": self.measured["both"]["expected / observed"].to_dict(),
            "capacity_share": self.capacity_share,
            "contest": {name: {m: i.to_dict() for m, i in row.items()} for name, row in self.shown.items()},
            "against_best": self.standing.to_dict() if self.standing else None,
            "auc_at_equal_age": self.at_equal_age.to_dict() if self.at_equal_age else None,
            "absent": {NAMES[name]: why for name, why in self.absent.items()},
        }


def evaluate(
    view: View,
    train: Dataset,
    calibrate: Dataset | None,
    test: Dataset,
    fitted: Fitted,
    settings: Settings,
    capacity_share: float,
    progress: Progress = lambda _: None,
    rules: PointsRules | None = None,
) -> Evaluation:
    """Let every baseline and expert answer the test period, and measure all of them alike.

    `rules` are the company's own points rules, where it has any.
    """
    progress("fitting the baselines")
    model, count_points = settings.model, rules.count if rules else None
    contest = Contest(view=view, train=train, calibrate=calibrate, test=test, model=model, count_points=count_points)
    answers, absent = contest.answers(fitted)
    progress("measuring with intervals")
    drawn = {name: measure(test, log_odds, capacity_share, model) for name, log_odds in answers.items()}
    same = {"both", "linear"} if "trees" in absent else {"both"}
    rivals = {NAMES[name]: draws for name, draws in drawn.items() if name not in same}
    return Evaluation(
        log_odds=answers,
        measured={name: {figure: d.interval for figure, d in draws.items()} for name, draws in drawn.items()},
        absent=absent,
        capacity_share=capacity_share,
        at_equal_age=auc_at_equal_age(view, test, answers["both"], model),
        standing=standing(drawn["both"], rivals),
    )


@dataclass(frozen=True, kw_only=True)
class Contest:
    """All that the contestants may learn from, and the pairs that they answer."""

    view: View
    train: Dataset
    calibrate: Dataset | None
    test: Dataset
    model: Model
    count_points: CountPoints | None = None

    def answers(self, fitted: Fitted, leave_out: Collection[str] = ()) -> tuple[dict[str, Floats], dict[str, str]]:
        """Calibrated log-odds of each contestant, and why some could not take part."""
        experts = fitted.log_odds(self.test.rows)
        contestants = self._baselines()
        contestants |= {name: partial(experts.get, name) for name in EXPERTS}
        found = {name: contestants[name]() for name in NAMES if name not in leave_out}
        answers = {name: log_odds for name, log_odds in found.items() if log_odds is not None}
        return answers, {name: self._why_absent(name) for name in found if name not in answers}

    def _baselines(self) -> dict[str, Callable[[], Floats | None]]:
        view, train, calibrate, test, model = self.view, self.train, self.calibrate, self.test, self.model
        own = self.count_points
        return {
            "constant": lambda: baselines.constant(train, test),
            "recency": lambda: baselines.recency(view, train, test),
            "points": lambda: baselines.points(view, train, test),
            "own_points": lambda: baselines.company_points(own, train, test) if own else None,
            "naive_bayes": lambda: naive_bayes(view, train, calibrate, test, model.seed),
            "fit": lambda: baselines.of_family("fit", view, train, calibrate, test, model),
            "engagement": lambda: (
                baselines.of_family("engagement", view, train, calibrate, test, model) if self._has_behaviour else None
            ),
        }

    @property
    def _has_behaviour(self) -> bool:
        """Whether a column of behaviour is there beside the age of the lead."""
        return any(d.family == "engagement" and not isinstance(d, Age) for d in self.view.definitions)

    def _why_absent(self, name: str) -> str:
        if name == "trees":
            return f"fewer than {self.model.min_wins_for_trees} won leads to train on, so trees stay off"
        if name == "own_points":
            return "no points file is named ([evaluation] points_file)"
        if name in {"points", "recency"} or (name == "engagement" and not self._has_behaviour):
            return "the export has no behaviour"
        return "all features are of one family"
