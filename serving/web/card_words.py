"""What a model card says, in the reader's language: its verdict and its contestants, from the card's numbers."""

from collections.abc import Mapping
from typing import Any

from serving.language import N_, Language

Card = Mapping[str, Any]

#: a card's contestants, by the names that training gives them
CONTESTANTS = {
    "both experts": N_("this model"),
    "this model: the logistic expert": N_("this model, its logistic part alone"),
    "logistic alone": N_("its logistic part alone"),
    "trees alone": N_("its trees alone"),
    "behaviour only": N_("behaviour only"),
    "fit only": N_("fit only"),
    "points rule": N_("a rule of points"),
    "the company's own points": N_("the company's own points"),
    "naive Bayes, as in Odoo": N_("naive Bayes, as in Odoo"),
    "recency rule (active last, called first)": N_("who was active last is called first"),
    "constant (the past share of wins)": N_("the past share of wins for all"),
}
OURS = ("both experts", "this model: the logistic expert")  #: the model itself

NOTHING_LEARNED = N_("Nothing was learned: hand-made points answer, and no outcome has confirmed them.")
RANKS = N_("It ranks later leads better than chance: ROC AUC {value}, 95% interval {low} to {high}.")
HOLDS_A_HALF = N_(
    "No skill is shown: ROC AUC {value}, 95% interval {low} to {high}, holds one half. Don't rank leads by it."
)
BELOW_A_HALF = N_(
    "No skill is shown: ROC AUC {value}, 95% interval {low} to {high}, lies below one half. Don't rank leads by it."
)
AGE_ALONE = N_(
    "No skill is shown: among leads of the same age ROC AUC {value}, 95% interval {low} to {high}, is not above one "
    "half. What it knows is how long a lead has been open. Don't rank leads by it."
)
TOO_MUCH = N_("Its probabilities promise too much: {value} wins expected for each that came ({low} to {high}).")
TOO_LITTLE = N_("Its probabilities promise too little: {value} wins expected for each that came ({low} to {high}).")


def own_name(card: Card) -> str | None:
    """The model itself among its card's contestants; None where it isn't there."""
    return next((name for name in OURS if name in card.get("contest", {})), None)


def verdict_said(card: Card, language: Language) -> str | None:
    """Whether it ranks better than chance and keeps its promises; None where the card has no numbers for it."""
    if (card.get("rung") or {}).get("name") == "points":
        return language.say(NOTHING_LEARNED)
    own = card.get("contest", {}).get(own_name(card), {})
    auc, same, promise = own.get("ROC AUC"), card.get("auc_at_equal_age"), own.get("expected / observed")
    if not _whole(auc):
        return None
    if auc["low"] <= 0.5:
        return _filled(HOLDS_A_HALF if auc["high"] >= 0.5 else BELOW_A_HALF, auc, language)
    if same is not None and _whole(same) and same["low"] <= 0.5:
        return _filled(AGE_ALONE, same, language)
    kept = "" if not _whole(promise) else TOO_MUCH if promise["low"] > 1 else TOO_LITTLE if promise["high"] < 1 else ""
    said = [_filled(RANKS, auc, language)] + ([_filled(kept, promise, language)] if kept else [])
    return " ".join(said)


def _whole(interval: Mapping[str, float | None] | None) -> bool:
    return interval is not None and all(interval.get(end) is not None for end in ("value", "low", "high"))


def _filled(sentence: str, interval: Mapping[str, float], language: Language) -> str:
    return language.say(sentence, **{end: language.number(interval[end]) for end in ("value", "low", "high")})
