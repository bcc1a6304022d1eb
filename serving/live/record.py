"""What was found of leads, written at once: ledger, standing, move, hand-off, notices, and the mark that goes.

A lead of which something was told after it was read is passed over; it stays due, and the next round sees it all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import BigInteger, BindParameter, bindparam, select, text

from features.stages import Stage
from serving.lifecycle.handoff import Band
from serving.lifecycle.moves import CRM, POLICY, move_of
from serving.live.assess import Assessed
from serving.live.before import Before
from serving.live.case import Living
from serving.live.changes import band_now, is_news
from serving.live.consequences import drop
from serving.live.hand_offs import end, offer
from serving.live.marks import unmark
from serving.live.moving import make_move
from serving.live.names import named
from serving.live.notices import Notice, notify
from serving.store.ledger import Entry, add_scores, inputs_digest
from serving.store.live_schema import due
from serving.store.schema import leads, standings
from serving.store.writer import Write

SHOWN = (
    *("ledger_id", "as_of", "probability", "score", "fit", "engagement", "stage", "stage_since", "log_odds", "lift"),
    *("band", "trend", "action", "action_text", "reasons", "name", "company", "role", "source", "owner"),
)
#: of a score that is no news: what the ledger's row did not decide
AROUND = ("stage_since", "band", "trend", "action", "action_text", "name", "company", "role", "source", "owner")


def _upsert(names: Sequence[str]) -> str:
    columns, values = ", ".join(("lead_id", *SHOWN)), ", ".join(f":{name}" for name in ("lead_id", *SHOWN))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    return f"INSERT INTO standings ({columns}) VALUES ({values}) ON CONFLICT (lead_id) DO UPDATE SET {changes}"  # noqa: S608  # our own names


SHOW = text(_upsert(SHOWN) + ", previous_score = standings.score")
SHOW_AROUND = text(_upsert(AROUND))

IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
NEWER = select(due.c.lead_id).where(due.c.lead_id.in_(IDS), due.c.seq > bindparam("seen", type_=BigInteger))
THERE = (
    select(leads.c.lead_id, standings.c.ledger_id)
    .join_from(leads, standings, leads.c.lead_id == standings.c.lead_id, isouter=True)
    .where(leads.c.lead_id.in_(IDS), leads.c.merged_into.is_(None))
)


@dataclass(frozen=True, kw_only=True)
class Round:
    """Leads as they were read at one moment of the store, with their scores."""

    seen_seq: int
    members: Mapping[str, Sequence[str]]  #: all ids of each lead, by the one that stays
    ended: Mapping[str, Living]  #: those that nobody is to be shown a score of
    found: Sequence[Assessed]
    before: Mapping[str, Before]
    week_ago: Mapping[str, int]


@dataclass(kw_only=True)
class Recorded:
    """What a round came to."""

    done: set[str] = field(default_factory=set)  #: leads that are up to date now
    passed_over: set[str] = field(default_factory=set)  #: changed while they were scored
    scored: int = 0
    moved: int = 0
    banded: int = 0  #: leads whose band changed
    offered: int = 0


def record(write: Write, seen: Round) -> Recorded:
    """Write what a round found."""
    result = Recorded(passed_over=_overtaken(write, seen))
    for lead_id, living in seen.ended.items():
        if lead_id not in result.passed_over:
            closed = living.place.closed
            reason = "objected" if living.place.objects_to_profiling else closed.kind if closed else "customer"
            drop(write, lead_id, reason=reason, by=CRM)
            result.done.add(lead_id)
    current = [one for one in seen.found if one.lead_id not in result.passed_over]
    _write_down(write, seen, current, result)
    result.done.update(one.lead_id for one in current)
    unmark(write, [member for root in result.done for member in seen.members[root]], seen_seq=seen.seen_seq)
    return result


def _overtaken(write: Write, seen: Round) -> set[str]:
    """Leads of which something was told since they were read, that somebody else scored, or that are gone."""
    members = {member: root for root, own in seen.members.items() for member in own}
    told = write.connection.execute(NEWER, {"ids": list(members), "seen": seen.seen_seq}).scalars()
    rows = write.connection.execute(THERE, {"ids": list(seen.members)})
    now = {row.lead_id: row.ledger_id for row in rows}
    then = {root: None if root not in seen.before else seen.before[root].ledger_id for root in seen.members}
    return {members[i] for i in told} | {root for root in then if root not in now or now[root] != then[root]}


def _write_down(write: Write, seen: Round, found: Sequence[Assessed], result: Recorded) -> None:
    before = {one.lead_id: seen.before.get(one.lead_id) for one in found}
    news = [one for one in found if is_news(before[one.lead_id], one, acts=_acts(one))]
    ids = add_scores(write, [_entry(write, one, seen.seen_seq) for one in news])
    ledger_ids = dict(zip((one.lead_id for one in news), ids, strict=True))
    shown: list[dict[str, Any]] = []
    for one in found:
        ledger_id = ledger_ids.get(one.lead_id)
        stage_since = _act(write, one, ledger_id, result)
        row = _standing(one, seen, stage_since)
        _tell_band(write, one, before[one.lead_id], row["band"], result)
        shown.append(row | {"ledger_id": ledger_id})
    for statement, rows in (
        (SHOW, [row for row in shown if row["ledger_id"] is not None]),
        (SHOW_AROUND, [row | {"ledger_id": 0} for row in shown if row["ledger_id"] is None]),
    ):
        if rows:
            write.connection.execute(statement, rows)
    result.scored += len(found)


def _acts(one: Assessed) -> bool:
    """Whether the policy does something by this score."""
    return one.decision.moves_to is not one.decision.current or _offers(one) or _withdraws(one)


def _offers(one: Assessed) -> bool:
    """Whether sales is to hear of the lead, or that it has asked for them itself since it was offered."""
    return one.decision.offers and (not one.case.offered or one.band is Band.ASKED)


def _withdraws(one: Assessed) -> bool:
    return one.case.offered and one.decision.recommended.rank < Stage.SALES_QUALIFIED.rank


def _entry(write: Write, one: Assessed, seen_seq: int) -> Entry:
    bundle = one.predictor.bundle
    lead, as_of = one.living.case.lead, one.case.as_of
    return Entry(
        lead_id=one.lead_id,
        as_of=as_of,
        scored_at=write.now,
        seen_seq=seen_seq,
        log_odds=one.explained.log_odds,
        base_value=one.explained.base_value,
        probability=one.probability,
        score=one.score,
        fit=one.fit,
        engagement=one.engagement,
        contributions=one.contributions,
        inputs=inputs_digest(lead, as_of),
        bundle=bundle.digest,
        version=one.predictor.version,
        view=bundle.view.fingerprint,
        stage=one.decision.moves_to.value,
    )


def _act(write: Write, one: Assessed, ledger_id: int | None, result: Recorded) -> int | None:
    """Make the move and the offer that the policy decides, or end the offer; since when the lead is in its stage."""
    decision, case, policy = one.decision, one.case, one.predictor.settings.lifecycle
    since = case.facts.stage_since
    move = move_of(decision, one.lead_id, at=min(write.now, case.as_of))
    if move is not None:
        since = max(move.happened_at, since or 0)
        make_move(write, replace(move, happened_at=since, because={**move.because, "ledger_id": ledger_id}))
        result.moved += 1
    if _offers(one):
        owner = one.living.place.owner
        offer(
            write, one.lead_id, at=write.now, band=one.band, policy=policy, by=POLICY, ledger_id=ledger_id, owner=owner
        )
        result.offered += 1
    elif _withdraws(one):
        codes = [ground.code.value for ground in decision.because]
        end(write, one.lead_id, at=write.now, ending="withdrawn", by=POLICY, reason=codes[0])
    return since


def _standing(one: Assessed, seen: Round, stage_since: int | None) -> dict[str, Any]:
    """The row of `standings`, its ledger_id aside."""
    who = named(one.case.lead.attributes)
    before, ago = seen.before.get(one.lead_id), seen.week_ago.get(one.lead_id)
    policy = one.predictor.settings.lifecycle
    return {
        "lead_id": one.lead_id,
        "as_of": one.case.as_of,
        "probability": one.probability,
        "score": one.score,
        "fit": one.fit,
        "engagement": one.engagement,
        "stage": one.decision.moves_to.value,
        "stage_since": stage_since,
        "log_odds": one.explained.log_odds,
        "lift": one.lift,
        "band": band_now(one.score, policy, None if before is None else before.band).value,
        "trend": None if ago is None else one.score - ago,
        "action": one.decision.made.action.value,
        "action_text": one.action_json(),
        "reasons": one.reasons_json(),
        "name": who.name,
        "company": who.company,
        "role": who.role,
        "source": who.source,
        "owner": one.living.place.owner,
    }


def _tell_band(write: Write, one: Assessed, before: Before | None, band: str, result: Recorded) -> None:
    """Give notice of a band that changed; the first one is no change."""
    if before is None or before.band in (None, band):
        return
    data = {"previous": before.band, "band": band, "score": one.score}
    notify(write, Notice(kind="band.changed", lead_id=one.lead_id, at=write.now, data=data))
    result.banded += 1
