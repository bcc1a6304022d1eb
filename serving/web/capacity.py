"""What so many calls a week reach: the best open leads first, by the scores of now."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from sqlalchemy import Connection, func, select

from features.clock import DAY
from features.settings import Capacity
from serving.store.live_schema import hand_offs
from serving.store.schema import standings

WORKING_DAYS = 5
WEEKS = 4  #: over which the load of the present policy is counted
STEPS = 24  #: of the drawing
MOST_FACTOR = 4  #: how far beyond the present capacity the slider goes


@dataclass(frozen=True, kw_only=True)
class Level:
    """Open leads with one score."""

    score: int
    leads: int
    wins: float  #: the sum of their probabilities


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What so many calls a week reach."""

    calls: int
    leads: int  #: reached
    score: int | None  #: of the last one
    wins: float  #: to be expected among them

    @property
    def calls_per_win(self) -> float | None:
        """How many calls a win takes; None where none is to be expected."""
        return self.leads / self.wins if self.wins else None


@dataclass(frozen=True, kw_only=True)
class Load:
    """The work that the present policy makes."""

    calls: int  #: a week that sales can make
    offered: int  #: over the last `WEEKS`
    waiting: int

    @property
    def offered_a_week(self) -> float:
        """The mean of the last weeks."""
        return self.offered / WEEKS


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A capacity that was chosen, beside all others."""

    chosen: Reach
    everybody: Reach
    curve: tuple[tuple[float, float], ...]  #: leads called, wins to be expected
    most: int  #: calls that the slider offers
    load: Load
    line: Reach  #: all leads from the policy's score on, from which it offers them to sales


def choice(connection: Connection, capacity: Capacity, calls: int | None, now: int, *, line: float) -> Choice:
    """What `calls` a week reach, those of the settings where none are given; `line` is the policy's score for sales."""
    present = capacity.reps * capacity.calls_per_rep_per_day * WORKING_DAYS
    levels = _levels(connection)
    leads = sum(level.leads for level in levels)
    most = max(1, min(leads, MOST_FACTOR * present))
    wanted = min(most, max(0, present if calls is None else calls))
    steps = range(0, most + 1, ceil(most / STEPS))
    return Choice(
        chosen=reach(levels, wanted),
        everybody=reach(levels, leads),
        curve=tuple((float(n), reach(levels, n).wins) for n in (*steps, most)),
        most=most,
        load=_load(connection, present, now),
        line=reach(levels, sum(level.leads for level in levels if level.score >= line)),
    )


def reach(levels: Sequence[Level], calls: int) -> Reach:
    """The best leads, as many as there are calls; of a score that is reached in part, the mean lead."""
    left, wins, last = calls, 0.0, None
    for level in levels:
        if left <= 0:
            break
        taken = min(left, level.leads)
        wins += level.wins * taken / level.leads
        left, last = left - taken, level.score
    return Reach(calls=calls, leads=calls - max(0, left), score=last, wins=wins)


def _levels(connection: Connection) -> list[Level]:
    """The best score first."""
    asked = select(standings.c.score, func.count(), func.sum(standings.c.probability)).group_by(standings.c.score)
    rows = connection.execute(asked.order_by(standings.c.score.desc()))
    return [Level(score=score, leads=leads, wins=wins) for score, leads, wins in rows]


def _load(connection: Connection, calls: int, now: int) -> Load:
    counted = select(func.count()).select_from(hand_offs)
    lately = counted.where(hand_offs.c.offered_at > now - WEEKS * 7 * DAY, hand_offs.c.offered_at <= now)
    waiting = counted.where(hand_offs.c.ended_at.is_(None))
    offered = connection.execute(lately).scalar_one()
    return Load(calls=calls, offered=offered, waiting=connection.execute(waiting).scalar_one())
