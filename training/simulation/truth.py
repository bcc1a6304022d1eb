"""What was really likely: the probability that a lead is won, given all that its record showed by `as_of`.

Two exact steps, no sampling. A filter turns the record (what happened, what did not, that the lead
is still open) into a belief: the probability of each state of intent. Then the chain of intent, with
the daily chances to be won and lost, is run forward over the closings that the horizon holds.
docs/simulator.md derives both.
"""

from collections import deque
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from features.clock import DAY, SECOND, days
from features.tables import Pairs
from training.simulation.company import BOOKED, CLOSES, LAST_DAY, OPENS, Company
from training.simulation.life import Bits, unpack

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_TINY = 1e-15  #: stands for a chance of 0 in a logarithm


def true_probability(company: Company, pairs: Pairs, horizon_days: float) -> Floats:
    """P(won in (as_of, as_of + horizon] | the record of the lead known by as_of), (n_pairs,).

    NaN where the lead was not there yet or already closed at `as_of`.
    """
    return _answer(company, pairs, beliefs(company, pairs), horizon_days)


def oracle_probability(company: Company, pairs: Pairs, horizon_days: float) -> Floats:
    """The same for somebody who reads minds: given the true state of intent at `as_of`. No model can know it."""
    seen_day = np.maximum(_day(company, pairs.as_of), company.people.first_day[pairs.lead])
    state = company.lives.intent[pairs.lead, np.minimum(seen_day, company.n_days - 1)]
    known = np.eye(company.world.moves.shape[0])[state]
    booked = _next_closing(company, pairs) > seen_day
    return _answer(company, pairs, np.where(booked[:, None], known @ company.world.moves, known), horizon_days)


def beliefs(company: Company, pairs: Pairs) -> Floats:
    """(n_pairs, 5): probability of each state on the day of the next closing that can come, given the record."""
    found = np.full((len(pairs), company.world.moves.shape[0]), np.nan)
    today = _day(company, pairs.as_of)
    order = np.argsort(today, kind="stable")
    bounds = np.searchsorted(today[order], np.arange(company.n_days + 2))
    for day, week_ago in _weekly(company, last=int(today.max(initial=0))):
        chosen = order[bounds[day] : bounds[day + 1]]
        if len(chosen):
            found[chosen] = _catch_up(company, pairs.take(chosen), week_ago, day)
    return found


def _day(company: Company, moment: Ints) -> Ints:
    return np.asarray((moment - company.start) // DAY, dtype=np.int64)


def _slowest(company: Company) -> int:
    """Days after which every activity of a day is known."""
    return max(a.known_after_days for a in company.world.activities)


def _weekly(company: Company, last: int) -> Iterator[tuple[int, Floats]]:
    """Each day with the belief of all leads on the day by which everything was known: `_slowest` days before."""
    belief = company.world.arrival[company.people.origin]
    everything = np.ones(len(company.world.activities), dtype=bool)
    recent: deque[Floats] = deque([belief], maxlen=_slowest(company) + 1)
    for day in range(last + 1):
        yield day, recent[0]
        there = (company.people.first_day <= day) & (company.lives.closed_day > day)
        if day < company.n_days and there.any():
            leads = np.flatnonzero(there)
            belief = belief.copy()
            belief[leads] = _tomorrow(company, _observe(company, belief[leads], leads, day, everything), leads, day)
        recent.append(belief)


def _catch_up(company: Company, pairs: Pairs, belief: Floats, day: int) -> Floats:
    """From the belief of some days ago to `as_of`, through days of which some activities aren't known yet."""
    lead, slowest = pairs.lead, _slowest(company)
    after = np.array([a.known_after_days for a in company.world.activities])
    belief = belief[lead]
    for past in range(max(0, day - slowest), day):
        there = np.flatnonzero(company.people.first_day[lead] <= past)
        updated = _observe(company, belief[there], lead[there], past, known=past + after < day)
        belief[there] = _tomorrow(company, updated, lead[there], past)
    there = np.flatnonzero(company.people.first_day[lead] <= day)
    belief[there] = _part_of_today(company, belief[there], pairs.take(there), day, known=after == 0)
    return belief


def _observe(company: Company, belief: Floats, leads: Ints, day: int, known: Flags) -> Floats:
    """Bayes: weigh the states by how likely they make the activities of a whole day, as far as known."""
    seen, unseen = _yes_and_no(company, company.lives.seen[leads, day], leads, day, known)
    return _weigh(company, belief, seen, unseen @ _log_no(company, day))


def _part_of_today(company: Company, belief: Floats, pairs: Pairs, day: int, known: Flags) -> Floats:
    """The same for the part of the day up to `as_of`; after the evening's booking the night has moved intent."""
    second = (pairs.as_of - company.start - day * DAY) // SECOND
    passed = (np.clip(second, OPENS - 1, CLOSES - 1) - OPENS + 1) / (CLOSES - OPENS)
    if passed.any():
        seen, unseen = _yes_and_no(company, _seen_today(company, pairs, day), pairs.lead, day, known)
        quiet = np.einsum("nk,nks->ns", unseen, _log_no(company, day, passed[:, None, None]))
        belief = _weigh(company, belief, seen, quiet)
    after = _tomorrow(company, belief, pairs.lead, day)
    return np.where((second >= BOOKED)[:, None], after, belief)


def _seen_today(company: Company, pairs: Pairs, day: int) -> Bits:
    """Which activities of `day` had happened by `as_of`; (n_pairs,)."""
    hits, seen = company.hits, np.zeros(len(pairs), dtype=np.uint16)
    first, last = (np.searchsorted(hits.key, pairs.lead * LAST_DAY + day, side=side) for side in ("left", "right"))
    for i in range(int((last - first).max(initial=0))):
        row = np.flatnonzero(first + i < last)
        at = first[row] + i
        seen[row] |= np.where(hits.happened_at[at] <= pairs.as_of[row], 1 << hits.activity[at], 0).astype(np.uint16)
    return seen


def _yes_and_no(company: Company, bits: Bits, leads: Ints, day: int, known: Flags) -> tuple[Flags, Flags]:
    """Activities that happened, and possible ones that didn't, as far as known; (n, n_activities) each."""
    seen = unpack(bits, len(known))
    possible = unpack(company.lives.possible[leads, min(day, company.n_days - 1)], len(known))
    return seen & known, possible & ~seen & known


def _log_no(company: Company, day: int, passed: Floats | float = 1.0) -> Floats:
    """(..., n_activities, 5): log-probability that nothing happened yet when the share `passed` of the day is over."""
    today = company.world.chances * company.exposure[:, min(day, company.n_days - 1)][:, None]
    return np.asarray(np.log1p(-np.minimum(passed * today, 1 - _TINY)))


def _weigh(company: Company, belief: Floats, seen: Flags, quiet: Floats) -> Floats:
    """Posterior, given what was seen and the log-probability (n, 5) of what was not."""
    log = seen @ np.log(np.maximum(company.world.chances, _TINY)) + quiet
    weighed = belief * np.exp(log - log.max(axis=1, keepdims=True))
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))


