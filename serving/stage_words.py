"""Sentences about where a lead stands: why a stage is recommended, and what to do next."""

from collections.abc import Sequence
from math import floor

from features.stages import Stage
from features.view import View
from serving.kind_words import kind_words
from serving.language import N_, Language
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
    Because.IDLE: N_("No activity for {days} (limit: {allowed})"),
    Because.SCORE_REACHED: N_("Score {score} reaches the {needed} that “{stage}” needs"),
    Because.SCORE_MISSED: N_("Score {score} is below the {needed} that “{stage}” needs"),
    Because.FIT_REACHED: N_("Fit {fit} reaches the {needed} that “{stage}” needs"),
    Because.FIT_MISSED: N_("Fit {fit} is below the {needed} that “{stage}” needs"),
    Because.WITH_SALES: N_("Sales is working on it"),
    Because.SHOWED_INTEREST: N_("The lead did more than subscribe"),
    Because.SUBSCRIBED_ONLY: N_("The lead has shown no interest beyond a subscription"),
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
    values = {name: _shown(name, value, language) for name, value in ground.values.items()}
    if ground.code is Because.ASKED:
        return _asked(ground, view, language)
    if ground.code is Because.ACTIVE:
        days = _number(ground.values["days"])
        return language.say_n("Active on {n} day, as needed", "Active on {n} days, as needed", days)
    if ground.code is Because.NOT_ACTIVE_ENOUGH:
        return language.say_n(
            "Active on {n} day only; “{stage}” needs {needed}",
            "Active on {n} days only; “{stage}” needs {needed}",
            _number(ground.values["days"]),
            stage=values["stage"],
            needed=values["needed"],
        )
    return language.say(SENTENCES[ground.code], **values)


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
    if name == "days":
        return language.say_n("{n} day", "{n} days", floor(_number(value)))
    if isinstance(value, int | float):
        return language.number(floor(value * 10) / 10)
    return str(value)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def action_sentence(
    decision: Decision, to_ask: Sequence[str], language: Language, *, consent: bool | None = None
) -> str:
    """What to do next, about what, and what to ask; `consent` as the request told it."""
    match decision.action:
        case Action.SUPPRESS:
            return language.say("Do not score this lead, and do not contact it because of a score")
        case Action.NURTURE:
            return _parts(language.say(CONTENT[decision.recommended]), decision.topic, (), language)
        case Action.HAND_OFF:
            return _parts(language.say("Hand over to sales for a call"), decision.topic, to_ask, language)
        case Action.CALL:
            return _parts(language.say("Call"), decision.topic, to_ask, language)
        case Action.WAIT:
            return _wait(decision, consent, language)


def _parts(first: str, topic: str | None, to_ask: Sequence[str], language: Language) -> str:
    """What to do, about what, and what to ask: a sentence each."""
    parts = [first]
    if topic:
        parts.append(language.say("Interested in: {topic}", topic=topic))
    if to_ask:
        questions = language.listed([language.say(QUESTIONS[name]) for name in to_ask])
        parts.append(language.say("Still to ask: {questions}", questions=questions))
    return ". ".join(parts)


def _wait(decision: Decision, consent: bool | None, language: Language) -> str:
    if decision.current.rank >= Stage.OPPORTUNITY.rank:
        return language.say("This score calls for no action")
    if consent is False:
        return language.say("Consent was refused: no marketing")
    return language.say("Ask for consent before any marketing; none is on record")
