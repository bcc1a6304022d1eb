"""What a model has to beat: a constant, who was active last, hand-made points, half of the features.

Every baseline gives calibrated log-odds, so that all of them stand in one table with the same columns; what ranks no
better than chance where it is calibrated gives everybody the share of wins.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from features.definitions import ANY, Count, Definition, Recency
from features.settings import Model
from features.stages import Stage
from features.tables import Pairs
from features.view import View
from training.dataset import Dataset
from training.fit import Fitted, calibrated, fit, log_odds_of
from training.points_prior import POINTS

Floats = npt.NDArray[np.float64]
CountPoints = Callable[[Pairs], Floats]

POINTS_AT_MOST = 3  #: actions of one kind that earn points
SILENT_DAYS = 3650.0  #: since the last action of a lead that never did anything
POINTS_FADE_DAYS = 30  #: without any action for so long the points are halved


def constant(train: Dataset, test: Dataset) -> Floats:
    """The share of training pairs that were won, for everybody."""
    rate = np.average(train.label, weights=train.weight)
    return np.full(len(test), np.log(rate / (1 - rate)))


def recency(view: View, train: Dataset, test: Dataset) -> Floats | None:
    """Who did something last is called first; None where the view has no behaviour."""
    last = [i for i, d in enumerate(view.definitions) if isinstance(d, Recency) and d.kind == ANY]
    if not last:
        return None
    fresh, later = (-np.log1p(np.nan_to_num(part.rows[:, last[0]], nan=SILENT_DAYS)) for part in (train, test))
    return log_odds_of(calibrated(fresh, train), later)


def company_points(count: CountPoints, train: Dataset, test: Dataset) -> Floats:
    """The company's own points rules, scaled to log-odds on the training pairs."""
    learned, asked = (count(Pairs(lead=part.lead, as_of=part.as_of)) for part in (train, test))
    spread = float(learned.std()) or 1.0
    return log_odds_of(calibrated(learned / spread, train), asked / spread)


def points(view: View, train: Dataset, test: Dataset) -> Floats | None:
    """A points rule as marketing teams write it; None where the view has no behaviour to give points for."""
    if not _point_columns(view):
        return None
    return log_odds_of(calibrated(count_points(view, train.rows), train), count_points(view, test.rows))


def count_points(view: View, rows: Floats) -> Floats:
    """Points of each row: per kind up to three actions in its widest window, halved after a month of silence."""
    total = np.zeros(len(rows))
    for column, stage in _point_columns(view):
        total += POINTS.get(stage, 0) * np.minimum(rows[:, column], POINTS_AT_MOST)
    last = [i for i, d in enumerate(view.definitions) if isinstance(d, Recency) and d.kind == ANY]
    for column in last:
        total[~(rows[:, column] <= POINTS_FADE_DAYS)] /= 2
    return total


def _point_columns(view: View) -> list[tuple[int, Stage]]:
    """The widest count of each kind and the stage that the kind is evidence for."""
    widest: dict[str, tuple[float, int]] = {}
    for i, d in enumerate(view.definitions):
        if isinstance(d, Count) and d.days > widest.get(d.kind, (0, 0))[0]:
            widest[d.kind] = (d.days, i)
    found = [(column, view.stage_of(kind)) for kind, (_, column) in widest.items()]
    return [(column, stage) for column, stage in found if stage is not None]


def of_family(
    family: str, view: View, train: Dataset, calibrate: Dataset | None, test: Dataset, model: Model
) -> Floats | None:
    """The whole method on the columns of one family; None where there are none, or only those."""
    columns = np.array([i for i, d in enumerate(view.definitions) if d.family == family], dtype=np.int64)
    if len(columns) in (0, len(view.definitions)):
        return None
    part = _narrow(view, [view.definitions[i] for i in columns])
    held_out = calibrate.columns(columns) if calibrate is not None else None
    fitted: Fitted = fit(part, train.columns(columns), held_out, model)
    return fitted.log_odds(test.rows[:, columns])["both"]


def _narrow(view: View, definitions: list[Definition]) -> View:
    return replace(view, definitions=tuple(definitions))
