"""A sentence for each reason: from what the column counts and the lead's own value, never from its weight.

So a sentence is true whichever way the contribution points. All wording is in `kind_words`, here,
and in `stage_words`; translations are in `locale`.
"""

from dataclasses import dataclass, field
from functools import lru_cache, singledispatch
from math import floor, isnan

from features.definitions import (
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
from features.encode import Reading
from features.lead import Lead
from features.view import View
from models.evidence import Counted
from serving.kind_words import KindWords, capital, field_label, kind_words
from serving.language import N_, Language
from serving.value_words import value_label

MOST_KEPT = 10_000  #: sentences
LONGEST_VALUE = 80  #: characters of a lead's own value in a sentence
READ_FROM_TEXT = ("seniority", "department")  #: parts that are shown with the words that they were read from
MORE = N_("{noun}: {n} more {when} than in {before}")
FEWER = N_("{noun}: {n} fewer {when} than in {before}")


@dataclass(frozen=True, kw_only=True)
class About:
    """Whom a sentence is about, and in which language."""

    view: View
    lead: Lead
    language: Language
    #: sentences of behaviour said before, for one view and language; they name nothing else of the lead
    said: dict[tuple[str, float | None], str] = field(default_factory=dict)

    def words(self, definition: OfKind) -> KindWords:
        """The words for the definition's kind."""
        return kind_words(self.view, definition.kind, self.language)


def sentence(definition: Definition, value: float, about: About) -> str:
    """What the column says of this lead; `value` as in its row, NaN for missing."""
    if isinstance(definition, Attribute):
        return capital(_say(definition, value, about))
    key = (definition.name, None if isnan(value) else value)
    found = about.said.get(key)
    if found is None:
        found = capital(_say(definition, value, about))
        if len(about.said) < MOST_KEPT and (isnan(value) or value == int(value)):
            about.said[key] = found
    return found


@lru_cache(maxsize=10_000)
def evidence_sentence(counted: Counted, language: Language) -> str:
    """What happened to leads with such a value, and to the others."""
    return language.say_n(
        "{n} of {leads} such leads was won, {share} otherwise",
        "{n} of {leads} such leads were won, {share} otherwise",
        counted.won,
        leads=language.number(counted.leads),
        share=language.share(counted.won_elsewhere),
    )


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
        return language.say_n("the hour before", "the {n} hours before", days * 24)
    return language.say_n("the day before", "the {n} days before", days)


def _in_hours(days: float) -> bool:
    return days < 2 and days != 1


@singledispatch
def _say(definition: Definition, value: float, about: About) -> str:
    raise NotImplementedError(f"no sentence for {type(definition).__name__}")


@_say.register
def _(definition: Attribute, value: float, about: About) -> str:
    language = about.language
    label = field_label(definition.field, definition.part, language)
    raw = about.lead.attributes.get(definition.field)
    if isnan(value):
        reading = Reading.of(definition.field, about.view.missing_words, about.view.keep_na)
        if reading.clean(raw) is None:
            return language.say("{field} not known", field=label)
        return language.say("{field}: “{value}” is not one that the model knows", field=label, value=_clipped(raw))
    shown = _attribute_value(definition, value, about)
    if definition.part not in READ_FROM_TEXT:
        return language.say("{field}: {value}", field=label, value=shown)
    return language.say("{field}: {value} (“{raw}”)", field=label, value=shown, raw=_clipped(raw))


def _attribute_value(definition: Attribute, value: float, about: About) -> str:
    if definition.encoding == "number":
        return about.language.number(value)
    text = about.view.categories[definition.name][int(value)]
    return value_label(definition.part, text, about.language) if definition.part else _clipped(text)


def _clipped(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


@_say.register
def _(definition: Count, value: float, about: About) -> str:
    language, words, when = about.language, about.words(definition), window(definition.days, about.language)
    if value == 0:
        return language.say("{none} {when}", none=words.none, when=when)
    if words.did is None:
        times = language.number(value)
        return language.say("{n} × {label} {when}", n=times, label=words.label, when=when)  # noqa: RUF001  # "times"
    times = language.say_n("once", "{n} times", value)
    return language.say("{did} {times} {when}", did=words.did, times=times, when=when)


@_say.register
def _(definition: ActiveDays, value: float, about: About) -> str:
    language, words, when = about.language, about.words(definition), window(definition.days, about.language)
    if value == 0:
        return language.say("{none} {when}", none=words.none, when=when)
    on_days = language.say_n("on {n} day", "on {n} days", value)
    return language.say("{did} {times} {when}", did=words.did or capital(words.label), times=on_days, when=when)


@_say.register
def _(definition: Sum, value: float, about: About) -> str:
    language, words, when = about.language, about.words(definition), window(definition.days, about.language)
    return language.say(
        "{noun}: values adding up to {value} {when}", noun=words.noun, value=language.number(value), when=when
    )


@_say.register
def _(definition: Distinct, value: float, about: About) -> str:
    language, words, when = about.language, about.words(definition), window(definition.days, about.language)
    if value == 0:
        return language.say("{noun}: no topic {when}", noun=words.noun, when=when)
    topics = language.say_n("{n} topic", "{n} different topics", value)
    return language.say("{noun}: {topics} {when}", noun=words.noun, topics=topics, when=when)


@_say.register
def _(definition: Recency, value: float, about: About) -> str:
    language, words = about.language, about.words(definition)
    if isnan(value):
        return language.say("{none} so far", none=words.none)
    when = ago(value, language)
    if words.did is None:
        return language.say("Last “{label}” {ago}", label=words.label, ago=when)
    return language.say("{did}, most recently {ago}", did=words.did, ago=when)


@_say.register
def _(definition: Decayed, value: float, about: About) -> str:
    language, words = about.language, about.words(definition)
    if value == 0:
        return language.say("{none} so far", none=words.none)
    half = language.say_n("half after {n} day", "half after {n} days", definition.half_life_days)
    shown = language.number(value) if value >= 0.01 else language.say("under {value}", value=language.number(0.01))
    return language.say("{noun}: {value}, older ones counting less ({half})", noun=words.noun, value=shown, half=half)


@_say.register
def _(definition: Momentum, value: float, about: About) -> str:
    language, words, when = about.language, about.words(definition), window(definition.days, about.language)
    before = window_before(definition.days, language)
    if value == 0:
        return language.say("{noun}: as many {when} as in {before}", noun=words.noun, when=when, before=before)
    more = MORE if value > 0 else FEWER
    return language.say(more, noun=words.noun, n=language.number(abs(value)), when=when, before=before)


@_say.register
def _(definition: FirstTouch, value: float, about: About) -> str:
    if isnan(value):
        return about.language.say("First channel not known, or too rare to judge by")
    return about.language.say("First came by {channel}", channel=_channel(definition, value, about))


@_say.register
def _(definition: LastTouch, value: float, about: About) -> str:
    if isnan(value):
        return about.language.say("Last channel not known, or too rare to judge by")
    return about.language.say("Last came by {channel}", channel=_channel(definition, value, about))


def _channel(definition: Definition, value: float, about: About) -> str:
    return value_label("channel", about.view.categories[definition.name][int(value)], about.language)


@_say.register
def _(definition: Age, value: float, about: About) -> str:
    language = about.language
    if isnan(value):
        return language.say("Not known since when we know the lead")
    if value < 1:
        return language.say("Came to us less than a day ago")
    return language.say("Came to us {ago}", ago=ago(value, language))
