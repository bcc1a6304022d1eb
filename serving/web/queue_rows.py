"""The leads of the queue, a page at a time: standings with the clock of an open hand-off, the likeliest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import orjson
from sqlalchemy import ColumnElement, Connection, Select, func, select, true, tuple_

from features.clock import DAY, HOUR
from features.stages import Stage
from serving.live.cursors import BadCursor, pack, unpack
from serving.live.hand_offs import HandedOff, open_of_all
from serving.live.ranked import MOVES_FROM
from serving.store.live_schema import hand_offs
from serving.store.schema import leads, ledger, standings
from serving.store.searched import found as is_found

View = Literal["act", "call", "mine", "new", "cold", "breaching", "recycled", "all"]
VIEWS: tuple[View, ...] = get_args(View)

PAGE = 40  #: leads on one page
MOST_COUNTED = 1_000  #: leads; beyond it the page says "more than"
SOON = 4 * HOUR  #: before its time is over a hand-off counts as breaching
LINE_DAYS = 60  #: that a sparkline covers
LINE_POINTS = 20
WITH_SALES = tuple(stage.value for stage in Stage if stage.rank >= Stage.SALES_QUALIFIED.rank)
#: columns of a standing that a row shows as they are
SAME = (
    *("lead_id", "name", "company", "role", "owner", "probability", "score", "lift"),
    *("fit", "engagement", "stage", "trend", "action"),
)


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One lead of the queue."""

    lead_id: str
    name: str | None
    company: str | None
    role: str | None
    owner: str | None
    probability: float
    score: int
    lift: float | None
    fit: str
    engagement: str
    stage: str
    trend: int | None
    action: str | None
    action_text: Mapping[str, str]
    reasons: Sequence[Mapping[str, Any]]
    clock: HandedOff | None  #: of an offer that sales has not answered
    line: tuple[int, ...] = ()  #: scores of the last weeks, the last one last


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which leads a person wants to see."""

    view: View = "act"
    text: str = ""  #: in the name, company, role or lead_id
    person: str = ""  #: whose leads `mine` are, by the name that the CRM has as their owner
    keys: tuple[str, ...] = ()  #: ids of the keys that this person answers with
    after: str | None = None  #: the cursor of the page before

    def question(self) -> dict[str, object]:
        """As plain data, for cursors."""
        return {"list": "page", "view": self.view, "text": self.text, "person": self.person}


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    """One page of the queue."""

    rows: tuple[QueueRow, ...]
    found: int  #: leads in this view, counted up to one more than `MOST_COUNTED`
    after: str | None  #: the cursor of the next page; None on the last one


def queue_page(connection: Connection, wanted: Wanted, now: int, *, limit: int = PAGE) -> QueuePage:
    """The next leads of a view. Their places are looked for first: indexes have these, so no row is read in vain."""
    chosen, place = _chosen(connection, wanted, now), _place(wanted)
    enough = (limit if place else max(limit, MOST_COUNTED)) + 1  # the places of a first page are counted too
    places = connection.execute(_next(chosen, place).limit(enough)).all()
    last = places[limit - 1] if len(places) > limit else None
    return QueuePage(
        rows=_rows(connection, [one.lead_id for one in places[:limit]], now),
        found=_counted(connection, chosen) if place else min(len(places), MOST_COUNTED + 1),
        after=None if last is None else pack(wanted.question(), (last.probability, last.lead_id)),
    )


def _counted(connection: Connection, chosen: "Select[Any]") -> int:
    counted = chosen.with_only_columns(standings.c.lead_id).limit(MOST_COUNTED + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(counted)).scalar_one())


def row_of(connection: Connection, lead_id: str, now: int) -> QueueRow | None:
    """One lead as the queue shows it; None for one that has no score."""
    return next(iter(_rows(connection, [lead_id], now)), None)


def owners(connection: Connection) -> list[str]:
    """Who has leads, in order."""
    asked = select(standings.c.owner).where(standings.c.owner.is_not(None)).distinct().order_by(standings.c.owner)
    return list(connection.execute(asked.limit(100)).scalars())


def _chosen(connection: Connection, wanted: Wanted, now: int) -> "Select[Any]":
    """The probabilities and ids of all leads of a view."""
    in_view = _mine(connection, wanted) if wanted.view == "mine" else _of_view(wanted.view, now)
    words = (is_found(word) for word in wanted.text.split())
    return select(standings.c.probability, standings.c.lead_id).where(in_view, *words)


def _of_view(view: View, now: int) -> "ColumnElement[bool]":
    """Hand-offs are few: their leads are looked up, rather than the hand-off of every lead."""
    lead_id, waits = standings.c.lead_id, hand_offs.c.ended_at.is_(None)
    return {
        "act": lead_id.in_(_leads(waits)),
        "call": (standings.c.action == "call") & lead_id.not_in(_leads(waits)),
        "new": lead_id.in_(_leads(waits & (hand_offs.c.offered_at > now - DAY))),
        "cold": (standings.c.trend <= -MOVES_FROM) & standings.c.band.in_(("hot", "warm")),
        "breaching": lead_id.in_(_leads(waits & (hand_offs.c.due_at <= now + SOON))),
        "recycled": lead_id.in_(_leads(hand_offs.c.ending == "rejected")),
        "all": true(),
    }[view]


def _mine(connection: Connection, wanted: Wanted) -> "ColumnElement[bool]":
    """Leads that the CRM gave to this person, and those that this person accepted, while they are with sales.

    Accepting changes no owner: that field is the CRM's. A lead that it gave to somebody else since is theirs.
    """
    told = connection.execute(select(standings.c.owner).where(standings.c.owner.is_not(None)).distinct()).scalars()
    mine = [owner for owner in told if owner.lower() == wanted.person.lower()]
    accepted = connection.execute(_accepted(wanted.keys)).scalars().all() if wanted.keys else []
    owned = standings.c.owner.in_(mine)
    if (
        _counted(connection, select(standings).where(owned)) > MOST_COUNTED
    ):  # then walk the order, not all that they own
        owned = func.coalesce(standings.c.owner, "").in_(mine)
    return owned | standings.c.lead_id.in_(accepted)


def _accepted(keys: Sequence[str]) -> "Select[tuple[str]]":
    """Leads with sales whose last offer one of these keys accepted, and whose owner is nobody, or as it was then."""
    held, later = standings.alias(), hand_offs.alias()
    overtaken = select(later.c.id).where(later.c.lead_id == hand_offs.c.lead_id, later.c.id > hand_offs.c.id).exists()
    return (
        select(held.c.lead_id)
        .join_from(hand_offs, leads, leads.c.lead_id == hand_offs.c.lead_id, isouter=True)  # or all leads would be read
        .join(held, held.c.lead_id == func.coalesce(leads.c.merged_into, hand_offs.c.lead_id))
        .where(hand_offs.c.ending == "accepted", hand_offs.c.ended_by.in_(keys), ~overtaken)
        .where(held.c.stage.in_(WITH_SALES), held.c.owner.is_(None) | (held.c.owner == hand_offs.c.owner))
    )


def _leads(which: "ColumnElement[bool]") -> "Select[tuple[str]]":
    return select(hand_offs.c.lead_id).where(which)


def _next(chosen: "Select[Any]", place: tuple[float, str] | None) -> "Select[Any]":
    if place is not None:
        probability, lead_id = place
        later = tuple_(-standings.c.probability, standings.c.lead_id) > tuple_(-probability, lead_id)
        chosen = chosen.where(standings.c.probability <= probability, later)
    return chosen.order_by(standings.c.probability.desc(), standings.c.lead_id)


def _place(wanted: Wanted) -> tuple[float, str] | None:
    """Where the page before ended; None for what is no cursor of these leads, so that the first page is shown."""
    try:
        probability, lead_id = unpack(wanted.question(), wanted.after or "", (float, str))
    except BadCursor:
        return None
    return float(probability), str(lead_id)


def _lines(connection: Connection, lead_ids: Sequence[str], now: int) -> dict[str, tuple[int, ...]]:
    """The scores of these leads over the last weeks, from the one that held at their beginning on."""
    since, earlier = now - LINE_DAYS * DAY, ledger.alias()
    held = select(func.max(earlier.c.as_of)).where(earlier.c.lead_id == ledger.c.lead_id, earlier.c.as_of <= since)
    recent = (ledger.c.as_of > since) | (ledger.c.as_of == held.scalar_subquery())
    asked = select(ledger.c.lead_id, ledger.c.score).where(ledger.c.lead_id.in_(lead_ids), recent)
    found: dict[str, list[int]] = {}
    for lead_id, score in connection.execute(asked.order_by(ledger.c.lead_id, ledger.c.as_of, ledger.c.id)):
        found.setdefault(lead_id, []).append(score)
    return {lead_id: tuple(scores[-LINE_POINTS:]) for lead_id, scores in found.items()}


def _rows(connection: Connection, lead_ids: Sequence[str], now: int) -> tuple[QueueRow, ...]:
    """The standings of these leads in this order, with their clocks and lines."""
    wanted = select(*(standings.c[name] for name in (*SAME, "action_text", "reasons")))
    found = {row.lead_id: row for row in connection.execute(wanted.where(standings.c.lead_id.in_(lead_ids)))}
    lines, opened = _lines(connection, lead_ids, now), open_of_all(connection, lead_ids)
    return tuple(
        QueueRow(
            **{name: getattr(row, name) for name in SAME},
            action_text=orjson.loads(row.action_text or "{}"),
            reasons=orjson.loads(row.reasons or "[]"),
            clock=opened.get(row.lead_id),
            line=lines.get(row.lead_id, ()),
        )
        for row in (found[lead_id] for lead_id in lead_ids if lead_id in found)
    )
