"""Sentences about where a lead stands: why a stage is recommended, and what to do next."""

from collections.abc import Sequence
from math import floor

from features.stages import Stage
from features.verdicts import Rejection
from features.view import View
from serving.kind_words import humanised, kind_words
from serving.language import N_, NN_, Language
from serving.lifecycle import Action, Because, Decision, Ground
from serving.wording import ago

STAGES = {
    Stage.SUBSCRIBER: N_("subscriber"),
    Stage.LEAD: N_("lead"),
    Stage.MARKETING_QUALIFIED: N_("marketing qualified"),
    Stage.SALES_QUALIFIED: N_("sales qualified"),
    Stage.OPPORTUNITY: N_("opportunity"),
    Stage.CUSTOMER: N_("customer"),
    Stage.EVANGELIST: N_("evangelist"),
}

SENTENCES = {
    Because.OBJECTED: N_("The lead objects to profiling, so it is not scored"),
    Because.FACT: N_("The stage “{stage}” is a fact of the CRM; no score changes it"),
    Because.TURNED_DOWN: N_("Sales turned it down: {reason}"),
    Because.TURNED_DOWN_BEFORE: N_("Sales had turned it down before that: {reason}"),
    Because.RECYCLES: N_("It may come back in {days}"),
    Because.IDLE: N_("No activity for {days} (limit: {allowed})"),
    Because.WITH_SALES: N_("Sales is working on it"),
    Because.HELD: N_("A person set its stage; scores respect that for {allowed}"),
    Because.SCORE_REACHED: N_("Score {score} reaches the {needed} that “{stage}” needs"),
    Because.SCORE_KEPT: N_("Score {score} is below the {needed} that “{stage}” needs, but not below {kept}: it stays"),
    Because.SCORE_MISSED: N_("Score {score} is below the {needed} that “{stage}” needs"),
    Because.FIT_REACHED: N_("Fit {fit} reaches the {needed} that “{stage}” needs"),
    Because.FIT_MISSED: N_("Fit {fit} is below the {needed} that “{stage}” needs"),
    Because.NOT_YET_SCORE: N_("Not yet “{stage}”: score {score}, {needed} needed"),
    Because.NOT_YET_FIT: N_("Not yet “{stage}”: fit {fit}, {needed} needed"),
    Because.DWELLS: N_("A score moves it back from “{stage}” after {allowed} at the earliest"),
    Because.SHOWED_INTEREST: N_("The lead did more than subscribe"),
    Because.SUBSCRIBED_ONLY: N_("The lead has shown no interest beyond a subscription"),
    Because.NO_CONSENT: N_("Ask for consent before any marketing; none is on record"),
    Because.CONSENT_REFUSED: N_("Consent was refused: no marketing"),
    Because.NOT_COMING_BACK: N_("No marketing: sales turned it down for good ({reason})"),
}

ACTIVITY = {
    Because.ACTIVE: NN_(
        "Active on {n} day in the last {within}; at least {needed} needed",
        "Active on {n} different days in the last {within}; at least {needed} needed",
    ),
    Because.NOT_ACTIVE_ENOUGH: NN_(
        "Active on {n} day only in the last {within}; “{stage}” needs {needed}",
        "Active on {n} days only in the last {within}; “{stage}” needs {needed}",
    ),
}

#: what sales says of a lead by a code; other reasons are shown as they were written
REASONS = {
    Rejection.NOT_OUR_PROFILE: N_("not our customer profile"),
    Rejection.NO_INTENT: N_("no intent to buy"),
    Rejection.BAD_TIMING: N_("bad timing"),
    Rejection.BAD_DATA: N_("wrong data"),
    Rejection.DUPLICATE: N_("a duplicate"),
    Rejection.COMPETITOR: N_("works for a competitor"),
    Rejection.STUDENT_OR_JOB_SEEKER: N_("a student or job seeker"),
    Rejection.OTHER: N_("another reason"),
}

#: what to send, by the stage that the lead is in
CONTENT = {
    Stage.SUBSCRIBER: N_("Send what introduces us"),
    Stage.LEAD: N_("Send what helps with the problem, such as guides and webinars"),
    Stage.MARKETING_QUALIFIED: N_("Send what helps to decide, such as cases and prices"),
}

