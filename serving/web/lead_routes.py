"""One lead: who it is, why it has its score, and what sales says of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response

from features.clock import to_micros
from features.request import BadRequest, Fault
from features.verdicts import Rejection
from features.view import View
from serving import ingest_read as read
from serving.ingest_schemas import FeedbackToTell
from serving.kind_words import field_label
from serving.live.timeline import Entry, Place
from serving.live.timeline_words import entry_sentence, grounds_of
from serving.store.writer import Act, Job
from serving.told_words import told_value
from serving.web.answers import answer, undo_once
from serving.web.forms import own_path, with_field
from serving.web.lead_facts import Asked, LeadFacts, known_fields, lead_facts
from serving.web.lead_ladder import ladder
from serving.web.page_route import PageRouter
from serving.web.render import page
from serving.web.routes import go_to
from serving.web.similar import similar_won
from serving.web.visitor import Visitor, visitor_of
from serving.web.waterfall import whole_parts

router = PageRouter()

LONGEST_NOTE = 2_000  #: characters
ANSWERS = ("verdict", "hand_off_ended")  #: what sales said, and the offer that it ended: the same, told once
NOTHING = View(definitions=(), kinds=(), categories={})  #: knows no kind of event by another name


@router.get("/lead")
def lead(request: Request) -> Response:
    """The page of one lead."""
    visitor = visitor_of(request)
    visitor.require("rep")
    asked = _asked(request)
    predictor = visitor.service.models.status.predictor
    with visitor.store.reading() as connection:
        facts = lead_facts(connection, asked, predictor, visitor.service.models.of, visitor.language, visitor.now)
    view = NOTHING if predictor is None else predictor.bundle.view
    return page(
        visitor,
        "lead.html",
        facts=facts,
        name=facts.named.name or facts.lead_id,
        fields=_fields(facts, visitor),
        accepted_by=next((key.name for key in visitor.keys if key.key_id == facts.holder), ""),
        ladder=ladder(facts, visitor.service.settings.lifecycle, visitor.language, sees_activity=_sees_activity(view)),
        happened=_happened(facts, view, visitor),
        scores=_scores(facts),
        changes=_changes(facts),
        rejections=list(Rejection),
        longest_note=LONGEST_NOTE,
        similar_address=_address("/lead/similar", facts.lead_id),
        older_address=None if facts.happened.next is None else _address("/lead", facts.lead_id, at=facts.happened.next),
        horizon=0 if predictor is None else round(predictor.bundle.horizon_days),
        as_of=None if facts.answer is None else to_micros(datetime.fromisoformat(facts.answer["as_of"])),
        model=None if predictor is None else predictor.version,
        just=request.query_params.get("just", ""),
    )


@router.get("/lead/similar")
def similar(request: Request) -> Response:
    """Leads that were won and looked like this one before; a page of its own, or a part of the lead's."""
    visitor = visitor_of(request)
    visitor.require("rep")
    asked = _asked(request)
    predictor = visitor.service.models.current()
    with visitor.store.reading() as connection:
        found = similar_won(connection, asked.lead_id, predictor, visitor.language, visitor.now)
    return page(visitor, "similar.html", found=found, lead_id=asked.lead_id, back=_address("/lead", asked.lead_id))


@router.post("/lead/accept")
def accept(request: Request) -> Response:
    """Sales takes the lead."""
    return _answered(request, lambda lead_id, _: {"lead_id": lead_id, "verdict": "accepted"})


@router.post("/lead/reject")
def reject(request: Request) -> Response:
    """Sales turns the lead down, and says why."""

    def told(lead_id: str, form: Mapping[str, str]) -> dict[str, str]:
        note = {"note": form["note"]} if form.get("note") else {}
        return {"lead_id": lead_id, "verdict": "rejected", "reason": form.get("reason", "")} | note

    return _answered(request, told)


@router.post("/lead/undo")
def undo(request: Request) -> Response:
    """Take back the move that the page showed as the last one."""
    visitor = visitor_of(request)
    key = visitor.require("rep")
    form = visitor.form()
    lead_id, seen = _lead_id(form.get("lead_id")), _number(form.get("move"))
    just = _write(visitor, "undo", lead_id, lambda write: undo_once(write, lead_id, seen=seen, by=key.key_id))
    return go_to(_address("/lead", lead_id, just=just))


