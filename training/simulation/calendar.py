"""What the calendar of the simulated company makes likelier or possible: working days, mailings, webinars, shows."""

import numpy as np
import numpy.typing as npt

from features.clock import DAY
from training.simulation.world import World

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WEEKEND = 0.25  #: of a working day's chance
AFTER_MAILING = (1.0, 0.25, 0.08)  #: on the day of a mailing and the two days after it
MAILING_EVERY, WEBINAR_EVERY, SHOW_EVERY = 14, 14, 63  #: days


def working_days(start: int, n_days: int) -> npt.NDArray[np.bool_]:
    """Monday to Friday; `start` is a midnight in microseconds. Shape (n_days,)."""
    return (start // DAY + np.arange(n_days) + 3) % 7 < 5


def mailing_days(start: int, n_days: int) -> Ints:
    """Every second Tuesday."""
    return _every(MAILING_EVERY, weekday=1, start=start, n_days=n_days)


def _every(step: int, *, weekday: int, start: int, n_days: int) -> Ints:
    """Days since the start, `step` apart, on one weekday (0 is Monday)."""
    first = (weekday - (start // DAY + 3)) % 7
    return np.arange(first, n_days, step)


def exposure(world: World, start: int, n_days: int) -> Floats:
    """(n_activities, n_days): what multiplies the chance of each activity on each day."""
    factors = {
        "any_day": np.where(working_days(start, n_days), 1.0, WEEKEND),
        "mailing": np.zeros(n_days + len(AFTER_MAILING)),
        "webinar": np.zeros(n_days),
        "trade_show": np.zeros(n_days),
    }
    for i, factor in enumerate(AFTER_MAILING):
        factors["mailing"][mailing_days(start, n_days) + i] = factor
    factors["webinar"][_every(WEBINAR_EVERY, weekday=2, start=start, n_days=n_days)] = 1.0
    factors["trade_show"][_every(SHOW_EVERY, weekday=3, start=start, n_days=n_days)] = 1.0
    return np.stack([factors[a.when][:n_days] for a in world.activities])
