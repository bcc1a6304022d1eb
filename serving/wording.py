"""A sentence for each reason: from what the column counts and the lead's own value, never from its weight.

So a sentence is true whichever way the contribution points; the way decides at most what is said first.
Where a number means little to people, the sentence says what the lead did instead, from its own events.
All wording is in the files of words here; translations are in `locale`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, singledispatch
from math import floor, isclose, isnan

from features.clock import DAY
from features.definitions import (
    ANY,
    ActiveDays,
    Age,
    Attribute,
    Count,
    Decayed,
    Definition,
    Distinct,
    FirstTouch,
    LastTouch,
    Momentum,
    OfKind,
    Recency,
    Sum,
)
from features.lead import Event, Lead
from features.view import View
from serving.field_words import field_sentence
from serving.kind_words import ONCE_AT_A_TIME, UNWELCOME, KindWords, capital, kind_words
from serving.language import N_, Language
from serving.value_words import value_label

MOST_KEPT = 10_000  #: sentences
LONG_AGO = (90, 30, 7)  #: days without an unwelcome act that are worth naming
MORE = N_("{noun}: {n} more {when} than {before}")
FEWER = N_("{noun}: {n} fewer {when} than {before}")


@dataclass(frozen=True, kw_only=True)
class About:
    """Whom a sentence is about, as of when, and in which language."""

    view: View
    lead: Lead
    language: Language
    as_of: int = 0
    visible: Sequence[Event] = ()  #: the lead's events that had happened and were known by `as_of`
    #: sentences of behaviour said before, for one view and language; they name nothing else of the lead
    said: dict[tuple[str, float | None], str] = field(default_factory=dict)

    def words(self, definition: OfKind) -> KindWords:
        """The words for the definition's kind."""
        return kind_words(self.view, definition.kind, self.language)

    def ages(self, kind: str) -> list[float]:
        """How many days ago each visible event of a kind happened."""
        names, as_of = kind_names(self.view, kind), self.as_of
        return [(as_of - happened_at) / DAY for name, happened_at, _, _, _, _ in self.visible if name in names]


@lru_cache(maxsize=1000)
def kind_names(view: View, kind: str) -> frozenset[str]:
    """Under which names events of a kind may come."""
    return frozenset(
        name for name, meaning in view.kind_of.items() if kind == meaning.name or (kind == ANY and meaning.is_activity)
    )


def sentence(definition: Definition, value: float, about: About, *, raises: bool = False) -> str:
    """What the column says of this lead; `value` as in its row, NaN for missing.

    Where an unwelcome act `raises` a score, it is for being long past, so that is said.
    """
    if isinstance(definition, Attribute):
        return capital(field_sentence(definition, value, about.view, about.lead, about.language))
    if raises and isinstance(definition, OfKind) and definition.kind in UNWELCOME:
        quiet = _quiet(definition, about)
        if quiet:
            return quiet
    if isinstance(definition, Sum | Decayed | Momentum):
        return capital(_say(definition, value, about))
    key = (definition.name, None if isnan(value) else value)
    found = about.said.get(key)
    if found is None:
        found = capital(_say(definition, value, about))
        if len(about.said) < MOST_KEPT and (isnan(value) or value == int(value)):
            about.said[key] = found
    return found


def ago(days: float, language: Language) -> str:
    """How long ago, rounded down so that it is never less than said."""
    if days * 24 < 1:
        return language.say("less than an hour ago")
    if days < 1:
        return language.say_n("{n} hour ago", "{n} hours ago", floor(days * 24))
    return language.say_n("{n} day ago", "{n} days ago", floor(days))


def window(days: float, language: Language) -> str:
    """`(as_of - days, as_of]` in words."""
    if _in_hours(days):
        return language.say_n("in the last hour", "in the last {n} hours", days * 24)
    return language.say_n("in the last day", "in the last {n} days", days)


