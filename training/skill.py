"""Skill beyond age: does a model tell leads of the same age apart?

With calendar snapshots a lead's age alone ranks better than chance: what nobody has decided for a
year is hardly won tomorrow. Who knows no more than that knows nothing about leads, and a rule of one
line does the same. So skill is claimed only where the ranking holds among leads of equal age.
"""

from functools import partial

import numpy as np
import numpy.typing as npt

from features.definitions import Age
from features.settings import Model
from features.view import View
from training.dataset import Dataset
from training.intervals import Interval, intervals
from training.metrics import Ranked, roc_auc

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BANDS = 20  #: of about equally many pairs


def auc_at_equal_age(view: View, test: Dataset, log_odds: Floats, model: Model) -> Interval | None:
    """Chance that a won pair ranks above another of its band of age; None where ages don't differ."""
    at = next((i for i, d in enumerate(view.definitions) if isinstance(d, Age)), None)
    if at is None or np.ptp(np.nan_to_num(test.rows[:, at])) == 0:
        return None
    age = np.nan_to_num(test.rows[:, at], nan=-1.0)
    edges = np.unique(np.quantile(age, np.linspace(0, 1, BANDS + 1)[1:-1], method="lower"))
    ranked = Ranked.of(test.label, log_odds, test.weight)
    band = np.searchsorted(edges, age, side="left")[ranked.pairs.order]
    metric = {"auc": partial(_within, band=band)}
    return intervals(ranked, test.group, metric, rounds=model.bootstrap_rounds, seed=model.seed)["auc"]


def _within(ranked: Ranked, *, band: Ints) -> float:
    """The AUC of each band (in ranked order), weighed by its couples of a won and another pair."""
    right, couples = 0.0, 0.0
    for b in range(int(band.max()) + 1):
        inside = ranked.weighed(np.where(band == b, ranked.weight, 0.0))
        here = inside.wins * (inside.total - inside.wins)
        if here > 0:
            right, couples = right + here * roc_auc(inside), couples + here
    return right / couples if couples else float("nan")
