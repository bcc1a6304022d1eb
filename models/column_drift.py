"""Whether one column of the leads now looks as it did in a bundle's reference; training and serving ask alike.

Columns, answers and calibration may each alarm by chance in a third of the runs that may alarm at all.
"""

from dataclasses import replace

import numpy as np

from models.arrays import Floats
from models.psi import Stability, stability
from models.reference import Binned

FAMILIES = 3  #: columns, score, calibration: each has its share of the false alarms
ROOM = 2.0  #: times how far a single moment of the reference period was from all, which is added to the bar


def level_of(false_alarm_share: float, columns: int) -> float:
    """How often one of so many columns may alarm by chance."""
    return false_alarm_share / FAMILIES / max(1, columns)


def held_against(
    column: Binned, now: Floats, *, independent: tuple[float, float], level: float, least: float
) -> Stability:
    """The leads now, counted in the bins of the column, against those of the reference.

    `independent` says how many leads of the reference, and now, tell as much as there are; `least` is the PSI
    that is worth an alarm.
    """
    then = np.array(column.leads, dtype=np.float64)
    ordered = len(column.edges) + 1 if column.edges is not None else 0
    held = stability(then, now, independent=independent, level=level, least=least, ordered=ordered)
    return replace(held, bar=held.bar + ROOM * column.usual)
