"""Where a lead stands and what to do next: one pure function from facts, a score and the agreed policy.

A score moves a lead among subscriber, lead and marketing qualified, and recommends sales qualified.
Opportunity, customer and evangelist are facts of the CRM: they are never written or taken away here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from features.settings import Grade, Lifecycle
from features.stages import Stage

Owner = Literal["marketing", "sales", "customer_success"]

OWNERS: Mapping[Stage, Owner] = {
    Stage.SUBSCRIBER: "marketing",
    Stage.LEAD: "marketing",
    Stage.MARKETING_QUALIFIED: "marketing",
    Stage.SALES_QUALIFIED: "sales",
    Stage.OPPORTUNITY: "sales",
    Stage.CUSTOMER: "customer_success",
    Stage.EVANGELIST: "customer_success",
}
GRADES = "DCBA"  #: ascending


class Action(StrEnum):
    """What somebody should do next."""

    HAND_OFF = "hand_off"  #: marketing gives the lead to sales
    CALL = "call"
    NURTURE = "nurture"
    WAIT = "wait"
    SUPPRESS = "suppress"  #: no scoring, no contact by what a score says


class Because(StrEnum):
    """Why a stage is recommended; `serving.wording` has the sentences."""

    OBJECTED = "objected"
    FACT = "fact"
    TURNED_DOWN = "turned_down"
    ASKED = "asked"
    IDLE = "idle"
    SCORE_REACHED = "score_reached"
    SCORE_MISSED = "score_missed"
    FIT_REACHED = "fit_reached"
    FIT_MISSED = "fit_missed"
    ACTIVE = "active"
    NOT_ACTIVE_ENOUGH = "not_active_enough"
    WITH_SALES = "with_sales"
    SHOWED_INTEREST = "showed_interest"
    SUBSCRIBED_ONLY = "subscribed_only"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a lead besides its score, by the moment of scoring."""

    consent: bool | None = None  #: to be contacted for marketing; None counts as no
    objects_to_profiling: bool = False
    disqualified_reason: str | None = None
    active_days: int | None = None  #: days with any activity of its own; None where the model sees no activities
    idle_days: float | None = None  #: since the last one; None where there was none
    evidence: Stage | None = None  #: the furthest stage that an activity is evidence for
    asked: str | None = None  #: the kind of the last named sales action
    asked_days: float | None = None  #: since that action
    topic: str | None = None  #: what it read about most of late


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What the decision reads of an answer."""

    score: float  #: percentile, 0 to 100
    fit: Grade


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One reason for a decision, with the values that its sentence names."""

    code: Because
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The recommended stage, why, whose the lead then is, and what to do."""

    current: Stage
    recommended: Stage
    because: tuple[Ground, ...]
    action: Action
    topic: str | None = None  #: to talk or write about

    @property
    def owner(self) -> Owner:
        """The team that the recommended stage belongs to."""
        return OWNERS[self.recommended]


def decide(current: Stage, facts: Facts, answer: Scored | None, policy: Lifecycle) -> Decision:
    """Recommend a stage and a next action.

    `answer` is None exactly when the lead objects to profiling. The first rule that applies decides:
    objection, a fact of the CRM, a sales action asked for, a rejection, inactivity, then score with fit and intent.
    """
    if facts.objects_to_profiling or answer is None:
        return _stay(current, Action.SUPPRESS, Ground(code=Because.OBJECTED))
    if current.rank >= Stage.OPPORTUNITY.rank:
        return _stay(current, Action.WAIT, Ground(code=Because.FACT, values={"stage": current}))
    recommended, because = _recommend(current, facts, answer, policy)
    action = _action(current, recommended, facts)
    topic = facts.topic if action in (Action.NURTURE, Action.CALL, Action.HAND_OFF) else None
    return Decision(current=current, recommended=recommended, because=because, action=action, topic=topic)


def _stay(current: Stage, action: Action, ground: Ground) -> Decision:
    return Decision(current=current, recommended=current, because=(ground,), action=action)


def _recommend(current: Stage, facts: Facts, answer: Scored, policy: Lifecycle) -> tuple[Stage, tuple[Ground, ...]]:
    if facts.disqualified_reason is not None:
        ground = Ground(code=Because.TURNED_DOWN, values={"reason": facts.disqualified_reason})
        return _at_most(current, Stage.LEAD), (ground,)
    if facts.asked is not None and facts.asked_days is not None and facts.asked_days < policy.fast_track_days:
        ground = Ground(code=Because.ASKED, values={"kind": facts.asked, "days": facts.asked_days})
        return Stage.SALES_QUALIFIED, (ground,)
    if facts.idle_days is not None and facts.idle_days >= policy.idle_days:
        ground = Ground(code=Because.IDLE, values={"days": facts.idle_days, "allowed": policy.idle_days})
        return _at_most(current, Stage.LEAD), (ground,)
    if current is Stage.SALES_QUALIFIED:
        return current, (Ground(code=Because.WITH_SALES),)
    return _by_score(current, facts, answer, policy)


def _at_most(stage: Stage, highest: Stage) -> Stage:
    return min(stage, highest, key=lambda s: s.rank)


def _by_score(current: Stage, facts: Facts, answer: Scored, policy: Lifecycle) -> tuple[Stage, tuple[Ground, ...]]:
    """Fit and intent both: score, grade and days of activity must each reach what the stage needs."""
    gates = (
        (Stage.SALES_QUALIFIED, policy.sql_min_score, policy.sql_min_fit),
        (Stage.MARKETING_QUALIFIED, policy.mql_min_score, policy.mql_min_fit),
    )
    for stage, score, fit in gates:
        grounds = _grounds(stage, score, fit, facts, answer, policy)
        if not any(g.code in _MISSED for g in grounds):
            return stage, grounds
    missed = tuple(g for g in grounds if g.code in _MISSED)
    return _below_qualified(current, facts, missed)


def _below_qualified(current: Stage, facts: Facts, missed: tuple[Ground, ...]) -> tuple[Stage, tuple[Ground, ...]]:
    if current is not Stage.SUBSCRIBER:
        return Stage.LEAD, missed
    if facts.evidence is not None and facts.evidence.rank >= Stage.LEAD.rank:
        return Stage.LEAD, (Ground(code=Because.SHOWED_INTEREST), *missed)
    return Stage.SUBSCRIBER, (Ground(code=Because.SUBSCRIBED_ONLY), *missed)


_MISSED = frozenset({Because.SCORE_MISSED, Because.FIT_MISSED, Because.NOT_ACTIVE_ENOUGH})


def _grounds(
    stage: Stage, min_score: float, min_fit: Grade, facts: Facts, answer: Scored, policy: Lifecycle
) -> tuple[Ground, ...]:
    enough = answer.score >= min_score
    fits = GRADES.index(answer.fit) >= GRADES.index(min_fit)
    found = [
        Ground(
            code=Because.SCORE_REACHED if enough else Because.SCORE_MISSED,
            values={"score": answer.score, "needed": min_score, "stage": stage},
        ),
        Ground(
            code=Because.FIT_REACHED if fits else Because.FIT_MISSED,
            values={"fit": answer.fit, "needed": min_fit, "stage": stage},
        ),
    ]
    if facts.active_days is not None:
        active = facts.active_days >= policy.min_active_days
        values = {"days": facts.active_days, "needed": policy.min_active_days, "stage": stage}
        found.append(Ground(code=Because.ACTIVE if active else Because.NOT_ACTIVE_ENOUGH, values=values))
    return tuple(found)


def _action(current: Stage, recommended: Stage, facts: Facts) -> Action:
    if recommended is Stage.SALES_QUALIFIED:
        return Action.CALL if current is Stage.SALES_QUALIFIED else Action.HAND_OFF
    return Action.NURTURE if facts.consent else Action.WAIT