def window_before(days: float, language: Language) -> str:
    """`(as_of - 2 * days, as_of - days]` in words."""
    if _in_hours(days):
        return language.say_n("in the hour before", "in the {n} hours before", days * 24)
    return language.say_n("in the day before", "in the {n} days before", days)


def _between(days: float, language: Language) -> str:
    """The same, for who did something then and nothing since."""
    if _in_hours(days):
        first, last = language.number(days * 24), language.number(days * 48)
        return language.say("between {first} and {last} hours ago", first=first, last=last)
    first, last = language.number(days), language.number(2 * days)
    return language.say("between {first} and {last} days ago", first=first, last=last)


def _in_hours(days: float) -> bool:
    return days < 2 and days != 1


def _times(n: float, language: Language) -> str:
    return language.say("twice") if n == 2 else language.say_n("once", "{n} times", n)


def _doing(n: float, definition: OfKind, about: About) -> str:
    """What the lead did, and how often."""
    language, words = about.language, about.words(definition)
    if words.did is None:
        return language.say("{n} × {label}", n=language.number(n), label=words.label)  # noqa: RUF001  # "times"
    if n == 1 and definition.kind in ONCE_AT_A_TIME:
        return words.did
    return language.say("{did} {times}", did=words.did, times=_times(n, language))


@singledispatch
def _say(definition: Definition, value: float, about: About) -> str:
    raise NotImplementedError(f"no sentence for {type(definition).__name__}")


@_say.register
def _(definition: Count, value: float, about: About) -> str:
    language, when = about.language, window(definition.days, about.language)
    if value == 0:
        return language.say("{none} {when}", none=about.words(definition).none, when=when)
    return language.say("{doing} {when}", doing=_doing(value, definition, about), when=when)


@_say.register
def _(definition: ActiveDays, value: float, about: About) -> str:
    language, words, when = about.language, about.words(definition), window(definition.days, about.language)
    if value == 0:
        return language.say("{none} {when}", none=words.none, when=when)
    did = words.did or capital(words.label)
    if definition.days < 2:
        return language.say("{did} {when}", did=did, when=when)
    n = min(value, definition.days)  # a window of 30 times 24 hours touches 31 dates
    on_days = language.say_n(
        "on {n} of the last {days} days", "on {n} of the last {days} days", n, days=language.number(definition.days)
    )
    return language.say("{did} {on_days}", did=did, on_days=on_days)


@_say.register
def _(definition: Sum, value: float, about: About) -> str:
    """A sum has no unit that we know, so how often is said."""
    language, words, when = about.language, about.words(definition), window(definition.days, about.language)
    n = sum(age < definition.days for age in about.ages(definition.kind))
    if n:
        return language.say("{doing} {when}", doing=_doing(n, definition, about), when=when)
    if value == 0:
        return language.say("{none} {when}", none=words.none, when=when)
    shown = language.number(value)
    return language.say("{noun}: values adding up to {value} {when}", noun=words.noun, value=shown, when=when)


@_say.register
def _(definition: Distinct, value: float, about: About) -> str:
    language, words, when = about.language, about.words(definition), window(definition.days, about.language)
    if definition.kind == ANY and value == 0:
        return language.say("Nothing it did {when} shows a topic of interest", when=when)
    if value == 0:
        return language.say("{noun}: no known topic {when}", noun=words.noun, when=when)
    if definition.kind == ANY:
        interest = language.say_n("Showed interest in {n} topic", "Showed interest in {n} topics", value)
        return language.say("{interest} {when}", interest=interest, when=when)
    topics = language.say_n("{n} topic", "{n} different topics", value)
    return language.say("{noun}: {topics} {when}", noun=words.noun, topics=topics, when=when)


@_say.register
def _(definition: Recency, value: float, about: About) -> str:
    language, words = about.language, about.words(definition)
    if isnan(value):
        return language.say("{none} so far", none=words.none)
    return language.say("{last} {ago}", last=words.last, ago=ago(value, language))