def _answered(request: Request, told: Callable[[str, Mapping[str, str]], dict[str, str]]) -> Response:
    """What sales says goes the way of `/v1/feedback`; back to where the form stood."""
    visitor = visitor_of(request)
    key = visitor.require("rep")
    form = visitor.form()
    lead_id = _lead_id(form.get("lead_id"))
    wrong = _unsaid(form) if request.url.path == "/lead/reject" else None
    if wrong is not None:
        return go_to(_address("/lead", lead_id, just=wrong) + "#reject")
    sent = read.read_as(FeedbackToTell, told(lead_id, form), latest=visitor.now)
    just = _write(visitor, "feedback", lead_id, lambda write: answer(write, sent, by=key.key_id))
    return go_to(with_field(own_path(form.get("to"), _address("/lead", lead_id)), "just", just))


def _unsaid(form: Mapping[str, str]) -> str | None:
    """What a rejection lacks, as the page of the lead says it."""
    if form.get("reason") not in set(Rejection):
        return "reason"
    if form["reason"] == Rejection.OTHER and not form.get("note"):
        return "note"
    return "long" if len(form.get("note", "")) > LONGEST_NOTE else None


def _write(visitor: Visitor, action: str, lead_id: str, job: "Job[str]") -> str:
    key = visitor.require("rep")
    done = visitor.store.write(job, Act(now=visitor.now, key_id=key.key_id, action=action, lead_id=lead_id))
    if visitor.service.engine is not None:
        visitor.service.engine.wake()
    return done


def _asked(request: Request) -> Asked:
    sent = request.query_params
    return Asked(
        lead_id=_lead_id(sent.get("lead_id")),
        cursor=sent.get("at") or None,
        earlier=_number(sent.get("from")),
        later=_number(sent.get("to")),
    )


def _lead_id(text: str | None) -> str:
    if text is None or not 0 < len(text) <= 200 or "\0" in text:
        raise BadRequest([Fault(pointer="", detail="the address names no lead; open it from the queue")])
    return text


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _address(path: str, lead_id: str, **more: str) -> str:
    return f"{path}?{urlencode({'lead_id': lead_id, **more})}"


def _fields(facts: LeadFacts, visitor: Visitor) -> list[tuple[str, str]]:
    language = visitor.language
    return [
        (field_label(name, None, language), told_value(name, value, language))
        for name, value in known_fields(facts).items()
        if value is not None
    ]


def _sees_activity(view: View) -> bool:
    """Whether the model reads what leads do; one that isn't there yet is taken to."""
    return view is NOTHING or bool(view.kinds)


def effect_tellers(entries: Sequence[Entry]) -> set[Place]:
    """The places of the entries that tell what a score made of them, one for each score; the last entry stands first.

    It is the last thing that the lead did before the score, for that is what a score follows; where it did nothing,
    the last that was told of it.
    """
    found: dict[int, Entry] = {}
    for entry in entries:
        if entry.effect is None or entry.what == "score":
            continue
        held = found.setdefault(entry.effect.score_id, entry)
        if held.what != "activity" and entry.what == "activity":
            found[entry.effect.score_id] = entry
    return {entry.place for entry in found.values()}


def _happened(facts: LeadFacts, view: View, visitor: Visitor) -> list[dict[str, Any]]:
    """What happened, in sentences; scores are left to the history, and one effect is told once."""
    tells = effect_tellers(facts.happened.entries)
    found: list[dict[str, Any]] = []
    for entry in facts.happened.entries:
        if entry.what == "score":
            continue
        text = entry_sentence(entry, view, visitor.language)
        if entry.what in ANSWERS and any((one["at"], one["text"]) == (entry.at, text) for one in found):
            continue
        effect = entry.effect if entry.place in tells else None
        grounds = grounds_of(entry, view, visitor.language)
        found.append({"at": entry.at, "what": entry.what, "text": text, "because": grounds, "effect": effect})
    return found


def _scores(facts: LeadFacts) -> list[tuple[int, int, int]]:
    """Id, moment and score, the first one first."""
    return [(score.entry_id or 0, score.as_of, score.score) for score in reversed(facts.scores)]


def _changes(facts: LeadFacts) -> list[tuple[int, str]]:
    """The parts of what changed, in points of score that add up to the difference of both scores."""
    found = facts.changed
    if found is None or found.parts is None:
        return []
    moved = found.later.score - found.earlier.score
    worth = moved / found.difference if abs(found.difference) > 1e-9 else 0.0
    points = whole_parts([part.log_odds * worth for part in found.parts], moved)
    return [(added, part.text) for added, part in zip(points, found.parts, strict=True)]
