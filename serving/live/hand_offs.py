"""Leads offered to sales: one open at most for each lead, with the clock that was promised when it was offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from features.clock import iso
from features.settings import Lifecycle
from serving.lifecycle.handoff import Band, HandOff
from serving.live.notices import Notice, notify
from serving.store.live_schema import hand_offs
from serving.store.writer import Write

Ending = Literal["accepted", "rejected", "withdrawn", "merged"]


@dataclass(frozen=True, kw_only=True)
class HandedOff:
    """One lead given to sales; moments in microseconds."""

    hand_off_id: int
    lead_id: str
    offered_at: int
    band: Band
    due_at: int  #: by when sales has to answer, as promised
    by: str  #: policy, or the id of a key
    ledger_id: int | None = None  #: the score that it was offered by
    owner: str | None = None  #: whose it was when it was offered
    ended_at: int | None = None
    ending: Ending | None = None
    reason: str | None = None
    ended_by: str | None = None
    breach_told: bool = False


def handed_off(row: "Row[Any]") -> HandedOff:
    """A row of the table."""
    same = ("lead_id", "offered_at", "due_at", "by", "ledger_id", "owner", "ended_at", "ending", "reason", "ended_by")
    fields = {name: getattr(row, name) for name in same}
    return HandedOff(hand_off_id=row.id, band=Band(row.band), breach_told=row.breach_told, **fields)


def open_of(connection: Connection, lead_id: str) -> HandedOff | None:
    """The hand-off of the lead that sales has not answered yet."""
    return open_of_all(connection, [lead_id]).get(lead_id)


def open_of_all(connection: Connection, lead_ids: Sequence[str]) -> dict[str, HandedOff]:
    """The open hand-offs of these leads."""
    asked = select(hand_offs).where(hand_offs.c.lead_id.in_(lead_ids), hand_offs.c.ended_at.is_(None))
    return {row.lead_id: handed_off(row) for row in connection.execute(asked)}


def ever(connection: Connection, lead_ids: Sequence[str]) -> bool:
    """Whether one of these leads was ever offered to sales."""
    asked = select(hand_offs.c.id).where(hand_offs.c.lead_id.in_(lead_ids))
    return connection.execute(asked.limit(1)).first() is not None


def offer(
    write: Write,
    lead_id: str,
    *,
    at: int,
    band: Band,
    policy: Lifecycle,
    by: str,
    ledger_id: int | None = None,
    owner: str | None = None,
) -> HandedOff:
    """Put the lead into the queue of sales; one that is there already stays, and goes up where it asked itself."""
    due_at = HandOff(offered_at=at, band=band).due_at(policy)
    there = open_of(write.connection, lead_id)
    if there is not None:
        return _hurry(write, there, at=at, due_at=due_at) if band is Band.ASKED is not there.band else there
    row = {"seq": write.seq, "lead_id": lead_id, "offered_at": at, "band": band.value, "due_at": due_at, "by": by}
    added = insert(hand_offs).values(**row, ledger_id=ledger_id, owner=owner).returning(hand_offs)
    return _told(write, handed_off(write.connection.execute(added).one()), at)


def _hurry(write: Write, there: HandedOff, *, at: int, due_at: int) -> HandedOff:
    """The lead has asked for sales meanwhile: the clock is that of a request, unless less time is left anyway."""
    sooner = {"band": Band.ASKED.value, "due_at": min(due_at, there.due_at)}
    changed = update(hand_offs).where(hand_offs.c.id == there.hand_off_id).values(**sooner).returning(hand_offs)
    return _told(write, handed_off(write.connection.execute(changed).one()), at)


def _told(write: Write, offered: HandedOff, at: int) -> HandedOff:
    data = {"hand_off_id": offered.hand_off_id, "band": offered.band.value, "due_at": iso(offered.due_at)}
    notify(write, Notice(kind="hand_off.offered", lead_id=offered.lead_id, at=at, data=data))
    return offered


def end(write: Write, lead_id: str, *, at: int, ending: Ending, by: str, reason: str | None = None) -> HandedOff | None:
    """End the open hand-off of the lead, if there is one; a moment before its offer counts as that of the offer."""
    there = open_of(write.connection, lead_id)
    if there is None:
        return None
    return _ended(
        write, there.hand_off_id, ended_at=max(at, there.offered_at), ending=ending, reason=reason, ended_by=by
    )


def revise(write: Write, lead_id: str, *, at: int, ending: Ending, by: str, reason: str | None) -> HandedOff | None:
    """Change the answer to the last hand-off of the lead, if sales had answered it otherwise by then.

    When it was answered stays: the clock is about the first answer.
    """
    asked = select(hand_offs).where(hand_offs.c.lead_id == lead_id)
    row = write.connection.execute(
        asked.order_by(hand_offs.c.offered_at.desc(), hand_offs.c.id.desc()).limit(1)
    ).first()
    if row is None or row.ending not in ("accepted", "rejected") or at < row.ended_at:
        return None
    if (row.ending, row.reason) == (ending, reason):
        return None
    return _ended(write, row.id, ending=ending, reason=reason, ended_by=by)


def _ended(write: Write, hand_off_id: int, **ended: object) -> HandedOff:
    """Write how a hand-off ended, and give notice of it."""
    changed = update(hand_offs).where(hand_offs.c.id == hand_off_id).values(**ended).returning(hand_offs)
    found = handed_off(write.connection.execute(changed).one())
    data = {"hand_off_id": found.hand_off_id, "ending": found.ending, "reason": found.reason}
    notify(write, Notice(kind="hand_off.ended", lead_id=found.lead_id, at=write.now, data=data))
    return found


def breached(connection: Connection, now: int) -> list[HandedOff]:
    """Open hand-offs past their time that nobody was told of yet, the longest first."""
    late = hand_offs.c.ended_at.is_(None) & (hand_offs.c.due_at < now) & hand_offs.c.breach_told.is_(False)
    return [handed_off(row) for row in connection.execute(select(hand_offs).where(late).order_by(hand_offs.c.due_at))]


def tell_breaches(write: Write) -> int:
    """Give notice, once, of each hand-off that sales has not answered in time; how many."""
    late = breached(write.connection, write.now)
    for one in late:
        data = {"hand_off_id": one.hand_off_id, "band": one.band.value, "due_at": iso(one.due_at)}
        notify(write, Notice(kind="hand_off.breached", lead_id=one.lead_id, at=write.now, data=data))
    told = [one.hand_off_id for one in late]
    if told:
        write.connection.execute(update(hand_offs).where(hand_offs.c.id.in_(told)).values(breach_told=True))
    return len(told)
