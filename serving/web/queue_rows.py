"""The leads of the queue, a page at a time: standings with the clock of an open hand-off, the likeliest first."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, true, tuple_

from features.clock import DAY
from serving.live.hand_offs import HandedOff, open_of_all
from serving.store.live_schema import hand_offs
from serving.store.schema import ledger, standings
from serving.web.words import HOUR

View = Literal["act", "call", "mine", "new", "cold", "breaching", "recycled", "all"]
VIEWS: tuple[View, ...] = get_args(View)

PAGE = 40  #: leads on one page
MOST_COUNTED = 1_000  #: leads; beyond it the page says "more than"
COOLING = 5  #: points lost within a week from which a lead is going cold
SOON = 4 * HOUR  #: before its time is over a hand-off counts as breaching
LINE_DAYS = 60  #: that a sparkline covers
LINE_POINTS = 20
#: columns of a standing that a row shows as they are
SAME = (
    *("lead_id", "name", "company", "role", "owner", "probability", "score", "lift"),
    *("fit", "engagement", "stage", "trend", "action"),
)


#: what a search looks at, put together first: a comparison for each field takes four times as long
TEXT = func.lower(
    func.coalesce(standings.c.name, "")
    + " " + func.coalesce(standings.c.company, "")
    + " " + func.coalesce(standings.c.role, "")
    + " " + standings.c.lead_id
)  # fmt: skip


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
    person: str = ""  #: whose leads `mine` are
    after: str | None = None  #: the cursor of the page before


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    """One page of the queue."""

    rows: tuple[QueueRow, ...]
    found: int  #: leads in this view, counted up to one more than `MOST_COUNTED`
    after: str | None  #: the cursor of the next page; None on the last one


def queue_page(connection: Connection, wanted: Wanted, now: int, *, limit: int = PAGE) -> QueuePage:
    """The next leads of a view."""
    chosen = _chosen(wanted, now)
    counted = chosen.with_only_columns(standings.c.lead_id).limit(MOST_COUNTED + 1).subquery()
    found = connection.execute(select(func.count()).select_from(counted)).scalar_one()
    rows = connection.execute(_next(chosen, wanted.after).limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return QueuePage(
        rows=_rows(connection, rows[:limit], now),
        found=found,
        after=None if last is None else cursor_of(last.probability, last.lead_id),
    )


def row_of(connection: Connection, lead_id: str, now: int) -> QueueRow | None:
    """One lead as the queue shows it; None for one that has no score."""
    rows = connection.execute(select(standings).where(standings.c.lead_id == lead_id)).all()
    return next(iter(_rows(connection, rows, now)), None)


def owners(connection: Connection) -> list[str]:
    """Who has leads, in order."""
    asked = select(standings.c.owner).where(standings.c.owner.is_not(None)).distinct().order_by(standings.c.owner)
    return list(connection.execute(asked.limit(100)).scalars())


def _chosen(wanted: Wanted, now: int) -> "Select[Any]":
    chosen = select(standings).where(_of_view(wanted, now))
    for word in wanted.text.split():
        chosen = chosen.where(TEXT.contains(word.lower(), autoescape=True))
    return chosen


def _of_view(wanted: Wanted, now: int) -> "ColumnElement[bool]":
    """Hand-offs are few: their leads are looked up, rather than the hand-off of every lead."""
    lead_id, waits = standings.c.lead_id, hand_offs.c.ended_at.is_(None)
    return {
        "act": lead_id.in_(_leads(waits)),
        "call": (standings.c.action == "call") & lead_id.not_in(_leads(waits)),
        "mine": func.lower(standings.c.owner) == wanted.person.lower(),
        "new": lead_id.in_(_leads(waits & (hand_offs.c.offered_at > now - DAY))),
        "cold": (standings.c.trend <= -COOLING) & standings.c.band.in_(("hot", "warm")),
        "breaching": lead_id.in_(_leads(waits & (hand_offs.c.due_at <= now + SOON))),
        "recycled": lead_id.in_(_leads(hand_offs.c.ending == "rejected")),
        "all": true(),
    }[wanted.view]


def _leads(which: "ColumnElement[bool]") -> "Select[tuple[str]]":
    return select(hand_offs.c.lead_id).where(which)


def _next(chosen: "Select[Any]", after: str | None) -> "Select[Any]":
    place = read_cursor(after)
    if place is not None:
        probability, lead_id = place
        later = tuple_(-standings.c.probability, standings.c.lead_id) > tuple_(-probability, lead_id)
        chosen = chosen.where(standings.c.probability <= probability, later)
    return chosen.order_by(standings.c.probability.desc(), standings.c.lead_id)


def cursor_of(probability: float, lead_id: str) -> str:
    """Where a page ends, for an address."""
    return base64.urlsafe_b64encode(orjson.dumps([probability, lead_id])).decode().rstrip("=")


def read_cursor(text: str | None) -> tuple[float, str] | None:
    """Where a page ends; None for what is no cursor, so that the first page is shown."""
    try:
        probability, lead_id = orjson.loads(base64.urlsafe_b64decode((text or "") + "=" * (-len(text or "") % 4)))
        return float(probability), str(lead_id)
    except (ValueError, TypeError, binascii.Error):
        return None


def _lines(connection: Connection, lead_ids: Sequence[str], now: int) -> dict[str, tuple[int, ...]]:
    """The scores of these leads over the last weeks."""
    asked = select(ledger.c.lead_id, ledger.c.score).where(
        ledger.c.lead_id.in_(lead_ids), ledger.c.as_of > now - LINE_DAYS * DAY
    )
    found: dict[str, list[int]] = {}
    for lead_id, score in connection.execute(asked.order_by(ledger.c.lead_id, ledger.c.as_of, ledger.c.id)):
        found.setdefault(lead_id, []).append(score)
    return {lead_id: tuple(scores[-LINE_POINTS:]) for lead_id, scores in found.items()}


def _rows(connection: Connection, rows: "Sequence[Row[Any]]", now: int) -> tuple[QueueRow, ...]:
    """Standings with their clocks and lines."""
    ids = [row.lead_id for row in rows]
    lines, opened = _lines(connection, ids, now), open_of_all(connection, ids)
    return tuple(
        QueueRow(
            **{name: getattr(row, name) for name in SAME},
            action_text=orjson.loads(row.action_text or "{}"),
            reasons=orjson.loads(row.reasons or "[]"),
            clock=opened.get(row.lead_id),
            line=lines.get(row.lead_id, ()),
        )
        for row in rows
    )