def _tomorrow(company: Company, belief: Floats, leads: Ints, day: int) -> Floats:
    """The lead wasn't closed in the evening, and intent moved in the night."""
    closing = company.world.win_chance(company.people.fit_on(day, leads)) + company.world.lost
    still = belief * (1 - closing)
    return np.asarray(still / still.sum(axis=1, keepdims=True) @ company.world.moves)


def _next_closing(company: Company, pairs: Pairs) -> Ints:
    """The day of the first closing that can come after `as_of`."""
    after_booking = (pairs.as_of - company.start - BOOKED * SECOND) // DAY + 1
    return np.asarray(np.maximum(after_booking, company.people.first_day[pairs.lead]), dtype=np.int64)


def _answer(company: Company, pairs: Pairs, belief: Floats, horizon_days: float) -> Floats:
    first = _next_closing(company, pairs)
    last = (pairs.as_of + days(horizon_days) - company.start - BOOKED * SECOND) // DAY
    chance = _win_chances(company, pairs, np.maximum(0, last - first + 1), first > _day(company, pairs.as_of))
    there = (pairs.as_of >= company.people.created_at[pairs.lead]) & (pairs.as_of < company.closed_at[pairs.lead])
    return np.where(there, (belief * chance).sum(axis=1), np.nan)


def _win_chances(company: Company, pairs: Pairs, closings: Ints, night_first: Flags) -> Floats:
    """(n_pairs, 5): chance to be won in that many closings from each state; a promotion may come any night.

    v(n) = h + (1 - h - l) * moves @ ((1 - r) v(n - 1) + r v'(n - 1)), where v' is v with the fit after promotion.
    """
    world, people = company.world, company.people
    promoted = people.promoted_day[pairs.lead] <= _day(company, pairs.as_of)
    later = people.promoted_fit[pairs.lead]
    won, won_later = world.win_chance(np.where(promoted, later, people.fit[pairs.lead])), world.win_chance(later)
    stay, stay_later = 1 - won - world.lost, 1 - won_later - world.lost
    night = np.where(promoted, 0.0, world.promoted)[:, None]
    now, then, found = np.zeros_like(won), np.zeros_like(won), np.zeros_like(won)
    for n in range(1, int(closings.max(initial=0)) + 1):
        now = won + stay * (((1 - night) * now + night * then) @ world.moves.T)
        then = won_later + stay_later * (then @ world.moves.T)
        reached = closings == n
        mixed = np.where(night_first[:, None], (1 - night) * now + night * then, now)
        found[reached] = mixed[reached]
    return found
