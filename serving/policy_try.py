"""A policy replayed over history: whom it would have handed over, what became of them, and what it would have missed.

The past was lived under the practice of its time: a lead that this policy hands over and nobody called then
counts by how it ended then. So the figures tell how well a policy picks, not what calling would change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pydantic import ValidationError

from features.clock import DAY, days
from features.settings import Capacity, Lifecycle
from features.stages import Stage
from serving.lifecycle import Because, decide
from serving.policy_history import Past, Replayed

WEEK = days(7)
WORKING_DAYS_A_WEEK = 5
OTHER_SCORES = (70, 75, 80, 85, 90, 92, 95, 98)  #: that the price list tries as sql_min_score
OTHER_FITS = ("D", "C", "B", "A")


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """One lead at the moment at which the policy gives it to sales for the first time."""

    lead_id: str
    at: int
    asked: bool  #: by a request of its own, not by its score
    score: float
    won_at: int
    closed_at: int

    def won(self, end: int) -> bool:
        """Whether it was won later, by the end of the data."""
        return self.won_at <= end


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one policy would have done in the time replayed."""

    policy: Lifecycle
    time: Replayed
    calls_per_week: int
    handed_over: tuple[HandedOver, ...]  #: by when
    qualified: int  #: leads that came to marketing qualified or were handed over
    leads: int  #: that were open at some time
    wins: int  #: leads won in the time, whether handed over or not

    @property
    def won(self) -> int:
        """Handed-over leads that were won."""
        return sum(h.won(self.time.end) for h in self.handed_over)

    @property
    def lost(self) -> int:
        """Handed-over leads that ended without a win."""
        return sum(h.closed_at <= self.time.end for h in self.handed_over) - self.won

    @property
    def open(self) -> int:
        """Handed-over leads whose end is not known yet."""
        return len(self.handed_over) - self.won - self.lost

    @property
    def missed(self) -> int:
        """Wins that were never handed over."""
        return self.wins - self.won

    @property
    def asked(self) -> tuple[int, int]:
        """Leads handed over because they asked, and how many of them were won."""
        own = [h for h in self.handed_over if h.asked]
        return len(own), sum(h.won(self.time.end) for h in own)

    @property
    def weeks(self) -> float:
        """How long the time is."""
        return (self.time.end - self.time.start) / WEEK

    @property
    def per_week(self) -> float:
        """Leads handed over in a week, on average."""
        return len(self.handed_over) / self.weeks

    @cached_property
    def load(self) -> tuple[int, ...]:
        """Leads handed over in each week."""
        counts = [0] * max(1, -(-(self.time.end - self.time.start) // WEEK))
        for h in self.handed_over:
            counts[self._week(h)] += 1
        return tuple(counts)

    @cached_property
    def called(self) -> tuple[HandedOver, ...]:
        """Whom sales has the capacity to call: each week who asked, then the best scores; who closed is not called."""
        waiting: list[HandedOver] = []
        found: list[HandedOver] = []
        weekly: list[list[HandedOver]] = [[] for _ in self.load]
        for h in self.handed_over:
            weekly[self._week(h)].append(h)
        for week, fresh in enumerate(weekly):
            begin = self.time.start + week * WEEK
            waiting = [h for h in waiting if h.closed_at > begin] + fresh
            waiting.sort(key=lambda h: (not h.asked, -h.score, h.at, h.lead_id))
            found += waiting[: self.calls_per_week]
            waiting = waiting[self.calls_per_week :]
        return tuple(found)

    @property
    def won_called(self) -> int:
        """Wins among the leads that sales has the capacity to call."""
        return sum(h.won(self.time.end) for h in self.called)

    def _week(self, h: HandedOver) -> int:
        return (h.at - self.time.start - 1) // WEEK


def calls_per_week(capacity: Capacity) -> int:
    """First calls that sales can make in a week."""
    return capacity.reps * capacity.calls_per_rep_per_day * WORKING_DAYS_A_WEEK


def alternatives(policy: Lifecycle) -> tuple[Lifecycle, ...]:
    """The policy first, then others of other bounds for sales: each score that goes with it, each fit."""
    changes: list[Mapping[str, object]] = [{}]
    changes += [{"sql_min_score": float(score)} for score in OTHER_SCORES if score != policy.sql_min_score]
    changes += [{"sql_min_fit": fit} for fit in OTHER_FITS if fit != policy.sql_min_fit]
    return tuple(found for change in changes if (found := changed(policy, change)) is not None)


def changed(policy: Lifecycle, change: Mapping[str, object]) -> Lifecycle | None:
    """The policy with other bounds; None where they don't agree with the rest of it."""
    try:
        return Lifecycle.model_validate(policy.model_dump() | dict(change))
    except ValidationError:
        return None


def try_policies(
    pasts: Iterable[Past], policies: Sequence[Lifecycle], *, time: Replayed, capacity: Capacity
) -> tuple[Trial, ...]:
    """Replay all policies over the same leads, which are read once."""
    handed: list[list[HandedOver]] = [[] for _ in policies]
    qualified = [0] * len(policies)
    leads = wins = 0
    for past in pasts:
        leads += 1
        wins += time.start < past.won_at <= time.end
        for i, policy in enumerate(policies):
            first, reached = walk(past, policy)
            qualified[i] += reached
            handed[i] += [first] if first else []
    return tuple(
        Trial(
            policy=policy,
            time=time,
            calls_per_week=calls_per_week(capacity),
            handed_over=tuple(sorted(handed[i], key=lambda h: (h.at, h.lead_id))),
            qualified=qualified[i],
            leads=leads,
            wins=wins,
        )
        for i, policy in enumerate(policies)
    )


def walk(past: Past, policy: Lifecycle) -> tuple[HandedOver | None, bool]:
    """One lead under a policy, from the stage of lead on: its first hand-over, and whether it was qualified.

    An export doesn't tell stages or consent; neither keeps a lead from a hand-over.
    """
    stage, since, qualified = Stage.LEAD, None, False
    for step in past.steps:
        facts = step.facts if since is None else replace(step.facts, stage_days=(step.as_of - since) / DAY)
        decision = decide(stage, facts, step.scored, policy)
        if decision.offers:
            asked = any(ground.code is Because.ASKED for ground in decision.because)
            return _handed_over(past, step.as_of, step.scored.score, asked=asked), True
        if decision.moves_to is not stage:
            stage = decision.moves_to
            since = step.as_of if stage is Stage.MARKETING_QUALIFIED else None  # a stay matters there alone
        qualified = qualified or stage is Stage.MARKETING_QUALIFIED
    return None, qualified


def _handed_over(past: Past, at: int, score: float, *, asked: bool) -> HandedOver:
    return HandedOver(
        lead_id=past.lead_id, at=at, asked=asked, score=score, won_at=past.won_at, closed_at=past.closed_at
    )
