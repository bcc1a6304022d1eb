"""Every score that was given, so that it can be looked up, explained and worked out again.

`lead_at(connection, entry.lead_id, entry.as_of, seq=entry.seen_seq)` gives the lead as it was
scored; its `inputs_digest` equals `entry.inputs`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, insert, select, text

from features.lead import Lead
from serving.store.schema import ledger
from serving.store.searched import searched
from serving.store.writer import Write

SHOW = text("""
    INSERT INTO standings (lead_id, ledger_id, as_of, probability, score, fit, engagement, stage, searched)
    VALUES (:lead_id, :ledger_id, :as_of, :probability, :score, :fit, :engagement, :stage, :searched)
    ON CONFLICT (lead_id) DO UPDATE SET
        ledger_id = excluded.ledger_id, as_of = excluded.as_of, previous_score = standings.score,
        probability = excluded.probability, score = excluded.score, fit = excluded.fit,
        engagement = excluded.engagement, stage = excluded.stage
    WHERE excluded.as_of >= standings.as_of
""")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One score."""

    lead_id: str
    as_of: int
    scored_at: int
    seen_seq: int  #: `last_seq` of the connection that the lead was read with; `Write.seq` within a write
    log_odds: float
    base_value: float
    probability: float
    score: int
    fit: str
    engagement: str
    contributions: Mapping[str, float]  #: log-odds by group; with the base value they make the log-odds
    inputs: str  #: of `inputs_digest`
    bundle: str
    version: str
    view: str  #: fingerprint
    stage: str  #: where the lead stood after it
    entry_id: int | None = None  #: given by the store


def inputs_digest(lead: Lead, as_of: int) -> str:
    """SHA-256 of what a score was made from; the order of events and fields doesn't matter."""
    events = sorted((tuple(event) for event in lead.events), key=orjson.dumps)
    inputs = [as_of, lead.lead_id, lead.created_at, dict(lead.attributes), events]
    return hashlib.sha256(orjson.dumps(inputs, option=orjson.OPT_SORT_KEYS)).hexdigest()


def record_scores(write: Write, entries: Sequence[Entry]) -> list[int]:
    """Add scores, show each as its lead's standing unless a later one is there, and give their ids."""
    ids = add_scores(write, entries)
    if entries:
        rows = [
            _row(write, entry) | {"ledger_id": i, "searched": searched(entry.lead_id)}
            for entry, i in zip(entries, ids, strict=True)
        ]
        write.connection.execute(SHOW, rows)
    return ids


def add_scores(write: Write, entries: Sequence[Entry]) -> list[int]:
    """Add scores to the ledger alone, and give their ids."""
    if not entries:
        return []
    added = insert(ledger).returning(ledger.c.id, sort_by_parameter_order=True)
    return list(write.connection.execute(added, [_row(write, entry) for entry in entries]).scalars())


def history(connection: Connection, lead_id: str, *, limit: int = 1_000, before: int | None = None) -> list[Entry]:
    """Scores of a lead, the last given first; `before` is the `entry_id` to go on from."""
    asked = select(ledger).where(ledger.c.lead_id == lead_id)
    if before is not None:
        asked = asked.where(ledger.c.id < before)
    return [_entry(row) for row in connection.execute(asked.order_by(ledger.c.id.desc()).limit(limit))]


def entry_of(connection: Connection, entry_id: int) -> Entry | None:
    """One score by its id."""
    row = connection.execute(select(ledger).where(ledger.c.id == entry_id)).one_or_none()
    return None if row is None else _entry(row)


def _row(write: Write, entry: Entry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in Entry.__dataclass_fields__ if name != "entry_id"}
    contributions = orjson.dumps(dict(entry.contributions)).decode()
    return row | {"seq": write.seq, "contributions": contributions}


def _entry(row: "Row[Any]") -> Entry:
    stored = {name: getattr(row, name) for name in Entry.__dataclass_fields__ if name != "entry_id"}
    return Entry(**{**stored, "contributions": orjson.loads(row.contributions), "entry_id": row.id})
