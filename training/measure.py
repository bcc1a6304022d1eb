"""The figures that every contestant is measured by, alike."""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from features.settings import Model
from training import metrics
from training.dataset import Dataset
from training.intervals import Draws, resample
from training.metrics import Ranked

LIFT_SHARES = {"lift at 5 %": 0.05, "lift at 10 %": 0.10, "lift at 20 %": 0.20}


def figures(capacity_share: float) -> dict[str, Callable[[Ranked], float]]:
    """Name and metric, in the order shown; capacity is the share of open leads that sales can call in a week."""
    lifts = {name: partial(metrics.lift_at, share=share) for name, share in LIFT_SHARES.items()}
    return {
        "ROC AUC": metrics.roc_auc,
        "PR AUC": metrics.pr_auc,
        "Brier": metrics.brier,
        "log loss": metrics.log_loss,
        "calibration slope": metrics.calibration_slope,
        "expected / observed": metrics.expected_over_observed,
        **lifts,
        "recall at capacity": partial(metrics.recall_at, share=capacity_share),
        "contacts per win": partial(metrics.contacts_per_win, share=capacity_share),
    }


def measure(test: Dataset, log_odds: npt.NDArray[np.float64], capacity_share: float, model: Model) -> dict[str, Draws]:
    """Each figure on the pairs and on resamples of whole accounts and leads, the same for whoever answers."""
    ranked = Ranked.of(test.label, log_odds, test.weight)
    return resample(ranked, test.group, figures(capacity_share), rounds=model.bootstrap_rounds, seed=model.seed)
