"""All that the page of one lead shows, read in one moment of the store."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from features.clock import DAY
from features.stages import Stage
from serving.language import Language
from serving.lifecycle.moves import CRM, POLICY, Move, lasting
from serving.live.case import Living, living_at
from serving.live.hand_offs import HandedOff, open_of
from serving.live.history import scores_of
from serving.live.names import Named, named
from serving.live.outlook import outlook
from serving.live.timeline import Timeline, timeline
from serving.live.what_changed import Models, WhatChanged, what_changed
from serving.predict import Case, Json, Predictor
from serving.store.facts import Place
from serving.store.ledger import Entry
from serving.web.answers import holder
from serving.web.queue_rows import QueueRow, row_of
from serving.web.waterfall import Waterfall, waterfall

OUTLOOK_DAYS = (7, 14, 30, 45, 60, 90)
SCORES = 60  #: that the history draws
ENTRIES = 25  #: of the timeline on one page


@dataclass(frozen=True, kw_only=True)
class LeadFacts:
    """One lead as of one moment, by what the store knew then."""

    lead_id: str
    named: Named
    living: Living
    row: QueueRow | None
    offered: HandedOff | None
    answer: Json | None  #: as of the last score; None without a model, or where nothing may be computed
    waterfall: Waterfall | None
    ahead: tuple[tuple[int, int, str], ...]  #: days from then, score, and why
    happened: Timeline
    scores: tuple[Entry, ...]  #: the last one first
    changed: WhatChanged | None
    can_undo: Move | None
    holder: str | None  #: the key that accepted it, while it is with sales

    @property
    def place(self) -> Place:
        """Where the lead stands."""
        return self.living.place

    @property
    def stage(self) -> Stage:
        """The stage that it is in."""
        return self.place.stage or Stage.LEAD


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which lead, and which parts of its history."""

    lead_id: str
    cursor: str | None = None  #: of the timeline
    earlier: int | None = None  #: the score to compare from
    later: int | None = None


def lead_facts(
    connection: Connection, asked: Asked, predictor: Predictor | None, models: Models, language: Language, now: int
) -> LeadFacts:
    """Read all of it.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    living = living_at(connection, asked.lead_id, now)
    lead_id = living.place.lead_id
    scores = scores_of(connection, lead_id, limit=SCORES).scores
    case = None if predictor is None or living.place.ended else _case(connection, living, scores, predictor)
    answer = None if predictor is None or case is None else predictor.answer(case, language)
    return LeadFacts(
        lead_id=lead_id,
        named=named(living.case.lead.attributes),
        living=living,
        row=row_of(connection, lead_id, now),
        offered=open_of(connection, lead_id),
        answer=answer,
        waterfall=None if answer is None or predictor is None else waterfall(answer, predictor.bundle.policy),
        ahead=() if predictor is None or case is None else _ahead(predictor, case, language),
        happened=timeline(connection, lead_id, cursor=asked.cursor, limit=ENTRIES),
        scores=scores,
        changed=_changed(connection, scores, asked, models, language),
        can_undo=_undoable(living.place),
        holder=holder(connection, living.place),
    )


def _case(connection: Connection, living: Living, scores: tuple[Entry, ...], predictor: Predictor) -> Case:
    """The lead as its last score saw it, so that the page says what the queue says; as of now without one.

    Where it stands is as of now: who has just accepted it wants to see that.
    """
    last = scores[0] if scores and scores[0].bundle == predictor.bundle.digest else None
    if last is None:
        return living.case
    seen = living_at(connection, last.lead_id, last.as_of, seq=last.seen_seq).case
    return replace(living.case, lead=seen.lead, as_of=last.as_of)


def _ahead(predictor: Predictor, case: Case, language: Language) -> tuple[tuple[int, int, str], ...]:
    found = outlook(predictor, case, language, days=OUTLOOK_DAYS)
    first = (0, found.now["score"], "")
    return (first, *((one.days, one.answer["score"], one.text) for one in found.ahead))


def _changed(
    connection: Connection, scores: tuple[Entry, ...], asked: Asked, models: Models, language: Language
) -> WhatChanged | None:
    """What changed between the two scores that were asked for; between the last and one of a week ago unless told."""
    by_id: Mapping[int | None, Entry] = {score.entry_id: score for score in scores}
    later = by_id.get(asked.later) or (scores[0] if scores else None)
    if later is None:
        return None
    before = [score for score in scores if score.as_of < later.as_of]
    week = [score for score in before if score.as_of <= later.as_of - 7 * DAY]
    earlier = by_id.get(asked.earlier) or next(iter([*week, *reversed(before)]), None)
    if earlier is None or earlier.as_of >= later.as_of:
        return None
    return what_changed(connection, earlier, later, models=models, language=language)


def _undoable(place: Place) -> Move | None:
    """The move of a person that may be taken back from here."""
    left = lasting(place.moves)
    return left[-1] if left and left[-1].by not in (CRM, POLICY) and place.closed is None else None


def known_fields(facts: LeadFacts) -> Mapping[str, Any]:
    """What is on record of the lead, without what the head of the page says already."""
    told = facts.living.case.lead.attributes
    shown = {facts.named.name, facts.named.company, facts.named.role}
    return {name: value for name, value in sorted(told.items()) if value not in shown}
