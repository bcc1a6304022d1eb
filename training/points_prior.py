"""The lowest rung of the ladder: hand-made points as a linear expert, and its blend with what few wins taught.

A kind of event adds its points for the first action, as much again when the count doubles; a value
of a field adds its points where a lead has it. So the points are weights of the same inputs that the
logistic expert has, and a blend of both is a linear expert as well: contributions stay exact.
"""

from collections.abc import Mapping
from math import log

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from features.definitions import Attribute, Count
from features.settings import Prior
from features.stages import Stage
from features.view import View
from models.inputs import CategoryInput, NumberInput
from models.linear import LinearExpert, LinearInputs

Floats = npt.NDArray[np.float64]

#: points for one action that is evidence for a stage, as marketing tools suggest them
POINTS: Mapping[Stage, float] = {
    Stage.SUBSCRIBER: 1,
    Stage.LEAD: 5,
    Stage.MARKETING_QUALIFIED: 10,
    Stage.SALES_QUALIFIED: 25,
    Stage.OPPORTUNITY: 40,
}
FAR = 50.0  #: log-odds beyond which nothing is looked for


def points_table(view: View, prior: Prior) -> dict[str, float]:
    """Points per condition: as the settings say, or for each kind by its stage."""
    if prior.points:
        return dict(prior.points)
    return {kind.name: POINTS[kind.stage] for kind in view.kinds if kind.stage in POINTS}


def unmatched(view: View, prior: Prior) -> tuple[str, ...]:
    """Conditions that no column of the view answers."""
    return tuple(condition for condition in prior.points if _place(view, condition) is None)


def points_expert(view: View, inputs: LinearInputs, rows: Floats, prior: Prior, won_share: float) -> LinearExpert:
    """The points as weights of these inputs; on `rows` its mean probability is `won_share`."""
    weights = np.zeros(len(inputs.means))
    for condition, points in points_table(view, prior).items():
        found = _place(view, condition)
        if found is not None:
            column, code = found
            worth = points * prior.log_odds_per_point
            weights[inputs.starts[column] + code] += worth * _scale(inputs.columns[column])
    margins = inputs.matrix(rows) @ weights
    shift = brentq(lambda b: float(expit(margins + b).mean()) - won_share, -FAR, FAR)
    return LinearExpert.from_coefficients(inputs, weights, float(shift))


def blended(learned: LinearExpert, points: LinearExpert, share: float) -> LinearExpert:
    """`share` of what was learned and the rest of the points; both have the same inputs."""
    weights = share * np.array(learned.coefficients) + (1 - share) * np.array(points.coefficients)
    intercept = share * learned.intercept + (1 - share) * points.intercept
    return LinearExpert.from_coefficients(learned.inputs, weights, intercept)


def _scale(column: NumberInput | CategoryInput) -> float:
    """Weight of a term per log-odds: a number enters as its scaled logarithm, and doubling one action adds log 2."""
    return column.scale / log(2) if isinstance(column, NumberInput) else 1.0


def _place(view: View, condition: str) -> tuple[int, int] | None:
    """(column, term of it) that a condition speaks of; None where the view has none."""
    name, equals, value = (part.strip() for part in condition.partition("="))
    if not equals:
        counts = [(d.days, i) for i, d in enumerate(view.definitions) if isinstance(d, Count) and d.kind == name]
        return (max(counts)[1], 0) if counts else None
    for i, d in enumerate(view.definitions):
        named = d.name == name or (isinstance(d, Attribute) and name in {d.field, d.part})
        texts = [text.casefold() for text in view.categories.get(d.name, ())]
        if named and value.casefold() in texts:
            return i, texts.index(value.casefold())
    return None
