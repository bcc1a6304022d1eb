"""Near-duplicates of the result: a column that alone tells won leads from the others.

The AUC is on leads that took no part in judging the values, with smoothing, so that a column of
thousands of values is not taken for one that knows; and inside strata of time, so that a market
that moved is not either.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from training.leaks.case import Case
from training.leaks.fields import Field
from training.leaks.measures import Auc, held_out_auc
from training.leaks.verdicts import Evidence

Floats = npt.NDArray[np.float64]

#: cautious bound of the AUC -> weight
ALL_LEADS = ((0.9, 5), (0.8, 3), (0.65, 1))
FILLED_ONLY = ((0.9, 5), (0.8, 3), (0.7, 2), (0.65, 1))  #: of a field that many leads lack
MANY_LACK = 0.1
ENOUGH_FILLED = 0.05


def label_copies(field: Field, case: Case) -> Iterator[Evidence]:
    """How well the column alone knows: over all leads, and over those that have a value."""
    if not case.outcome_tells:
        return
    label = case.fates.label
    yield from _evidence(field, case, label, ALL_LEADS, None)
    share = float(field.filled.mean())
    filled = np.where(field.filled, label, np.nan)
    if ENOUGH_FILLED <= share <= 1 - MANY_LACK and case.fates.enough(filled):
        yield from _evidence(field, case, filled, FILLED_ONLY, share)


def _evidence(
    field: Field, case: Case, target: Floats, weights: tuple[tuple[float, int], ...], filled: float | None
) -> Iterator[Evidence]:
    found = held_out_auc(field.level, target, case.won_or_not, case.seed)
    if found is None or found.low < weights[-1][0]:
        return
    weight = next(weight for bound, weight in weights if found.low >= bound)
    yield Evidence(
        test="near_duplicate",
        ground="outcome",
        weight=weight,
        numbers={"auc": found.value, "auc_at_least": found.low} | ({} if filled is None else {"filled": filled}),
        sentence=_sentence(found, weight, filled),
    )


def _sentence(found: Auc, weight: int, filled: float | None) -> str:
    whom = "the leads" if filled is None else f"the {filled:.0%} of leads where it is filled in"
    fact = f"Alone it tells won leads from the others with an AUC of {found.value:.2f} among {whom}"
    if weight >= 5:
        return f"{fact}: that is a copy of the result, not a sign of it. Leave it out."
    if weight >= 2:
        return f"{fact}: few honest columns do. Find out when it is written; leave it out if that is after scoring."
    return f"{fact}."
