"""Day by day: intent moves, activities happen, leads are won and lost.

The order of a day: promotions are recorded at midnight, activities happen from 07:00 to 19:00 UTC,
the day's closings are booked at 20:00, intent moves in the night.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.simulation.people import People
from training.simulation.world import World

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint16]  #: bit k: activity k

STILL_OPEN = 2**24  #: the closing day of a lead that has none


@dataclass(frozen=True, kw_only=True)
class Lives:
    """What happened to every lead on every day; (n_leads, n_days) unless said otherwise."""

    intent: npt.NDArray[np.int8]  #: position in STATES; -1 before the first day and after closing
    possible: Bits  #: which activities the lead's own record allowed
    seen: Bits  #: which activities happened
    closed_day: Ints  #: (n_leads,), or STILL_OPEN
    won: npt.NDArray[np.bool_]  #: (n_leads,)


def live(world: World, people: People, exposure: Floats, rng: np.random.Generator) -> Lives:
    """Let all leads live until they close or the days are over."""
    n, n_days = len(people), exposure.shape[1]
    lives = Lives(
        intent=np.full((n, n_days), -1, dtype=np.int8),
        possible=np.zeros((n, n_days), dtype=np.uint16),
        seen=np.zeros((n, n_days), dtype=np.uint16),
        closed_day=np.full(n, STILL_OPEN, dtype=np.int64),
        won=np.zeros(n, dtype=bool),
    )
    state = pick(world.arrival[people.origin], rng)
    record = _Record(world, people)
    for day in range(n_days):
        leads = np.flatnonzero((people.first_day <= day) & (lives.closed_day == STILL_OPEN))
        lives.intent[leads, day] = state[leads]
        _act(world, lives, record, exposure[:, day], day, leads, rng)
        _close(world, lives, people.fit_on(day, leads), day, leads, rng)
        state[leads] = pick(world.moves[state[leads]], rng)
    return lives


def pick(shares: Floats, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """A state for each row of shares (n, 5)."""
    below = np.cumsum(shares, axis=1)[:, :-1] <= rng.random(len(shares))[:, None]
    return np.asarray(below.sum(axis=1), dtype=np.int8)


def pack(flags: npt.NDArray[np.bool_]) -> Bits:
    """(n, n_activities) flags as bits (n,)."""
    weights = np.left_shift(1, np.arange(flags.shape[1])).astype(np.uint16)
    return np.asarray((flags * weights).sum(axis=1), dtype=np.uint16)


def unpack(bits: Bits, n_activities: int) -> npt.NDArray[np.bool_]:
    """The flags that `pack` packed."""
    return np.asarray((bits[:, None] >> np.arange(n_activities, dtype=np.uint16)) & 1 == 1)


class _Record:
    """What a lead's own record says about which activities are possible for it today."""

    def __init__(self, world: World, people: People) -> None:
        self.unsubscribe, self.register = world.position("unsubscribe"), world.position("webinar_registered")
        self.webinar = world.position("webinar_attended")
        self.needs = [a.needs for a in world.activities]
        self.subscribed = people.subscribed.copy()
        self.registered = np.zeros(len(people), dtype=bool)
        self.done = np.zeros((len(people), len(world.activities)), dtype=bool)

    def possible(self, leads: Ints) -> npt.NDArray[np.bool_]:
        """(n, n_activities) for these leads."""
        always = np.ones(len(leads), dtype=bool)
        flags = {"nothing": always, "subscribed": self.subscribed[leads], "registered": self.registered[leads]}
        return np.stack(
            [~self.done[leads, k] if need == "not_yet" else flags[need] for k, need in enumerate(self.needs)], axis=1
        )

    def note(self, leads: Ints, seen: npt.NDArray[np.bool_], webinar_today: bool) -> None:
        """Today changes what is possible from tomorrow on."""
        self.done[leads] |= seen
        self.subscribed[leads] &= ~seen[:, self.unsubscribe]
        if webinar_today:
            self.registered[leads] = False
        self.registered[leads] |= seen[:, self.register]


def _act(
    world: World, lives: Lives, record: _Record, exposure: Floats, day: int, leads: Ints, rng: np.random.Generator
) -> None:
    possible = record.possible(leads)
    chance = world.chances.T[lives.intent[leads, day]] * exposure * possible
    seen = rng.random(chance.shape) < chance
    record.note(leads, seen, webinar_today=exposure[record.webinar] > 0)
    lives.possible[leads, day] = pack(possible)
    lives.seen[leads, day] = pack(seen)


def _close(world: World, lives: Lives, fit: Floats, day: int, leads: Ints, rng: np.random.Generator) -> None:
    state, luck = lives.intent[leads, day], rng.random(len(leads))
    won = luck < world.win_chance(fit)[np.arange(len(leads)), state]
    lost = luck >= 1 - world.lost[state]
    lives.won[leads[won]] = True
    lives.closed_day[leads[won | lost]] = day