def _quiet(definition: OfKind, about: About) -> str | None:
    """Since when the lead has not done it, if that is long enough to say."""
    last = min(about.ages(definition.kind), default=0.0)
    days = next((days for days in LONG_AGO if last >= days), None)
    if days is None:
        return None
    language, when = about.language, window(days, about.language)
    none = about.words(definition).none
    return language.say("{none} {when} (the last was {ago})", none=none, when=when, ago=ago(last, language))


@_say.register
def _(definition: Decayed, value: float, about: About) -> str:
    language, words, half = about.language, about.words(definition), definition.half_life_days
    if value == 0:
        return language.say("{none} so far", none=words.none)
    ages = about.ages(definition.kind)
    if ages and isclose(value, sum(2 ** (-age / half) for age in ages), rel_tol=1e-6):
        return _so_far(ages, definition, about)
    shown = language.number(value) if value >= 0.01 else language.say("under {value}", value=language.number(0.01))
    counting = language.say_n("each counts half after {n} day", "each counts half after {n} days", half)
    return language.say(
        "{noun}, recent ones counting more: {value} ({counting})", noun=words.noun, value=shown, counting=counting
    )


def _so_far(ages: list[float], definition: OfKind, about: About) -> str:
    """How often, and when last."""
    language, words, last = about.language, about.words(definition), ago(min(ages), about.language)
    if len(ages) > 1:
        return language.say("{doing}, the last time {ago}", doing=_doing(len(ages), definition, about), ago=last)
    if words.did is None:
        return language.say("{last} {ago}", last=words.last, ago=last)
    return language.say("{did} {ago}", did=words.did, ago=last)


@_say.register
def _(definition: Momentum, value: float, about: About) -> str:
    ages, days = about.ages(definition.kind), definition.days
    now, earlier = sum(age < days for age in ages), sum(days <= age < 2 * days for age in ages)
    if now - earlier == value and (now or earlier):
        return _both(now, earlier, definition, about)
    language, words = about.language, about.words(definition)
    if value == 0 and not (now or earlier):
        return language.say("{none} {when}", none=words.none, when=window(2 * days, language))
    when, before = window(days, language), window_before(days, language)
    if value == 0:
        return language.say("{noun}: as many {when} as {before}", noun=words.noun, when=when, before=before)
    more = MORE if value > 0 else FEWER
    return language.say(more, noun=words.noun, n=language.number(abs(value)), when=when, before=before)


def _both(now: int, earlier: int, definition: Momentum, about: About) -> str:
    """What was done in each of the two stretches of time."""
    language, words = about.language, about.words(definition)
    if now == 0:
        did, then = words.did or language.say("“{label}”", label=words.label), _between(definition.days, language)
        return language.say("{did} {between}, not since", did=did, between=then)
    doing, before = _doing(now, definition, about), window_before(definition.days, language)
    when = window(definition.days, language)
    if earlier == 0:
        return language.say("{doing} {when}, not {before}", doing=doing, when=when, before=before)
    times = _times(earlier, language)
    return language.say("{doing} {when}, {times} {before}", doing=doing, when=when, times=times, before=before)


@_say.register
def _(definition: FirstTouch, value: float, about: About) -> str:
    if isnan(value):
        return about.language.say("First channel not known, or too rare to judge by")
    return about.language.say("First came through {channel}", channel=_channel(definition, value, about))


@_say.register
def _(definition: LastTouch, value: float, about: About) -> str:
    if isnan(value):
        return about.language.say("Last channel not known, or too rare to judge by")
    return about.language.say("Last came through {channel}", channel=_channel(definition, value, about))


def _channel(definition: Definition, value: float, about: About) -> str:
    return value_label("channel", about.view.categories[definition.name][int(value)], about.language)


@_say.register
def _(definition: Age, value: float, about: About) -> str:
    language = about.language
    if isnan(value):
        return language.say("Not known when the lead came to us")
    if value < 1:
        return language.say("Came to us less than a day ago")
    return language.say("Came to us {ago}", ago=ago(value, language))
