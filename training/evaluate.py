"""The test period, answered once: every model and every baseline in one table, with intervals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.settings import Model
from features.view import View
from training import baselines
from training.dataset import Dataset
from training.fit import Fitted

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
class Contest:
    """Calibrated log-odds on the test period, one array (n_test,) per contestant."""

    log_odds: Mapping[str, Floats]
    absent: Mapping[str, str]  #: contestants that could not take part, and why


def contest(
    view: View,
    train: Dataset,
    calibrate: Dataset | None,
    test: Dataset,
    fitted: Fitted,
    model: Model,
    progress: Progress,
) -> Contest:
    """Let every baseline and expert answer the test period."""
    progress("fitting the baselines")
    everything = fitted.log_odds(test.rows)
    found: dict[str, Floats | None] = {
        "constant": baselines.constant(train, test),
        "points": baselines.points(view, train, test),
        "fit": baselines.of_family("fit", view, train, calibrate, test, model),
        "engagement": baselines.of_family("engagement", view, train, calibrate, test, model),
        "linear": everything["linear"],
        "trees": everything.get("trees"),
        "both": everything["both"],
    }
    reasons = {
        "points": "there is no behaviour to give points for",
        "fit": "the columns are of one family only",
        "engagement": "the columns are of one family only",
        "trees": f"fewer than {model.min_wins_for_trees} wins to train on: trees stay off",
    }
    return Contest(
        log_odds={name: answer for name, answer in found.items() if answer is not None},
        absent={name: reasons[name] for name, answer in found.items() if answer is None},
    )
