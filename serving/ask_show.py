"""What was found, as the plain data of an answer: times in words, sentences in one language."""

from typing import Any

from features.clock import iso
from features.view import View
from serving.language import Language
from serving.live.ask import Known
from serving.live.hand_offs import HandedOff
from serving.live.measure import GroupChange
from serving.live.outlook import Ahead, Outlook
from serving.live.ranked import Ranked
from serving.live.timeline import Entry as Happened
from serving.live.timeline_words import entry_sentence, grounds_of
from serving.live.what_changed import WhatChanged
from serving.predict import Json
from serving.store.facts import Outcome
from serving.store.ledger import Entry


def score_shown(entry: Entry) -> Json:
    """A row of the ledger."""
    same = ("probability", "score", "fit", "engagement", "stage", "log_odds", "base_value")
    return {
        "score_id": entry.entry_id,
        "as_of": iso(entry.as_of),
        "scored_at": iso(entry.scored_at),
        **{name: getattr(entry, name) for name in same},
        "contributions": dict(entry.contributions),
        "model": {"version": entry.version, "bundle": entry.bundle},
        "seen": entry.seen_seq,
    }


def change_shown(found: WhatChanged) -> Json:
    """The difference of two scores."""
    parts = None if found.parts is None else [
        {"code": p.code, "log_odds": p.log_odds, "text": p.text, "groups": groups_shown(p.groups)} for p in found.parts
    ]  # fmt: skip
    return {
        "lead_id": found.later.lead_id,
        "earlier": score_shown(found.earlier),
        "later": score_shown(found.later),
        "difference": found.difference,
        "parts": parts,
        "measured_by": found.measured_by,
        "why_not": found.why_not,
        "note": found.note,
    }


def groups_shown(groups: tuple[GroupChange, ...]) -> list[Json]:
    """What fields and kinds of events added or took."""
    return [{"field": g.field, "family": g.family, "change": g.change, "text": g.text, "was": g.was} for g in groups]


def outlook_shown(found: Outlook) -> Json:
    """The lead now and in some days."""
    ahead = [
        _ahead(one, one.answer) | {"change": one.change, "text": one.text, "groups": groups_shown(one.groups)}
        for one in found.ahead
    ]
    now = found.now
    return {"lead_id": now["lead_id"], "model": now["model"], "now": _ahead(None, now), "ahead": ahead}


def _ahead(one: Ahead | None, answer: Json) -> Json:
    return {
        "days": one.days if one else 0,
        **{name: answer[name] for name in ("as_of", "probability", "score", "lift")},
        "fit": answer["fit"]["grade"],
        "engagement": answer["engagement"]["grade"],
        "recommended": answer["stage"]["recommended"],
        "log_odds": answer["explanation"]["log_odds"],
    }


def happened_shown(entry: Happened, view: View, language: Language) -> Json:
    """One thing that happened to a lead."""
    effect = None if entry.effect is None else dict(vars(entry.effect))
    return {
        "what": entry.what,
        "at": iso(entry.at),
        "known_at": iso(entry.known_at),
        "lead_id": entry.lead_id,
        "text": entry_sentence(entry, view, language),
        "because": grounds_of(entry, view, language),
        "data": {name: iso(v) if name == "due_at" else v for name, v in entry.data.items()},
        "effect": effect,
    }


def ranked_shown(lead: Ranked, language: Language) -> Json:
    """One lead as lists show it."""
    same = (
        *("lead_id", "score_id", "probability", "score", "lift", "trend", "fit", "engagement", "band", "stage"),
        *("name", "company", "role", "source", "owner"),
    )
    return {name: getattr(lead, name) for name in same} | {
        "as_of": iso(lead.as_of),
        "stage_since": _iso(lead.stage_since),
        "next_action": {"kind": lead.action, "text": lead.action_text.get(language.code)},
        "reasons": [_reason(dict(reason), language) for reason in lead.reasons],
        "hand_off": hand_off_shown(lead.hand_off),
    }


def hand_off_shown(one: HandedOff | None) -> Json | None:
    """A lead that sales was offered."""
    if one is None:
        return None
    moments = {"offered_at": iso(one.offered_at), "due_at": iso(one.due_at)}
    return {"hand_off_id": one.hand_off_id, **moments, "band": one.band.value, "by": one.by}


def known_shown(lead: Known, language: Language) -> Json:
    """All that is known of one lead."""
    place = lead.place
    same = ("account_id", "owner", "stage", "consent", "objects_to_profiling")
    return {
        "lead_id": lead.lead_id,
        "parts": list(lead.parts),
        "created_at": _iso(lead.created_at),
        **{name: getattr(place, name) for name in same},
        "stage_since": _iso(place.stage_since),
        "attributes": dict(lead.attributes),
        "events": lead.events,
        "closed": _outcome(lead.closed),
        "verdict": _outcome(place.verdict),
        "bant": {"known": dict(lead.bant), "to_ask": list(lead.to_ask)},
        "hand_off": hand_off_shown(lead.hand_off),
        "standing": ranked_shown(lead.standing, language) if lead.standing else None,
        "behind": lead.behind,
    }


def _outcome(outcome: Outcome | None) -> Json | None:
    if outcome is None:
        return None
    named = {name: getattr(outcome, name) for name in ("kind", "reason", "note")}
    return named | {"happened_at": iso(outcome.happened_at)}


def _reason(reason: dict[str, Any], language: Language) -> Json:
    text = reason.get("text")
    return reason | {"text": text.get(language.code) if isinstance(text, dict) else text}


def _iso(moment: int | None) -> str | None:
    return None if moment is None else iso(moment)
