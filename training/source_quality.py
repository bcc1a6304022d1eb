"""Source quality at equal fit: does a source win more than the leads that it brings would explain?

Expected wins come from who the leads are and how long they had time. So a source isn't praised for
bringing large companies, nor for being old. What remains may be the source, or whatever goes with it.

How much fit counts is learned beside the source, and the source is then left out: learned without it,
fit would take the credit of a good source for whatever leads that source brings (measured on two
sources of equal worth, one of which shares its kind of leads with a better third: 1.28 times apart
without, 1.15 with).
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from features.definitions import Age, Definition, FirstTouch
from features.field_parts import names_any
from features.settings import Model
from features.view import View
from models.linear import LinearExpert
from training.dataset import Dataset
from training.fit import fit_linear
from training.followed import Followed
from training.profile import SOURCE_WORDS, source_column
from training.won_share import PULL, WonShare

Floats = npt.NDArray[np.float64]

STRENGTH = 1.0  #: inverse regularisation: a prior of log-odds with a spread of one
FARTHEST = 50.0  #: in log-odds that leaving the source out may move everybody
MOST_FITTED = 50_000  #: leads, evenly spread, are enough for so few columns


def source_facts(followed: Followed, model: Model) -> dict[str, Any] | None:
    """Observed and expected wins per source; None where no column tells one, or nobody (or everybody) was won."""
    column = source_column(followed.view)
    if column is None or followed.won.all() or not followed.won.any():
        return None
    expected, used = expected_wins(followed, column, model)
    codes = followed.rows[:, followed.view.names.index(column.name)]
    values = [
        {"source": text} | _source(followed.won[codes == code], expected[codes == code])
        for code, text in enumerate(followed.view.categories[column.name])
        if (codes == code).any()
    ]
    unknown = np.isnan(codes)
    return {
        "column": column.name,
        "fit_columns": list(used),
        "sources": sorted(values, key=lambda value: (-value["pulled"], value["source"])),
        "not_known": _source(followed.won[unknown], expected[unknown]) if unknown.any() else None,
    }


def expected_wins(followed: Followed, column: Definition, model: Model) -> tuple[Floats, tuple[str, ...]]:
    """The probability of each lead by its fit and its time, whatever its source, and the columns of fit.

    They add up to the wins observed.
    """
    kept = [i for i, d in enumerate(followed.view.definitions) if not tells_source(d)]
    fit = tuple(followed.view.definitions[i] for i in kept)
    view = replace(followed.view, definitions=(*fit, Age(), column))
    source = followed.rows[:, followed.view.names.index(column.name)]
    rows = np.column_stack([followed.rows[:, kept], followed.waited_days, source])
    expert = _learn(view, rows, followed, model)
    rows[:, -1] = np.nan
    margins, wins = expert.margins(rows), int(followed.won.sum())
    shift = brentq(lambda by: float(expit(margins + by).sum()) - wins, -FARTHEST, FARTHEST)
    return expit(margins + shift), tuple(d.name for d in fit)


def tells_source(column: Definition) -> bool:
    """Whether a column says where a lead came from."""
    return isinstance(column, FirstTouch) or names_any(column.name, SOURCE_WORDS)


def _learn(view: View, rows: Floats, followed: Followed, model: Model) -> LinearExpert:
    lead = followed.pairs.lead
    everybody = Dataset(
        rows=rows,
        label=followed.won.astype(np.float64),
        weight=np.ones(len(lead)),
        group=lead,
        lead=lead,
        as_of=followed.pairs.as_of,
    )
    some = everybody.take(np.arange(0, len(lead), len(lead) // MOST_FITTED + 1))
    return fit_linear(view, some, model.model_copy(update={"linear_strengths": (STRENGTH,)}))


def _source(won: npt.NDArray[np.bool_], expected: Floats) -> dict[str, Any]:
    """Observed over expected wins; the interval is that of the share of won leads."""
    hoped = float(expected.sum())
    counted = WonShare(leads=len(won), won=int(won.sum()), average=hoped / len(won))
    low, high = (bound / counted.average for bound in counted.interval)
    figures = {"expected": hoped, "ratio": counted.won / hoped, "low": low, "high": high}
    figures["pulled"] = (counted.won + PULL) / (hoped + PULL)
    rounded = {name: round(figure, 6) for name, figure in figures.items()}
    return {"leads": counted.leads, "won": counted.won} | rounded | {"stands_out": counted.stands_out}
