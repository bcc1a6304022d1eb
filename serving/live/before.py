"""How leads stood before they were scored again: their standing, its ledger row, and the score of a week ago."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, BindParameter, Connection, Select, bindparam, func, select

from features.clock import DAY
from serving.store.schema import ledger, standings

TREND_DAYS = 7  #: what a trend looks back


IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
SHOWN = (
    select(
        standings.c.lead_id,
        *(standings.c[name] for name in ("ledger_id", "score", "fit", "engagement", "stage", "band")),
        *(ledger.c[name] for name in ("as_of", "seen_seq", "inputs", "bundle")),
    )
    .join_from(standings, ledger, standings.c.ledger_id == ledger.c.id)
    .where(standings.c.lead_id.in_(IDS))
)


def _old() -> "Select[tuple[str, int]]":
    """The last score of each lead up to a moment; of two of one moment the later row."""
    old = ledger.c.lead_id.in_(IDS) & (ledger.c.as_of <= bindparam("until", type_=BigInteger))
    last = select(ledger.c.lead_id, func.max(ledger.c.as_of).label("as_of")).where(old).group_by(ledger.c.lead_id)
    latest = last.subquery()
    same = (ledger.c.lead_id == latest.c.lead_id) & (ledger.c.as_of == latest.c.as_of)
    return select(ledger.c.lead_id, ledger.c.score).join_from(latest, ledger, same).order_by(ledger.c.id)


OLD = _old()


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
    found = {}
    for row in connection.execute(SHOWN, {"ids": lead_ids}):
        fields = dict(row._mapping)  # SQLAlchemy's documented name
        lead_id = fields.pop("lead_id")
        found[lead_id] = Before(**fields)
    return found


def scores_a_week_ago(connection: Connection, lead_ids: Sequence[str], now: int) -> dict[str, int]:
    """The last score of each lead that is at least a week old."""
    rows = connection.execute(OLD, {"ids": lead_ids, "until": now - TREND_DAYS * DAY})
    return {row.lead_id: row.score for row in rows}
