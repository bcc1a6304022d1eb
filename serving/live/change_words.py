"""Sentences about why a score changed."""

from collections.abc import Sequence

from serving.language import N_, Language
from serving.live.measure import GroupChange

#: by part: what raised, what lowered, and what is said where nothing did
PARTS = {
    "ageing": (
        N_("Time alone raised the score: {reason}"),
        N_("Time alone lowered the score: {reason}"),
        N_("Time alone changed nothing"),
    ),
    "new_behaviour": (
        N_("New behaviour raised the score: {reason}"),
        N_("New behaviour lowered the score: {reason}"),
        N_("No new behaviour changed the score"),
    ),
    "edited_data": (
        N_("Edited data raised the score: {reason}"),
        N_("Edited data lowered the score: {reason}"),
        N_("No edited data changed the score"),
    ),
    "new_model": (
        N_("The new model rates the same facts higher: {reason}"),
        N_("The new model rates the same facts lower: {reason}"),
        N_("No new model changed the score"),
    ),
    "outlook": (
        N_("Without news the score rises: {reason}"),
        N_("Without news the score falls: {reason}"),
        N_("Without news the score stays as it is"),
    ),
}

WHY_NOT = {
    "no_model": N_(
        "Neither model that gave these scores is kept any more, so their difference can't be split; "
        "the scores themselves are as they were"
    ),
    "other_facts": N_(
        "What is on record no longer is what one of these scores was made from, so their difference can't be split"
    ),
    "other_numbers": N_(
        "The model at hand no longer gives one of these scores to the same facts, by other settings or another "
        "release, so their difference can't be split"
    ),
    "model_first": N_(
        "The model of the earlier score is not kept any more; the later one measured ageing, behaviour and data, "
        "and the change of model is that on the earlier facts"
    ),
    "model_from_ledger": N_(
        "The model of the later score is not kept any more; the change of model is taken from the numbers on record"
    ),
}


def part_sentence(code: str, total: float, groups: Sequence[GroupChange], language: Language) -> str:
    """What one part did, with the strongest reason that points the same way."""
    raised, lowered, nothing = PARTS[code]
    along = next((group for group in groups if group.change * total > 0), None)
    if along is None:
        return language.say(nothing)
    reason = along.text
    if along.was is not None:
        reason = language.say("{now} (before: {was})", now=along.text, was=along.was)
    return language.say(raised if total > 0 else lowered, reason=reason)


def why_not_sentence(code: str, language: Language) -> str:
    """Why a difference can't be split, or what to know about how it was."""
    return language.say(WHY_NOT[code])


def base_sentence(change: float, language: Language) -> str:
    """That a model starts elsewhere before it looks at a lead."""
    if change > 0:
        return language.say("It starts higher, before it looks at any lead")
    return language.say("It starts lower, before it looks at any lead")
