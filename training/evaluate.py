"""The test period, answered once: every model and every baseline in one table, with intervals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.errors import NotEnoughData
from features.settings import Settings
from features.view import View
from training import baselines
from training.dataset import Dataset
from training.fit import Fitted
from training.intervals import Interval
from training.measure import measure

Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]

#: rows of the comparison, in the order shown
NAMES = {
    "constant": "constant (the past share of wins)",
    "points": "points rule",
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

    @property
    def has_skill(self) -> bool:
        """Whether the interval of the AUC lies above a half."""
        return self.measured["both"]["ROC AUC"].low > 0.5

    def verdict(self) -> str:
        """The one sentence that a reader must not miss."""
        auc = self.measured["both"]["ROC AUC"]
        seen = f"ROC AUC {auc.value:.3f}, 95 % interval {auc.low:.3f} to {auc.high:.3f}"
        if self.has_skill:
            return f"It ranks later leads better than chance: {seen}."
        return f"No skill is shown: {seen} holds one half. Don't rank leads by it."

    def card(self) -> dict[str, Any]:
        """Plain data for the model card."""
        return {
            "verdict": self.verdict(),
            "has_skill": self.has_skill,
            "capacity_share": self.capacity_share,
            "contest": {NAMES[name]: {m: i.to_dict() for m, i in row.items()} for name, row in self.measured.items()},
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
) -> Evaluation:
    """Let every baseline and expert answer the test period, and measure all of them alike."""
    progress("fitting the baselines")
    everything = fitted.log_odds(test.rows)
    model = settings.model
    contestants: dict[str, Callable[[], Floats | None]] = {
        "constant": lambda: baselines.constant(train, test),
        "points": lambda: baselines.points(view, train, test),
        "fit": lambda: baselines.of_family("fit", view, train, calibrate, test, model),
        "engagement": lambda: baselines.of_family("engagement", view, train, calibrate, test, model),
        "linear": lambda: everything["linear"],
        "trees": lambda: everything.get("trees"),
        "both": lambda: everything["both"],
    }
    answers: dict[str, Floats] = {}
    absent: dict[str, str] = {}
    for name, answer in contestants.items():
        try:
            log_odds = answer()
        except NotEnoughData as error:
            absent[name] = str(error)
            continue
        if log_odds is None:
            absent[name] = _why_absent(name, model.min_wins_for_trees)
        else:
            answers[name] = log_odds
    progress("measuring with intervals")
    measured = {name: measure(test, log_odds, capacity_share, model) for name, log_odds in answers.items()}
    return Evaluation(log_odds=answers, measured=measured, absent=absent, capacity_share=capacity_share)


def _why_absent(name: str, min_wins: int) -> str:
    if name == "trees":
        return f"fewer than {min_wins} won leads to train on, so trees stay off"
    return "the export has no behaviour" if name == "points" else "all features are of one family"
