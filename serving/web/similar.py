"""Leads that were won and looked like this one before they were: what a rep may tell as an example."""

from dataclasses import dataclass
from math import sqrt

from sqlalchemy import Connection, Select, select

from features.clock import DAY
from models.groups import Group
from serving.language import Language
from serving.live.case import Living, living_at
from serving.live.measure import Measured, measure, said_of
from serving.live.names import Named, named
from serving.predict import Predictor
from serving.store.schema import events

LOOKED_AT = 60  #: of the leads won last
SHOWN = 3
BEFORE = 14 * DAY  #: before the win: what a lead was like then
LEAST = 0.5  #: cosine of contributions; below it leads have little in common
SHARED = 2  #: reasons that both have


@dataclass(frozen=True, kw_only=True)
class Won:
    """One lead that was won."""

    lead_id: str
    named: Named
    won_at: int
    days: float | None  #: from its creation to the win
    likeness: float  #: cosine of both leads' contributions, up to 1
    shared: tuple[str, ...]  #: what was so of it, and speaks for this lead too


def similar_won(
    connection: Connection, lead_id: str, predictor: Predictor, language: Language, now: int
) -> tuple[Won, ...]:
    """The leads most alike among those won last, the likest first.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    living = living_at(connection, lead_id, now)
    if living.place.objects_to_profiling:
        return ()
    mine = measure(predictor, living.case.lead, now)
    found = [
        _won(connection, row.lead_id, row.happened_at, mine, predictor, language)
        for row in connection.execute(_wins(now))
        if row.lead_id != living.place.lead_id
    ]
    alike = sorted((one for one in found if one and one.likeness >= LEAST), key=lambda one: -one.likeness)
    return tuple(alike[:SHOWN])


def _wins(now: int) -> "Select[tuple[str, int]]":
    asked = select(events.c.lead_id, events.c.happened_at)
    asked = asked.where(events.c.kind == "closed_won", events.c.happened_at <= now)
    return asked.order_by(events.c.happened_at.desc()).limit(LOOKED_AT)


def _won(
    connection: Connection, lead_id: str, won_at: int, mine: Measured, predictor: Predictor, language: Language
) -> Won | None:
    then = living_at(connection, lead_id, won_at - BEFORE)
    if then.place.objects_to_profiling or then.case.lead.created_at is None:
        return None
    other = measure(predictor, then.case.lead, then.case.as_of)
    return Won(
        lead_id=then.place.lead_id,
        named=named(then.case.lead.attributes),
        won_at=won_at,
        days=_days(then, won_at),
        likeness=likeness(mine.groups, other.groups),
        shared=tuple(said_of(other, group, other.groups[group], language) for group in _shared(mine, other)),
    )


def likeness(mine: dict[Group, float], other: dict[Group, float]) -> float:
    """Cosine of two leads' contributions: 1 where the same reasons speak with the same weights."""
    product = sum(value * other.get(group, 0.0) for group, value in mine.items())
    lengths = sqrt(sum(v * v for v in mine.values()) * sum(v * v for v in other.values()))
    return product / lengths if lengths else 0.0


def _shared(mine: Measured, other: Measured) -> list[Group]:
    """What raises both, the strongest first."""
    both = {group: min(value, other.groups.get(group, 0.0)) for group, value in mine.groups.items()}
    return sorted((group for group, value in both.items() if value > 0), key=lambda g: -both[g])[:SHARED]


def _days(then: Living, won_at: int) -> float | None:
    created_at = then.case.lead.created_at
    return None if created_at is None else (won_at - created_at) / DAY