QUESTIONS = {
    "budget": N_("budget"),
    "authority": N_("who decides"),
    "need": N_("need"),
    "timeline": N_("timeline"),
}


def because_sentence(ground: Ground, view: View, language: Language) -> str:
    """Why a stage is recommended."""
    if ground.code is Because.ASKED:
        return _asked(ground, view, language)
    if ground.code is Because.ASKED_TOO:
        return language.say("{asked}: check again with sales", asked=_asked(ground, view, language))
    return _plain(ground, language)


def _plain(ground: Ground, language: Language) -> str:
    """A ground that names no kind of event."""
    if ground.code in ACTIVITY:
        return _activity(ground, language)
    if ground.code is Because.UNSUBSCRIBED:
        return language.say("Do not e-mail: unsubscribed {ago}", ago=ago(_number(ground.values["days"]), language))
    return language.say(
        SENTENCES[ground.code], **{name: _shown(name, value, language) for name, value in ground.values.items()}
    )


def _activity(ground: Ground, language: Language) -> str:
    """On how many days it was active, and on how many it has to be."""
    days, needed = _number(ground.values["days"]), _number(ground.values["needed"])
    stage, within = (_shown(name, ground.values[name], language) for name in ("stage", "within"))
    if not days:
        return language.say_n(
            "No activity in the last {within}; “{stage}” needs {n} day of it",
            "No activity in the last {within}; “{stage}” needs activity on {n} days",
            needed,
            stage=stage,
            within=within,
        )
    one, many = ACTIVITY[ground.code]
    return language.say_n(one, many, days, within=within, stage=stage, needed=language.number(needed))


def _asked(ground: Ground, view: View, language: Language) -> str:
    words = kind_words(view, str(ground.values["kind"]), language)
    when = ago(_number(ground.values["days"]), language)
    if words.did is None:
        return language.say("Last “{label}” {ago}", label=words.label, ago=when)
    return language.say("{did} {ago}", did=words.did, ago=when)


def _shown(name: str, value: object, language: Language) -> str:
    """A value in a sentence; numbers are rounded down, so that what misses a bound never reads as reaching it."""
    if isinstance(value, Stage):
        return language.say(STAGES[value])
    if name == "reason" and str(value) in set(Rejection):
        return language.say(REASONS[Rejection(str(value))])
    if name == "reason":
        return humanised(str(value))
    if name in _DAYS:
        return language.say_n("{n} day", "{n} days", floor(_number(value)))
    if isinstance(value, int | float):
        return language.number(floor(value * 10) / 10)
    return str(value)


_DAYS = frozenset({"days", "allowed", "within"})


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def action_sentence(decision: Decision, to_ask: Sequence[str], language: Language) -> str:
    """What to do next, about what, and what to ask."""
    match decision.action:
        case Action.SUPPRESS:
            return language.say("Do not score this lead, and do not contact it because of a score")
        case Action.NURTURE:
            return _parts(language.say(CONTENT[decision.recommended]), decision, (), language)
        case Action.HAND_OFF:
            return _parts(language.say("Hand over to sales for a call"), decision, to_ask, language)
        case Action.CALL:
            return _parts(language.say("Call"), decision, to_ask, language)
        case Action.WAIT:
            return _wait(decision, language)


def _parts(first: str, decision: Decision, to_ask: Sequence[str], language: Language) -> str:
    """What to do, about what, what to ask, and what not to do: a sentence each."""
    parts = [first]
    if decision.topic:
        parts.append(language.say("Interested in: {topic}", topic=decision.topic))
    if to_ask:
        questions = language.listed([language.say(QUESTIONS[name]) for name in to_ask])
        parts.append(language.say("Still to ask: {questions}", questions=questions))
    if decision.held_back is not None:
        parts.append(_plain(decision.held_back, language))
    return ". ".join(parts)


def _wait(decision: Decision, language: Language) -> str:
    if decision.held_back is None or decision.held_back.code is Because.FACT:
        return language.say("This score calls for no action")
    return _plain(decision.held_back, language)
