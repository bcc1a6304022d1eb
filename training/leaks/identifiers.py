"""Numbers that were given one after the other: they tell when a lead came, and nothing about it.

A model learns from them which period was good, and meets only numbers beyond all it has seen.
"""

import re
from collections.abc import Iterator

import numpy as np

from features.encode import text_of
from training.leaks.case import Case
from training.leaks.fields import HEAD, Field
from training.leaks.measures import rank_correlation
from training.leaks.verdicts import Evidence

NUMBERED = re.compile(r"[A-Za-z]{0,6}[-_/#. ]?(\d{1,18})(?:\.0+)?")
OWN_VALUE = 0.9  #: distinct values per lead with a value
FEWEST = 50  #: leads
RUNS = 0.95  #: rank correlation with time


def identifiers(field: Field, case: Case) -> Iterator[Evidence]:
    """Nearly every lead has its own number, and they run with time."""
    said = int(field.filled.sum())
    if said < FEWEST or len(field.distinct) < OWN_VALUE * said:
        return
    if sum(NUMBERED.fullmatch(text_of(value) or "") is None for value in field.distinct[:HEAD]) > HEAD / 2:
        return
    found = [NUMBERED.fullmatch(text) for text in field.texts]
    if sum(match is not None for match in found) < 0.95 * len(found):
        return
    number = np.array([float(match[1]) if match else np.nan for match in found] + [np.nan])[field.code]
    runs = rank_correlation(number, case.fates.came)
    if abs(runs) >= RUNS:
        yield Evidence(
            test="runs_with_time",
            ground="time",
            weight=5,
            numbers={"rank_correlation": runs},
            sentence=f"Nearly every lead has its own number and they run with time (rank correlation {runs:.2f}): it "
            "is an identifier that tells the period, not the lead. Leave it out; it may serve as `order`.",
        )
