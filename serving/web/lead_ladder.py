"""The ladder of stages of one lead: where it is, was, fell back from and never was, and what the next stage takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from features.settings import Lifecycle
from features.stages import Stage
from serving.language import N_, Language
from serving.lifecycle.moves import Move, lasting
from serving.web.lead_facts import LeadFacts

State = Literal["passed", "skipped", "here", "left", "may", "later"]

OFFERED = N_("As soon as sales accepts it.")
AFTER_ALL = N_("If sales accepts it after all.")
ASKED = N_("A request for sales takes it to “sales qualified” at once.")
BY_FACT: Mapping[Stage, str] = {
    Stage.LEAD: N_("As soon as it does more than subscribe."),
    Stage.OPPORTUNITY: N_("When a deal is opened: the CRM or sales says so, no score does."),
    Stage.CUSTOMER: N_("When the CRM tells that it was won; if it was lost, it goes back to lead."),
    Stage.EVANGELIST: N_("When the CRM says so; no score does."),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One stage, and what it is to the lead."""

    stage: Stage
    state: State
    at: int | None = None  #: when it came there; of a stage that it fell back from, when it left


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """All stages in their order."""

    steps: tuple[Step, ...]
    following: Stage | None  #: where it may go next
    takes: tuple[str, ...]  #: what that takes, in sentences


def ladder(facts: LeadFacts, policy: Lifecycle, language: Language, *, sees_activity: bool) -> Ladder:
    """The ladder of a lead; `sees_activity` says whether the model in service reads what leads do."""
    following = _following(facts)
    moves = lasting(facts.place.moves)
    steps = tuple(_step(stage, facts, moves, following) for stage in Stage)
    takes = () if following is None else _takes(facts, following, policy, language, sees_activity)
    return Ladder(steps=steps, following=following, takes=takes)


def _following(facts: LeadFacts) -> Stage | None:
    """Where the lead may go from here; None where nothing can move it but the CRM opening it again, or an end."""
    place = facts.place
    if place.objects_to_profiling or (place.closed is not None and facts.stage.rank < Stage.CUSTOMER.rank):
        return None
    if facts.stage.rank < Stage.SALES_QUALIFIED.rank and (facts.offered or place.turned_down):
        return Stage.SALES_QUALIFIED
    return next((stage for stage in Stage if stage.rank == facts.stage.rank + 1), None)


def _step(stage: Stage, facts: LeadFacts, moves: tuple[Move, ...], following: Stage | None) -> Step:
    if stage is facts.stage:
        return Step(stage=stage, state="here", at=facts.place.stage_since)
    came = _came(stage, facts, moves)
    behind = stage.rank < facts.stage.rank
    if came is not None and behind:
        return Step(stage=stage, state="passed", at=came.at)
    if stage is following:
        return Step(stage=stage, state="may")
    if came is not None:
        return Step(stage=stage, state="left", at=came.left_at)
    return Step(stage=stage, state="skipped" if behind else "later")


@dataclass(frozen=True, kw_only=True)
class _Came:
    at: int | None
    left_at: int | None


def _came(stage: Stage, facts: LeadFacts, moves: tuple[Move, ...]) -> _Came | None:
    """When the lead last came to a stage and left it; None where it never was there."""
    for i in reversed(range(len(moves))):
        if moves[i].stage is stage:
            after = moves[i + 1] if i + 1 < len(moves) else None
            return _Came(at=moves[i].happened_at, left_at=None if after is None else after.happened_at)
    if moves and moves[0].previous is stage:
        return _Came(at=facts.living.case.lead.created_at, left_at=moves[0].happened_at)
    return None


def _takes(
    facts: LeadFacts, following: Stage, policy: Lifecycle, language: Language, sees_activity: bool
) -> tuple[str, ...]:
    if following is Stage.SALES_QUALIFIED and facts.offered:
        return (language.say(OFFERED),)
    if following is Stage.SALES_QUALIFIED and facts.place.turned_down:
        return (language.say(AFTER_ALL),)
    if following in BY_FACT:
        return (language.say(BY_FACT[following]),)
    asked = (language.say(ASKED),) if policy.fast_track else ()
    return (*_by_score(following, policy, language, sees_activity), *asked)


def _by_score(following: Stage, policy: Lifecycle, language: Language, sees_activity: bool) -> tuple[str, ...]:
    """What a score has to reach, and what besides."""
    to_sales = following is Stage.SALES_QUALIFIED
    needed = {
        "score": language.number(policy.sql_min_score if to_sales else policy.mql_min_score),
        "fit": policy.sql_min_fit if to_sales else policy.mql_min_fit,
    }
    if not sees_activity:
        first = language.say("It takes a score of {score} and fit {fit} or better.", **needed)
    else:
        first = language.say_n(
            "It takes a score of {score}, fit {fit} or better, and activity on {n} day of the last {within}.",
            "It takes a score of {score}, fit {fit} or better, and activity on {n} days of the last {within}.",
            policy.min_active_days,
            within=language.number(policy.active_within_days),
            **needed,
        )
    return (first, language.say("It is then offered to sales, who decide.")) if to_sales else (first,)
