"""The decision: rules in their order, the first that applies decides."""

from math import ceil

from features.settings import Lifecycle
from features.stages import Stage
from serving.lifecycle.by_score import by_score
from serving.lifecycle.decision import Action, Because, Decision, Facts, Ground, Scored

Found = tuple[Stage, tuple[Ground, ...]]  #: the recommended stage, and why


def decide(current: Stage, facts: Facts, answer: Scored | None, policy: Lifecycle) -> Decision:
    """Recommend a stage and a next action.

    `answer` is None where the lead objects to profiling. The first rule that applies decides: objection, a fact
    of the CRM, a rejection that holds, a request for sales, inactivity, sales at work, a stage that a person set,
    then score with fit and intent. A request made after a rejection ends the rejection.
    """
    if facts.objects_to_profiling or answer is None:
        return _stay(current, Action.SUPPRESS, Ground(code=Because.OBJECTED))
    if current.rank >= Stage.OPPORTUNITY.rank:
        return _stay(current, Action.WAIT, Ground(code=Because.FACT, values={"stage": current}))
    recommended, because = _by_rule(current, facts, policy) or by_score(current, facts, answer, policy)
    action, held_back = _action(current, recommended, because, facts, policy)
    topic = facts.topic if action in (Action.NURTURE, Action.CALL, Action.HAND_OFF) else None
    return Decision(
        current=current, recommended=recommended, because=because, action=action, held_back=held_back, topic=topic
    )


def _stay(current: Stage, action: Action, ground: Ground) -> Decision:
    held_back = ground if action is Action.WAIT else None
    return Decision(current=current, recommended=current, because=(ground,), action=action, held_back=held_back)


def _by_rule(current: Stage, facts: Facts, policy: Lifecycle) -> Found | None:
    """What is decided whatever the score."""
    rules = (_turned_down, _asked, _idle, _with_sales, _held)
    return next((found for rule in rules if (found := rule(current, facts, policy)) is not None), None)


def _turned_down(current: Stage, facts: Facts, policy: Lifecycle) -> Found | None:
    """Back to lead until the reason's days are over; a rejection without a date holds on."""
    reason, since, asks = facts.disqualified_reason, facts.disqualified_days, _asks(facts, policy)
    if reason is None or (asks and since is not None):
        return None
    grounds = [Ground(code=Because.TURNED_DOWN, values={"reason": reason})]
    lasts = policy.recycle_days.after(reason)
    if since is not None and lasts:
        if since >= lasts:
            return None
        grounds.append(Ground(code=Because.RECYCLES, values={"days": ceil(lasts - since)}))
    if since is None and asks:
        grounds.append(Ground(code=Because.ASKED_TOO, values={"kind": facts.asked, "days": facts.asked_days}))
    return _at_most(current, Stage.LEAD), tuple(grounds)


def _asked(_: Stage, facts: Facts, policy: Lifecycle) -> Found | None:
    """Skips stages, and asks for no score and no fit."""
    if not _asks(facts, policy):
        return None
    grounds = [Ground(code=Because.ASKED, values={"kind": facts.asked, "days": facts.asked_days})]
    if facts.disqualified_reason is not None:
        grounds.append(Ground(code=Because.TURNED_DOWN_BEFORE, values={"reason": facts.disqualified_reason}))
    return Stage.SALES_QUALIFIED, tuple(grounds)


def _asks(facts: Facts, policy: Lifecycle) -> bool:
    """Whether a request for sales still has its force.

    A rejection that came after it has answered it, and so has a person who has set the stage since.
    """
    if facts.asked is None or facts.asked_days is None or facts.asked_days >= policy.fast_track_days:
        return False
    if facts.set_days is not None and facts.asked_days >= facts.set_days:
        return False
    answered = facts.disqualified_reason is not None and facts.disqualified_days is not None
    return not (answered and facts.asked_days >= (facts.disqualified_days or 0))


def _idle(current: Stage, facts: Facts, policy: Lifecycle) -> Found | None:
    if facts.idle_days is None or facts.idle_days < policy.idle_days:
        return None
    ground = Ground(code=Because.IDLE, values={"days": facts.idle_days, "allowed": policy.idle_days})
    return _at_most(current, Stage.LEAD), (ground,)


def _with_sales(current: Stage, facts: Facts, _: Lifecycle) -> Found | None:
    """Unless sales itself gave the lead back."""
    if current is not Stage.SALES_QUALIFIED or facts.disqualified_reason is not None:
        return None
    return current, (Ground(code=Because.WITH_SALES),)


def _held(current: Stage, facts: Facts, policy: Lifecycle) -> Found | None:
    """A score does not quarrel with a person who has just set the stage, or taken a move back."""
    if facts.set_days is None or facts.set_days >= policy.hold_days:
        return None
    return current, (Ground(code=Because.HELD, values={"days": facts.set_days, "allowed": policy.hold_days}),)


def _at_most(stage: Stage, highest: Stage) -> Stage:
    return min(stage, highest, key=lambda s: s.rank)


def _action(
    current: Stage, recommended: Stage, because: tuple[Ground, ...], facts: Facts, policy: Lifecycle
) -> tuple[Action, Ground | None]:
    """What to do, and why nothing is to be written to the lead, if so.

    Who asks sales for something gets an answer, with consent to marketing or without.
    """
    held_back = _no_nurturing(because, facts, policy)
    if recommended is Stage.SALES_QUALIFIED:
        ended = held_back if facts.unsubscribed_days is not None else None
        return (Action.CALL if current is Stage.SALES_QUALIFIED else Action.HAND_OFF), ended
    if any(ground.code is Because.ASKED_TOO for ground in because):
        return Action.CALL, None
    return (Action.NURTURE, None) if held_back is None else (Action.WAIT, held_back)


def _no_nurturing(because: tuple[Ground, ...], facts: Facts, policy: Lifecycle) -> Ground | None:
    """No consent, no marketing; none for whom sales turned down for good; an unsubscription outweighs consent."""
    if facts.unsubscribed_days is not None:
        return Ground(code=Because.UNSUBSCRIBED, values={"days": facts.unsubscribed_days})
    if facts.consent is False:
        return Ground(code=Because.CONSENT_REFUSED)
    reason = facts.disqualified_reason
    turned_down = any(ground.code is Because.TURNED_DOWN for ground in because)
    if turned_down and reason is not None and not policy.recycle_days.after(reason):
        return Ground(code=Because.NOT_COMING_BACK, values={"reason": reason})
    return None if facts.consent else Ground(code=Because.NO_CONSENT)
