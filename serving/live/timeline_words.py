"""A sentence for each thing that happened to a lead."""

from collections.abc import Callable, Mapping
from typing import Any

from features.stages import Stage
from features.verdicts import Rejection
from features.view import View
from serving.field_words import clipped
from serving.kind_words import capital, field_label, humanised, kind_words
from serving.language import N_, Language
from serving.lifecycle import Because, Ground
from serving.live.timeline import Entry, What
from serving.stage_words import REASONS, STAGES, because_sentence
from serving.told_words import told_value

CONSENT = {
    ("marketing", True): N_("Agreed to marketing"),
    ("marketing", False): N_("Does not agree to marketing"),
    ("profiling", True): N_("May be scored again"),
    ("profiling", False): N_("Objects to being scored"),
}
OUTCOMES = {"closed_won": N_("Won"), "closed_lost": N_("Lost")}
ENDINGS = {
    "accepted": N_("Sales accepted it"),
    "withdrawn": N_("Taken back from sales"),
    "merged": N_("The offer to sales went to the lead that it was merged with"),
}
#: what a seller did, by the kinds that most companies have; leads' own doings are `kind_words.KNOWN`
SELLERS = {"email_sent": N_("E-mail sent"), "call_logged": N_("Call logged")}


def entry_sentence(entry: Entry, view: View, language: Language) -> str:
    """What happened, in a few words."""
    if entry.what == "activity":
        return _activity(entry.data, view, language)
    return _SAID[entry.what](entry.data, language)


def grounds_of(entry: Entry, view: View, language: Language) -> list[str]:
    """Why a lead was moved, as far as the move says it in our codes."""
    grounds = entry.data.get("because", {}).get("grounds", []) if entry.what == "move" else []
    known = [g for g in grounds if isinstance(g, dict) and g.get("code") in set(Because)]
    return [because_sentence(_ground(g), view, language) for g in known]


def _ground(stored: Mapping[str, Any]) -> Ground:
    values = {name: value for name, value in stored.items() if name != "code"}
    if "stage" in values:
        values["stage"] = Stage(values["stage"])
    return Ground(code=Because(stored["code"]), values=values)


def _field(data: Mapping[str, Any], language: Language) -> str:
    label = field_label(data["field"], None, language)
    if data["value"] is None:
        return language.say("{field} taken away", field=label)
    shown = clipped(told_value(data["field"], data["value"], language))
    return language.say("{field}: {value}", field=label, value=shown)


def _activity(data: Mapping[str, Any], view: View, language: Language) -> str:
    words = kind_words(view, data["kind"], language)
    did = words.did or _other(data["kind"], words.label, language)
    if not data["topic"]:
        return did
    return language.say("{did} (about: {topic})", did=did, topic=clipped(data["topic"]))


def _other(kind: str, label: str, language: Language) -> str:
    """What nobody has a verb for; a company's own label goes before our words."""
    known = SELLERS.get(kind) if label == humanised(kind) else None
    return language.say(known) if known else capital(label)


def _ending(data: Mapping[str, Any], language: Language) -> str:
    """How a lead or its offer to sales ended."""
    ending = data.get("ending") or data["kind"]
    if ending in OUTCOMES:
        return language.say(OUTCOMES[ending])
    if ending in ("rejected", "sales_rejected"):
        return language.say("Sales turned it down: {reason}", reason=_reason(data["reason"], language))
    return language.say(ENDINGS[ending.removeprefix("sales_")])


def _reason(reason: str | None, language: Language) -> str:
    code = reason or Rejection.OTHER.value
    return language.say(REASONS[Rejection(code)]) if code in set(Rejection) else clipped(humanised(code))


def _move(data: Mapping[str, Any], language: Language) -> str:
    stage = language.say(STAGES[Stage(data["stage"])])
    if data["undoes"] is not None:
        return language.say("Moved back to “{stage}”", stage=stage)
    return language.say("Moved to “{stage}”", stage=stage)


def _consent(data: Mapping[str, Any], language: Language) -> str:
    stated = data["purpose"], bool(data["given"])
    return language.say(CONSENT[stated])


def _merge(data: Mapping[str, Any], language: Language) -> str:
    return language.say("Merged with {lead}", lead=data["other"])


def _offered(_: Mapping[str, Any], language: Language) -> str:
    return language.say("Offered to sales")


def _score(data: Mapping[str, Any], language: Language) -> str:
    return language.say("Score {score}", score=data["score"])


_SAID: Mapping[What, Callable[[Mapping[str, Any], Language], str]] = {
    "field": _field,
    "consent": _consent,
    "outcome": _ending,
    "verdict": _ending,
    "merge": _merge,
    "move": _move,
    "hand_off_offered": _offered,
    "hand_off_ended": _ending,
    "score": _score,
}
