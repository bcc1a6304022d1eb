"""What the leak checks found, said in the reader's language: the card keeps the test, its numbers and its words."""

from collections.abc import Mapping
from typing import Any

from serving.language import N_, Language

Told = Mapping[str, Any]

#: what a column's name hints at, as cards have it, after "Its name"
MEANINGS = {
    "speaks of how it ended": N_("speaks of how it ended"),
    "names a state that moves on with the deal": N_("names a state that moves on with the deal"),
    "names a judgement, made by a person or another system at a time that nobody recorded": N_(
        "names a judgement, made by a person or another system at a time that nobody recorded"
    ),
    "names the latest of something, which is overwritten until the export": N_(
        "names the latest of something, which is overwritten until the export"
    ),
    "names something that is measured when a contact is over": N_(
        "names something that is measured when a contact is over"
    ),
}
#: each test with its sentence; places are filled with the numbers and words of the card
SENTENCES = {
    "named_as_result": N_("It is the outcome, and no feature is made of it."),
    "presence_lift": N_(
        "It is filled in for {filled} of the won leads but for {filled_elsewhere} of the others that came at the same "
        "time: whoever fills it in seems to know the result. Leave it out, or export its history."
    ),
    "presence_lift/not won": N_(
        "It is filled in for {filled} of the leads that weren't won but for {filled_elsewhere} of the won ones that "
        "came at the same time: whoever fills it in seems to know the result. Leave it out, or export its history."
    ),
    "decisive_value": N_(
        "{won} of {leads} decided leads with “{value}” or the like were won, {share} of all wins: the value seems to "
        "be set when the result is known. Leave it out."
    ),
    "near_duplicate": N_("Alone it tells won leads from the others with an AUC of {auc}."),
    "near_duplicate/2": N_(
        "Alone it tells won leads from the others with an AUC of {auc}: few honest columns do. Find out when it is "
        "written; leave it out if that is after scoring."
    ),
    "near_duplicate/5": N_(
        "Alone it tells won leads from the others with an AUC of {auc}: that is a copy of the result, not a sign of "
        "it. Leave it out."
    ),
    "filled_after_closing": N_(
        "{after_closing} of its {changes} changes on closed leads come at or after the closing, and before it {held} "
        "of those leads have a value against {held_later} in the end: it is written when the result is known. Leave "
        "it out."
    ),
    "changes_at_closing": N_(
        "{after_closing} of its {changes} changes on closed leads come at or after the closing, {crowding} times as "
        "many around it as at other times. It is read as of the time: check that its history has the true dates."
    ),
    "filled_at_closing": N_(
        "It is filled in for {lost} of the lost leads but for {open} of the open ones that came at the same time: it "
        "is written before or at closing, nobody knows when. Export its history, or leave it out."
    ),
    "changed_at_closing": N_(
        "Its value tells lost leads from open ones that came at the same time (AUC {auc}): it changes with closing. "
        "Export its history, or leave it out."
    ),
    "runs_with_time": N_(
        "Nearly every lead has its own number and they run with time (rank correlation {rank_correlation}): it tells "
        "the period, not the lead. Leave it out."
    ),
    "runs_to_today": N_(
        "It grows with the age of the lead at the export, from {youngest} for the youngest leads to {oldest} for the "
        "oldest: it counts up to today, so it knows what came after scoring. Leave it out."
    ),
    "runs_until_closing": N_(
        "Among closed leads it grows with the time they took to close (rank correlation "
        "{rank_correlation_with_time_to_closing}): it seems to be counted until the closing. Leave it out."
    ),
    "runs_with_events": N_(
        "It says the same as the activities at the time of the export (rank correlation {rank_correlation}), many of "
        "which come after scoring. Leave it out."
    ),
    "name": N_("Its name (“{word}”) {meaning}: make sure that the value was there when the lead was scored."),
    "missing_word": N_(
        "“{word}” stands in {leads} leads and seems to mean that nothing was said: name it in missing_words."
    ),
    "judging_values": N_(
        "{share} of its values read like a verdict on the lead ({values}): find out who gives it, and when."
    ),
    "date_after_creation": N_(
        "{share} of its dates lie after the lead's creation: it was written later. Bring it as an event."
    ),
    "date_of_closing": N_(
        "{at} of its dates lie within a day of the closing: it is the closing under another name. Leave it out."
    ),
    "date_after_closing": N_(
        "{after} of the closed leads' dates lie after the closing: it is written when the result is known, unless it "
        "is a plan. Leave it out."
    ),
    "filled_together": N_(
        "It is filled in for the same {filled} of the leads as {others}: one step, or one system, writes them. Find "
        "out when."
    ),
    "beside_refused": N_(
        "It is filled in for the same leads as “{other}”, which is refused: both are written at the same time."
    ),
    "inside_refused": N_(
        "It is filled in only where “{other}” is, which is refused for being written at closing: it was written no "
        "sooner."
    ),
    "combination": N_(
        "With it a shallow model tells later leads apart with an AUC of {auc_with}, without it with {auc_without}."
    ),
    "begins_after_outcome": N_(
        "{first_after} of the closed leads that have it had it for the first time at or after the outcome: it follows "
        "the result."
    ),
    "events_after_outcome": N_(
        "{after} of its {events} events come at or after the lead's own outcome. Features count only what was known "
        "when the lead was scored."
    ),
    "begins_at_outcome": N_(
        "{last_day} of the won leads that have it had it for the first time in their last day: it is a step of the "
        "closing, and leaves no time to act on it."
    ),
    "ours": N_("Sales or a system does it, not the lead."),
    "ours/word": N_("Its name (“{word}”) sounds as if sales or a system did it; if so, give it that actor."),
}
#: places that are whole or half of something, shown as percent
SHARES = frozenset(
    (
        *("after", "after_closing", "at", "filled", "filled_elsewhere", "first_after", "held", "held_later"),
        *("last_day", "lost", "open", "share"),
    )
)


def evidence_said(told: Told, language: Language) -> str | None:
    """The evidence in a sentence; None where the card doesn't tell enough, as cards of earlier releases."""
    sentence = SENTENCES.get(_which(told))
    if sentence is None:
        return None
    numbers = {name: _number(name, value, language) for name, value in told.get("numbers", {}).items()}
    words = {n: language.say(MEANINGS[w]) if w in MEANINGS else w for n, w in told.get("words", {}).items()}
    try:
        return language.say(sentence, **numbers | words)
    except KeyError:
        return None


def _which(told: Told) -> str:
    """The sentence for a test, which for some depends on how much it weighs, or on what it names."""
    test, words = str(told.get("test")), told.get("words", {})
    if test == "near_duplicate":
        weight = told.get("weight", 0)
        return f"{test}/5" if weight >= 5 else f"{test}/2" if weight >= 2 else test
    if test == "presence_lift" and words.get("side") != "won":
        return f"{test}/not won" if "side" in words else ""
    return f"{test}/word" if test == "ours" and "word" in words else test


def _number(name: str, value: float, language: Language) -> str:
    return language.share(value) if name in SHARES else language.number(value)
