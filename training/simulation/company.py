"""All that the simulator knows of one company, and the moments at which its days' activities happened."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.clock import DAY, SECOND
from training.simulation.life import Lives
from training.simulation.people import People
from training.simulation.world import World

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

OPENS, CLOSES = 7 * 3600, 19 * 3600  #: seconds of a UTC day; leads act in [OPENS, CLOSES)
MAILED = 6 * 3600 + 1800  #: second of the day at which a mailing goes out
LAST_DAY = 100_000  #: more days than any simulation has
BOOKED = 20 * 3600  #: second of the day at which closings are booked


@dataclass(frozen=True, kw_only=True)
class Hits:
    """One row per activity that happened, sorted by lead and day; aligned arrays."""

    lead: Ints
    day: Ints
    activity: Ints  #: position in `World.activities`
    happened_at: Ints

    @cached_property
    def key(self) -> Ints:
        """Ascending; lead * LAST_DAY + day, to find a day of a lead."""
        return self.lead * LAST_DAY + self.day


@dataclass(frozen=True, kw_only=True)
class Company:
    """A world, its leads, and what became of them."""

    world: World
    people: People
    exposure: Floats  #: (n_activities, n_days), see `calendar.exposure`
    lives: Lives
    hits: Hits
    start: int  #: midnight of day 0, microseconds

    @property
    def n_days(self) -> int:
        """How many days the simulation lasts."""
        return int(self.exposure.shape[1])

    @property
    def end(self) -> int:
        """The midnight after the last day."""
        return self.start + self.n_days * DAY

    def moment(self, day: Ints, second: Ints | int) -> Ints:
        """Microseconds of that second of that day."""
        return np.asarray(self.start + day * DAY + second * SECOND, dtype=np.int64)

    @property
    def closed_at(self) -> Ints:
        """When each lead was closed; far in the future while it is open."""
        return self.moment(self.lives.closed_day, BOOKED)


def hits(world: World, lives: Lives, start: int, rng: np.random.Generator) -> Hits:
    """Every activity of every day with a moment of its own, in whole seconds."""
    found = [np.nonzero((lives.seen >> np.uint16(k)) & 1) for k in range(len(world.activities))]
    activity = np.repeat(np.arange(len(found)), [len(lead) for lead, _ in found])
    lead, day = (np.concatenate([pair[i] for pair in found]) for i in (0, 1))
    order = np.lexsort((activity, day, lead))
    lead, day, activity = lead[order], day[order], activity[order]
    second = rng.integers(OPENS, CLOSES, len(order))
    return Hits(lead=lead, day=day, activity=activity, happened_at=start + day * DAY + second * SECOND)
