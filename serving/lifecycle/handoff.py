"""The clock of a hand-off: how long sales may take to accept or reject a lead, by its band."""

from dataclasses import dataclass
from enum import StrEnum

from features.clock import DAY, HOUR
from features.settings import Lifecycle
from serving.lifecycle.decision import Because, Decision, Scored


class Band(StrEnum):
    """How warm a handed-over lead is, the warmest first."""

    ASKED = "asked"  #: it asked for sales itself
    HOT = "hot"
    WARM = "warm"
    COLD = "cold"


class Clock(StrEnum):
    """Where a hand-off stands."""

    RUNNING = "running"
    BREACHED = "breached"  #: not answered, and past its time
    IN_TIME = "in_time"
    LATE = "late"  #: answered past its time


@dataclass(frozen=True, kw_only=True)
class HandOff:
    """One lead given to sales; moments in microseconds."""

    offered_at: int
    band: Band
    answered_at: int | None = None

    def due_at(self, policy: Lifecycle) -> int:
        """By when sales has to answer."""
        hours: float = getattr(policy.sla_hours, self.band.value)
        return self.offered_at + round(hours * HOUR)

    def clock(self, now: int, policy: Lifecycle) -> Clock:
        """Where it stands at `now`; an answer in the very moment it is due is in time."""
        due = self.due_at(policy)
        if self.answered_at is not None and self.answered_at <= now:
            return Clock.IN_TIME if self.answered_at <= due else Clock.LATE
        return Clock.RUNNING if now <= due else Clock.BREACHED

    def waited_days(self, now: int) -> float:
        """How long it took, or takes so far."""
        return ((now if self.answered_at is None else min(now, self.answered_at)) - self.offered_at) / DAY


def band_of(decision: Decision, scored: Scored, policy: Lifecycle) -> Band:
    """The band of a lead that is handed over by this decision, or by a person beside it."""
    if any(ground.code is Because.ASKED for ground in decision.because):
        return Band.ASKED
    if scored.score >= policy.sql_min_score:
        return Band.HOT
    return Band.WARM if scored.score >= policy.mql_min_score else Band.COLD
