"""Whom to look at first: the standings, filtered, by their probability or by when sales has to answer.

Pages go on from a place in the order, not from a number of rows, so a lead that comes in meanwhile moves nobody
from one page to another. A lead whose own score changes meanwhile may be met twice or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, select, tuple_

from features.settings import Grade
from features.stages import Stage
from serving.live.cursors import pack, unpack
from serving.live.hand_offs import HandedOff, handed_off, open_of_all
from serving.store.live_schema import hand_offs
from serving.store.schema import standings
from serving.store.searched import named

Trend = Literal["rising", "falling", "steady"]
Sort = Literal["probability", "due"]

MOVES_FROM = 5  #: points of score in a week from which a lead rises or falls
FEW = 1_000  #: leads with a name, who are looked up where no index has the name beside another filter


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which leads; what is not given filters nothing."""

    stage: Stage | None = None
    band: Literal["hot", "warm", "cold"] | None = None
    fit: Grade | None = None
    engagement: Literal["1", "2", "3", "4"] | None = None
    owner: str | None = None
    source: str | None = None
    trend: Trend | None = None  #: a lead without a score of a week ago has none
    q: str | None = None  #: part of the name or the company, in any case
    sort: Sort = "probability"  #: by `due`, only leads that sales was offered and has not answered


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One lead as lists show it."""

    lead_id: str
    score_id: int
    as_of: int
    probability: float
    log_odds: float | None
    lift: float | None
    score: int
    trend: int | None  #: points of score within a week
    fit: str
    engagement: str
    band: str | None
    stage: str
    stage_since: int | None
    action: str | None
    action_text: Mapping[str, str]  #: by language
    reasons: Sequence[Mapping[str, Any]]  #: the strongest first, each `text` by language
    name: str | None
    company: str | None
    role: str | None
    source: str | None
    owner: str | None
    hand_off: HandedOff | None = None  #: while sales has not answered it


@dataclass(frozen=True, kw_only=True)
class RankedPage:
    """A page of the ranked list."""

    leads: tuple[Ranked, ...]
    next: str | None  #: cursor of the page behind


ALL = Filters()


def ranked(connection: Connection, filters: Filters = ALL, cursor: str | None = None, limit: int = 50) -> RankedPage:
    """A page of the leads that fit the filters.

    Raises:
        BadCursor: the cursor is none of this list with these filters.
    """
    question = ["ranked", {name: value for name, value in asdict(filters).items() if value is not None}]
    if filters.sort == "due":
        return _by_due(connection, filters, question, cursor, limit)
    order = (standings.c.probability, standings.c.lead_id)
    asked = select(*order).where(*_conditions(connection, filters))
    if cursor is not None:
        asked = asked.where(tuple_(*order) < tuple_(*unpack(question, cursor, [float, str])))
    places = connection.execute(asked.order_by(*(column.desc() for column in order)).limit(limit + 1)).all()
    more = pack(question, places[limit - 1]) if len(places) > limit else None
    lead_ids = [place.lead_id for place in places[:limit]]
    offered = open_of_all(connection, lead_ids)
    leads = _of(connection, lead_ids)
    return RankedPage(leads=tuple(replace(one, hand_off=offered.get(one.lead_id)) for one in leads), next=more)


def _of(connection: Connection, lead_ids: Sequence[str]) -> list[Ranked]:
    """These leads as lists show them, in this order."""
    wanted = select(standings).where(standings.c.lead_id.in_(lead_ids))
    found = {row.lead_id: _ranked(row) for row in connection.execute(wanted)}
    return [found[lead_id] for lead_id in lead_ids]


def standing_of(connection: Connection, lead_id: str) -> Ranked | None:
    """One lead as lists show it; None where it has no standing."""
    row = connection.execute(select(standings).where(standings.c.lead_id == lead_id)).one_or_none()
    if row is None:
        return None
    return replace(_ranked(row), hand_off=open_of_all(connection, [lead_id]).get(lead_id))


def _by_due(connection: Connection, filters: Filters, question: object, cursor: str | None, limit: int) -> RankedPage:
    """Those that sales was offered and has not answered, the most urgent first."""
    order = (hand_offs.c.due_at, hand_offs.c.id)
    together = hand_offs.join(standings, standings.c.lead_id == hand_offs.c.lead_id)
    asked: Select[Any] = select(hand_offs).select_from(together)
    asked = asked.where(hand_offs.c.ended_at.is_(None), *_conditions(connection, filters))
    if cursor is not None:
        asked = asked.where(tuple_(*order) > tuple_(*unpack(question, cursor, [int, int])))
    rows = connection.execute(asked.order_by(*order).limit(limit + 1)).all()
    page = [handed_off(row) for row in rows[:limit]]
    more = pack(question, [page[-1].due_at, page[-1].hand_off_id]) if len(rows) > limit else None
    leads = _of(connection, [one.lead_id for one in page])
    return RankedPage(leads=tuple(replace(a, hand_off=b) for a, b in zip(leads, page, strict=True)), next=more)


def _conditions(connection: Connection, filters: Filters) -> list[ColumnElement[bool]]:
    equal = ("stage", "band", "fit", "engagement", "owner", "source")
    found = [standings.c[name] == str(value) for name in equal if (value := getattr(filters, name)) is not None]
    if filters.trend is not None:
        found.append(_trend(filters.trend))
    if filters.q is None:
        return found
    if filters.sort == "due" or (filters.owner is None and filters.source is None):
        return [*found, named(filters.q)]
    few = connection.execute(select(standings.c.lead_id).where(named(filters.q)).limit(FEW + 1)).scalars().all()
    return [*found, standings.c.lead_id.in_(few) if len(few) <= FEW else named(filters.q)]


def _trend(trend: Trend) -> ColumnElement[bool]:
    moved = standings.c.trend
    if trend == "steady":
        return and_(moved > -MOVES_FROM, moved < MOVES_FROM)
    return moved >= MOVES_FROM if trend == "rising" else moved <= -MOVES_FROM


def _ranked(row: "Row[Any]") -> Ranked:
    same = (
        *("lead_id", "as_of", "probability", "log_odds", "lift", "score", "trend", "fit", "engagement", "band"),
        *("stage", "stage_since", "action", "name", "company", "role", "source", "owner"),
    )
    return Ranked(
        **{name: getattr(row, name) for name in same},
        score_id=row.ledger_id,
        action_text=orjson.loads(row.action_text or "{}"),
        reasons=orjson.loads(row.reasons or "[]"),
    )
