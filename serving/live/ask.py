"""All that is known of one lead: its fields, where it stands, what sales knows, and how it is ranked."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from serving.live.case import living_at
from serving.live.hand_offs import HandedOff, open_of
from serving.live.ranked import Ranked, standing_of
from serving.stage_words import QUESTIONS
from serving.store.facts import Outcome, Place
from serving.store.family import family_of
from serving.store.live_schema import due


@dataclass(frozen=True, kw_only=True)
class Known:
    """One lead, as known at a moment."""

    lead_id: str
    parts: tuple[str, ...]  #: lead_ids of those that were merged into it
    created_at: int | None
    attributes: Mapping[str, object]
    events: int  #: activities that had happened and were known
    place: Place  #: stage, consent, owner, account, outcomes
    bant: Mapping[str, str]  #: what sales knows
    to_ask: tuple[str, ...]  #: what sales doesn't
    hand_off: HandedOff | None  #: while sales has not answered it
    standing: Ranked | None  #: none where it has no score, was closed, or objects to profiling
    behind: bool  #: something was told since its last score

    @property
    def closed(self) -> Outcome | None:
        """How it ended."""
        return self.place.closed


def known(connection: Connection, lead_id: str, now: int) -> Known:
    """All that is known of a lead; of one that was merged, of the lead that it is part of.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    family = family_of(connection, lead_id)
    living = living_at(connection, family.root, now)
    bant = living.case.facts.bant.model_dump(exclude_none=True)
    waits = connection.execute(select(due.c.lead_id).where(due.c.lead_id == family.root)).first()
    return Known(
        lead_id=family.root,
        parts=tuple(sorted(family.others)),
        created_at=living.case.lead.created_at,
        attributes=living.case.lead.attributes,
        events=len(living.case.visible),
        place=living.place,
        bant=bant,
        to_ask=tuple(question for question in QUESTIONS if question not in bant),
        hand_off=open_of(connection, family.root),
        standing=standing_of(connection, family.root),
        behind=waits is not None,
    )
