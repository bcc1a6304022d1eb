"""The truth against slow walks: through every path of intent that may have been, and every future there may be."""

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest

from features.clock import DAY, SECOND
from features.tables import Pairs
from training.simulate import Simulation, simulate
from training.simulation.company import BOOKED, CLOSES, OPENS, Company
from training.simulation.truth import beliefs
from training.simulation.world import STATES, WORLD

N = len(STATES)


def test_belief_is_what_walking_through_every_possible_path_of_intent_gives() -> None:
    simulated = _busy_company()
    pairs = _first_days(simulated)
    found = beliefs(simulated.company, pairs)
    for i in range(len(pairs)):
        slow = _belief_by_paths(simulated.company, int(pairs.lead[i]), int(pairs.as_of[i]))
        assert found[i] == pytest.approx(slow, abs=1e-10)


def test_win_probability_is_what_walking_through_every_possible_future_gives() -> None:
    simulated = _busy_company()
    pairs = _first_days(simulated)
    belief, found = beliefs(simulated.company, pairs), simulated.true_probability(pairs, 3)
    for i in range(len(pairs)):
        lead, as_of = int(pairs.lead[i]), int(pairs.as_of[i])
        assert found[i] == pytest.approx(_win_by_paths(simulated.company, lead, as_of, belief[i], 3), abs=1e-12)


@cache
def _busy_company() -> Simulation:
    """A world in which much happens on a few days, so that the slow walks have something to walk through."""
    busy = tuple(replace(a, chance=tuple(min(0.9, 12 * c) for c in a.chance)) for a in WORLD.activities)
    world = replace(WORLD, activities=busy, won=20 * WORLD.won, lost=20 * WORLD.lost, promoted=0.2)
    return simulate(seed=3, leads=2000, months=1, world=world)


def _first_days(simulated: Simulation) -> Pairs:
    """Moments of all hours in the first five days of leads that are open then, some at midnight."""
    luck, company_ = np.random.default_rng(0), simulated.company
    lead = luck.choice(2000, size=60, replace=False)
    as_of = company_.people.created_at[lead] + luck.integers(0, 5 * DAY, 60)
    as_of[::4] = (as_of[::4] // DAY + 1) * DAY
    here = (as_of < company_.closed_at[lead]) & (as_of < company_.end)
    assert here.sum() > 25
    return Pairs(lead=lead[here], as_of=as_of[here])


def _chance_of_the_day(company_: Company, lead: int, day: int, as_of: int, state: int) -> float:
    """Probability of what is known by `as_of` of one day, if intent was in `state`; straight from the definitions."""
    world, lives, chance = company_.world, company_.lives, 1.0
    second = (as_of - company_.start - day * DAY) // SECOND
    for k, activity in enumerate(world.activities):
        p = activity.chance[state] * company_.exposure[k, day] * ((lives.possible[lead, day] >> k) & 1)
        hit = (company_.hits.lead == lead) & (company_.hits.day == day) & (company_.hits.activity == k)
        moment = company_.hits.happened_at[hit]
        if activity.known_after_days:
            known = as_of >= company_.start + (day + activity.known_after_days + 1) * DAY
            chance *= 1.0 if not known else p if len(moment) else 1 - p
            continue
        over = (min(max(int(second), OPENS - 1), CLOSES - 1) - OPENS + 1) / (CLOSES - OPENS)
        chance *= p if len(moment) and moment[0] <= as_of else 1 - p * over
    return chance


def _fit(company_: Company, lead: int, day: int) -> float:
    people = company_.people
    return float(people.promoted_fit[lead] if people.promoted_day[lead] <= day else people.fit[lead])


def _closing(company_: Company, fit: float, state: int) -> tuple[float, float]:
    world = company_.world
    return min(world.won_at_most, world.won[state] * np.exp(fit)), world.lost[state]


def _belief_by_paths(company_: Company, lead: int, as_of: int) -> np.ndarray:
    """Sum over all paths of intent from arrival to the day of the next closing."""
    world, first = company_.world, int(company_.people.first_day[lead])
    today = (as_of - company_.start) // DAY
    last = max(first, today + (as_of >= company_.start + today * DAY + BOOKED * SECOND))
    weight, span = np.zeros(N), range(first, min(last, today) + 1)
    of_day = {(d, s): _chance_of_the_day(company_, lead, d, as_of, s) for d in span for s in range(N)}
    for path in product(range(N), repeat=last - first + 1):
        p = world.arrival[company_.people.origin[lead], path[0]]
        for day in span:
            state = path[day - first]
            p *= of_day[day, state]
            if day < last:
                p *= 1 - sum(_closing(company_, _fit(company_, lead, day), state))
                p *= world.moves[state, path[day + 1 - first]]
        weight[path[-1]] += p
    return weight / weight.sum()


def _win_by_paths(company_: Company, lead: int, as_of: int, belief: np.ndarray, horizon: int) -> float:
    """Sum over all futures: paths of intent, and the day of a promotion if one is still to come."""
    people, first = company_.people, int(company_.people.first_day[lead])
    bookings = [d for d in range(first, first + 12) if as_of < company_.start + d * DAY + BOOKED * SECOND]
    bookings = [d for d in bookings if company_.start + d * DAY + BOOKED * SECOND <= as_of + horizon * DAY]
    today = (as_of - company_.start) // DAY
    done = people.promoted_day[lead] <= today
    total = 0.0
    for promoted in [None] if done else [*range(today + 1, bookings[-1] + 1), 10**6]:
        share = 1.0 if promoted is None else _share_promoted_on(company_, promoted, today, bookings[-1])
        for path in product(range(N), repeat=len(bookings)):
            total += share * _path_wins(company_, lead, belief, bookings, path, promoted)
    return total


def _share_promoted_on(company_: Company, day: int, today: int, last: int) -> float:
    nights, r = last - today, company_.world.promoted
    return (1 - r) ** nights if day > last else r * (1 - r) ** (day - today - 1)


def _path_wins(
    company_: Company,
    lead: int,
    belief: np.ndarray,
    bookings: list[int],
    path: tuple[int, ...],
    promoted: int | None,
) -> float:
    people, p, won = company_.people, belief[path[0]], 0.0
    for i, day in enumerate(bookings):
        fit = people.promoted_fit[lead] if promoted is None or day >= promoted else people.fit[lead]
        win, loss = _closing(company_, float(fit), path[i])
        ahead = np.prod([company_.world.moves[a, b] for a, b in zip(path[i:], path[i + 1 :], strict=False)])
        won += p * win * ahead
        p *= 1 - win - loss
        if i + 1 < len(path):
            p *= company_.world.moves[path[i], path[i + 1]]
    return won
