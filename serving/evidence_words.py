"""The sentence about what happened to leads like this one: how many they were, and which share of them was won.

Beside it stands that share of the others. It says what was, never that the one brought the other.
"""

from functools import lru_cache
from math import floor, isinf

from features.definitions import ActiveDays, Age, Attribute, Count, Definition, Distinct, Recency
from models.evidence import Counted
from serving.language import Language

HEADS = 100_000  #: up to which whole amounts are things that people count


@lru_cache(maxsize=10_000)
def evidence_sentence(definition: Definition, counted: Counted, language: Language) -> str:
    """How many leads with such a value were won, and which share of the others; never of fewer than tell anything."""
    shared = _range(definition, counted, language)
    leads = {
        "shared": language.say(" ({range})", range=shared) if shared else "",
        "leads": language.number(counted.leads),
    }
    there = counted.other_share
    if there is None:
        return _compared(counted, leads, language)
    here, otherwise = _shares(counted.share, there, language)
    if counted.won == 0:
        return language.say(
            "None of the {leads} such leads{shared} was won, {otherwise} otherwise", **leads, otherwise=otherwise
        )
    if there == 0:
        return language.say_n(
            "{n} of {leads} such leads{shared} was won ({share}), none otherwise",
            "{n} of {leads} such leads{shared} were won ({share}), none otherwise",
            counted.won,
            share=here,
            **leads,
        )
    return language.say_n(
        "{n} of {leads} such leads{shared} was won ({share}), {otherwise} otherwise",
        "{n} of {leads} such leads{shared} were won ({share}), {otherwise} otherwise",
        counted.won,
        share=here,
        otherwise=otherwise,
        **leads,
    )


def _shares(here: float, there: float, language: Language) -> tuple[str, str]:
    """Both as percent, with up to two digits behind the point where it takes them to tell both apart."""
    first, second = language.share(here), language.share(there)
    for digits in (1, 2):
        if first != second:
            break
        first, second = (language.number(round(100 * share, digits)) + "%" for share in (here, there))
    return first, second


def _compared(counted: Counted, leads: dict[str, str], language: Language) -> str:
    """By a bundle that didn't count how many leads were otherwise: how much more or less often these were won."""
    leads = leads | {"n": language.number(counted.won)}
    times = counted.times
    if counted.won == 0:
        return language.say("None of the {leads} leads like this in this respect{shared} was won", **leads)
    if isinf(times):
        return language.say(
            "Of leads like this in this respect{shared} {n} of {leads} were won, of others none", **leads
        )
    if times < 1:
        less = language.share(1 - times)
        return language.say(
            "Leads like this in this respect{shared} were won {share} less often than others ({n} of {leads})",
            share=less,
            **leads,
        )
    more = language.number(round(times, 1 if times < 9.95 else 0))
    return language.say(
        "Leads like this in this respect{shared} were won {times} times as often as others ({n} of {leads})",
        times=more,
        **leads,
    )


def _range(definition: Definition, counted: Counted, language: Language) -> str | None:
    """The numbers that these leads have in common, where there are several and people count them."""
    if isinstance(definition, Count | ActiveDays | Distinct):
        return _counts(counted, language)
    if isinstance(definition, Recency | Age):
        return _ago(counted, language)
    if isinstance(definition, Attribute):
        return _amounts(counted, language)
    return None


def _counts(counted: Counted, language: Language) -> str | None:
    """Whole numbers: the least and the most, both included."""
    if counted.above is None:
        return None
    least = floor(counted.above) + 1
    if counted.upto is None:
        return language.say("{least} or more", least=language.number(least))
    most = floor(counted.upto)
    if most <= least:
        return None
    return language.say("{least} to {most}", least=language.number(least), most=language.number(most))


def _ago(counted: Counted, language: Language) -> str | None:
    """Days, rounded down as they are where the lead's own are shown."""
    above, upto = counted.above, counted.upto
    if upto is None:
        return None if above is None else language.say("at least {n} days ago", n=language.number(floor(above)))
    if above is None or floor(above) == floor(upto):
        return language.say("less than {n} days ago", n=language.number(floor(upto) + 1))
    return language.say(
        "{least} to {most} days ago", least=language.number(floor(above)), most=language.number(floor(upto))
    )


def _amounts(counted: Counted, language: Language) -> str | None:
    above, upto = counted.above, counted.upto
    if upto is None:
        return None if above is None else language.say("over {amount}", amount=language.number(above))
    if above is None:
        return language.say("up to {amount}", amount=language.number(upto))
    if above == int(above) and upto == int(upto) <= HEADS:
        return _counts(counted, language)
    return language.say("over {least}, up to {most}", least=language.number(above), most=language.number(upto))
