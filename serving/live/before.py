"""How leads stood before they were scored again: their standing, its ledger row, and the score of a week ago."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from features.clock import DAY
from serving.store.schema import ledger, standings

TREND_DAYS = 7  #: what a trend looks back


@dataclass(frozen=True, kw_only=True)
class Before:
    """One lead's standing with what it was made from."""

    ledger_id: int
    as_of: int
    seen_seq: int
    inputs: str
    bundle: str
    score: int
    fit: str
    engagement: str
    stage: str
    band: str | None


def befores_of(connection: Connection, lead_ids: Sequence[str]) -> dict[str, Before]:
    """The leads that have a standing."""
    shown = select(
        standings.c.lead_id,
        *(standings.c[name] for name in ("ledger_id", "score", "fit", "engagement", "stage", "band")),
        *(ledger.c[name] for name in ("as_of", "seen_seq", "inputs", "bundle")),
    ).join_from(standings, ledger, standings.c.ledger_id == ledger.c.id)
    found = {}
    for row in connection.execute(shown.where(standings.c.lead_id.in_(lead_ids))):
        fields = dict(row._mapping)  # SQLAlchemy's documented name
        lead_id = fields.pop("lead_id")
        found[lead_id] = Before(**fields)
    return found


def scores_a_week_ago(connection: Connection, lead_ids: Sequence[str], now: int) -> dict[str, int]:
    """The last score of each lead that is at least a week old."""
    old = ledger.c.lead_id.in_(lead_ids) & (ledger.c.as_of <= now - TREND_DAYS * DAY)
    last = select(ledger.c.lead_id, func.max(ledger.c.as_of).label("as_of")).where(old).group_by(ledger.c.lead_id)
    latest = last.subquery()
    same = (ledger.c.lead_id == latest.c.lead_id) & (ledger.c.as_of == latest.c.as_of)
    asked = select(ledger.c.lead_id, ledger.c.score).join_from(latest, ledger, same).order_by(ledger.c.id)
    return {row.lead_id: row.score for row in connection.execute(asked)}
