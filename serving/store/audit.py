"""Who wrote what when; never what it said."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from serving.store.schema import writes


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    """One write."""

    seq: int
    at: int
    key_id: str
    action: str
    lead_id: str | None  #: a tombstone's mark where the lead was deleted
    rows: int


def audit(connection: Connection, *, after: int = 0, limit: int = 1_000) -> list[AuditRow]:
    """Writes from the one behind `after` on, in their order."""
    asked = select(writes).where(writes.c.seq > after).order_by(writes.c.seq).limit(limit)
    return [
        AuditRow(seq=r.seq, at=r.at, key_id=r.key_id, action=r.action, lead_id=r.lead_id, rows=r.rows)
        for r in connection.execute(asked)
    ]
