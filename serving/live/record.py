"""What was found of leads, written at once: ledger, standing, move, hand-off, notices, and the mark that goes.

A lead of which something was told after it was read is passed over; it stays due, and the next round sees it all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import BigInteger, BindParameter, bindparam, select, text

from features.settings import Lifecycle
from serving.lifecycle.moves import CRM, POLICY
from serving.live.consequences import drop
from serving.live.finding import Finding
from serving.live.hand_offs import end, offer
from serving.live.marks import unmark
from serving.live.moving import make_move
from serving.live.notices import Notice, notify
from serving.store.ledger import Entry, add_scores
from serving.store.live_schema import due
from serving.store.schema import leads, standings
from serving.store.writer import Write

#: what the ledger's row decides
SCORE = ("ledger_id", "as_of", "probability", "score", "fit", "engagement", "stage", "log_odds", "lift", "reasons")
#: what else a standing shows, which may change where a score is no news
AROUND = (
    *("stage_since", "band", "trend", "action", "action_text"),
    *("name", "company", "role", "source", "owner", "searched"),
)


def _upsert(names: Sequence[str]) -> str:
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    return f"INSERT INTO standings ({columns}) VALUES ({values}) ON CONFLICT (lead_id) DO UPDATE SET {changes}"  # noqa: S608  # our own names


SHOW = text(_upsert(("lead_id", *SCORE, *AROUND)) + ", previous_score = standings.score")
SHOW_AROUND = text(f"UPDATE standings SET {', '.join(f'{n} = :{n}' for n in AROUND)} WHERE lead_id = :lead_id")  # noqa: S608  # our own names

IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
NEWER = select(due.c.lead_id).where(due.c.lead_id.in_(IDS), due.c.seq > bindparam("seen", type_=BigInteger))
THERE = (
    select(leads.c.lead_id, standings.c.ledger_id)
    .join_from(leads, standings, leads.c.lead_id == standings.c.lead_id, isouter=True)
    .where(leads.c.lead_id.in_(IDS), leads.c.merged_into.is_(None))
)


@dataclass(frozen=True, kw_only=True)
class Round:
    """What is to be written of leads that were read at one moment of the store: plain data."""

    seen_seq: int
    members: Mapping[str, Sequence[str]]  #: all ids of each lead, by the one that stays
    ended: Mapping[str, str]  #: why nobody is to be shown a score of these
    found: Sequence[Finding]
    shown: Mapping[str, int]  #: the ledger's row that each had shown, where it had one


@dataclass(kw_only=True)
class Recorded:
    """What a round came to."""

    done: set[str] = field(default_factory=set)  #: leads that are up to date now
    passed_over: set[str] = field(default_factory=set)  #: changed while they were scored
    scored: int = 0
    moved: int = 0
    banded: int = 0  #: leads whose band changed
    offered: int = 0


def record(write: Write, seen: Round, policy: Lifecycle) -> Recorded:
    """Write what a round found; `policy` says by when sales has to answer."""
    result = Recorded(passed_over=_overtaken(write, seen))
    for lead_id, reason in seen.ended.items():
        if lead_id not in result.passed_over:
            drop(write, lead_id, reason=reason, by=CRM)
            result.done.add(lead_id)
    current = [one for one in seen.found if one.lead_id not in result.passed_over]
    _write_down(write, current, seen.seen_seq, policy, result)
    result.done.update(one.lead_id for one in current)
    unmark(write, [member for root in result.done for member in seen.members[root]], seen_seq=seen.seen_seq)
    return result


def _overtaken(write: Write, seen: Round) -> set[str]:
    """Leads of which something was told since they were read, that somebody else scored, or that are gone."""
    members = {member: root for root, own in seen.members.items() for member in own}
    told = write.connection.execute(NEWER, {"ids": list(members), "seen": seen.seen_seq}).scalars()
    rows = write.connection.execute(THERE, {"ids": list(seen.members)})
    now = {row.lead_id: row.ledger_id for row in rows}
    then = {root: seen.shown.get(root) for root in seen.members}
    return {members[i] for i in told} | {root for root in then if root not in now or now[root] != then[root]}


def _write_down(write: Write, found: Sequence[Finding], seen_seq: int, policy: Lifecycle, result: Recorded) -> None:
    ledger_ids = _add(write, [one.entry for one in found if one.entry is not None], seen_seq)
    for one in found:
        _act(write, one, ledger_ids.get(one.lead_id), policy, result)
        _tell_band(write, one, result)
    shown = [{**one.standing, "ledger_id": ledger_ids[one.lead_id]} for one in found if one.entry is not None]
    around = [dict(one.standing) for one in found if one.entry is None]
    for statement, rows in ((SHOW, shown), (SHOW_AROUND, around)):
        if rows:
            write.connection.execute(statement, rows)
    result.scored += len(found)


def _add(write: Write, entries: Sequence[Entry], seen_seq: int) -> dict[str, int]:
    """The ledger's new rows by lead."""
    seen = [entry if entry.seen_seq == seen_seq else replace(entry, seen_seq=seen_seq) for entry in entries]
    return dict(zip((entry.lead_id for entry in seen), add_scores(write, seen), strict=True))


def _act(write: Write, one: Finding, ledger_id: int | None, policy: Lifecycle, result: Recorded) -> None:
    """Make the move and the offer that the policy decides, or end the offer."""
    if one.move is not None:
        make_move(write, replace(one.move, because={**one.move.because, "ledger_id": ledger_id}))
        result.moved += 1
    if one.offered is not None:
        known: dict[str, Any] = {"by": POLICY, "ledger_id": ledger_id, "owner": one.standing["owner"]}
        offer(write, one.lead_id, at=write.now, band=one.offered, policy=policy, **known)
        result.offered += 1
    elif one.withdrawn is not None:
        end(write, one.lead_id, at=write.now, ending="withdrawn", by=POLICY, reason=one.withdrawn)


def _tell_band(write: Write, one: Finding, result: Recorded) -> None:
    """Give notice of a band that changed."""
    if one.band_before is None:
        return
    data = {"previous": one.band_before, "band": one.standing["band"], "score": one.score}
    notify(write, Notice(kind="band.changed", lead_id=one.lead_id, at=write.now, data=data))
    result.banded += 1
