"""What is to be written of a lead that was scored: plain data, made before the write begins and by any process."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from features.stages import Stage
from serving.lifecycle.handoff import Band
from serving.lifecycle.moves import Move, move_of
from serving.live.assess import Assessed
from serving.live.before import Before
from serving.live.changes import band_now, is_news
from serving.live.names import named
from serving.store.ledger import Entry, inputs_digest
from serving.store.searched import searched


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One lead; the ids of rows that are yet to be written are left out."""

    lead_id: str
    entry: Entry | None  #: of the ledger; None where the score is no news
    move: Move | None  #: that the policy makes
    offered: Band | None  #: sales is to hear of the lead
    withdrawn: str | None  #: why sales need not answer any more, if there was an offer
    score: int
    band_before: str | None  #: where the band is another one now; the first one is no change
    standing: Mapping[str, Any]  #: its row, as far as it changes


def finding_of(one: Assessed, *, now: int, seen_seq: int, before: Before | None, week_ago: int | None) -> Finding:
    """What a score of `now` comes to, of a lead that was read after write `seen_seq`."""
    offered, withdrawn = _offers(one), _withdraws(one)
    acts = one.decision.moves_to is not one.decision.current or offered or withdrawn
    news, move = is_news(before, one, acts=acts), _move(one, now)
    around = _around(one, before, week_ago, one.case.facts.stage_since if move is None else move.happened_at)
    changed = before is not None and before.band not in (None, around["band"])
    return Finding(
        lead_id=one.lead_id,
        entry=_entry(one, now, seen_seq) if news else None,
        move=move,
        offered=one.band if offered else None,
        withdrawn=one.decision.because[0].code.value if withdrawn and not offered else None,
        score=one.score,
        band_before=before.band if before is not None and changed else None,
        standing=around | _shown(one) if news else around,
    )


def _offers(one: Assessed) -> bool:
    """Whether sales is to hear of the lead, or that it has asked for them itself since it was offered."""
    return one.decision.offers and (not one.case.offered or one.band is Band.ASKED)


def _withdraws(one: Assessed) -> bool:
    return one.case.offered and one.decision.recommended.rank < Stage.SALES_QUALIFIED.rank


def _move(one: Assessed, now: int) -> Move | None:
    """The move that the policy makes, never before the lead came into the stage that it leaves."""
    move = move_of(one.decision, one.lead_id, at=min(now, one.case.as_of))
    return None if move is None else replace(move, happened_at=max(move.happened_at, one.case.facts.stage_since or 0))


def _entry(one: Assessed, now: int, seen_seq: int) -> Entry:
    bundle = one.predictor.bundle
    lead, as_of = one.living.case.lead, one.case.as_of
    return Entry(
        lead_id=one.lead_id,
        as_of=as_of,
        scored_at=now,
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


def _around(one: Assessed, before: Before | None, week_ago: int | None, stage_since: int | None) -> dict[str, Any]:
    """What a standing shows besides its score: it may change where the score is no news."""
    who = named(one.case.lead.attributes)
    policy = one.predictor.settings.lifecycle
    return {
        "lead_id": one.lead_id,
        "stage_since": stage_since,
        "band": band_now(one.score, policy, None if before is None else before.band).value,
        "trend": None if week_ago is None else one.score - week_ago,
        "action": one.decision.made.action.value,
        "action_text": one.action_json(),
        "name": who.name,
        "company": who.company,
        "role": who.role,
        "source": who.source,
        "owner": one.living.place.owner,
        "searched": searched(one.lead_id, name=who.name, company=who.company, role=who.role),
    }


def _shown(one: Assessed) -> dict[str, Any]:
    """The score in a standing, with its reasons."""
    return {
        "as_of": one.case.as_of,
        "probability": one.probability,
        "score": one.score,
        "fit": one.fit,
        "engagement": one.engagement,
        "stage": one.decision.moves_to.value,
        "log_odds": one.explained.log_odds,
        "lift": one.lift,
        "reasons": one.reasons_json(),
    }
