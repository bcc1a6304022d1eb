"""Who was deleted: marks that can be compared with a lead_id but not read.

A mark is a keyed hash, for a lead_id may be an e-mail address, which a plain hash would give away
to anyone who can guess it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection

from sqlalchemy import Connection, insert, select

from serving.store.errors import LeadDeleted
from serving.store.schema import about, tombstones
from serving.store.writer import Write

KEY = "tombstone_key"


def deleted(connection: Connection, lead_ids: Collection[str]) -> frozenset[str]:
    """Those of the leads that were deleted."""
    key = _key(connection)
    if key is None or not lead_ids:
        return frozenset()
    marks = {mark_of(key, lead_id): lead_id for lead_id in lead_ids}
    found = connection.execute(select(tombstones.c.mark).where(tombstones.c.mark.in_(marks)))
    return frozenset(marks[mark] for mark in found.scalars())


def refusal() -> LeadDeleted:
    """What is said about a deleted lead; the lead is not named, for nothing is kept of it."""
    return LeadDeleted("the lead was deleted with all that was known of it; use another lead_id if it came back")


def bury(write: Write, lead_id: str) -> str:
    """Add the tombstone of a lead, and give its mark."""
    key = _key(write.connection)
    if key is None:
        key = secrets.token_hex(32)
        write.connection.execute(insert(about), {"name": KEY, "value": key})
    mark = mark_of(key, lead_id)
    write.connection.execute(insert(tombstones), {"mark": mark, "seq": write.seq, "at": write.now})
    return mark


def mark_of(key: str, lead_id: str) -> str:
    """The mark of a lead in the store that has this key."""
    return hmac.new(bytes.fromhex(key), lead_id.encode(), hashlib.sha256).hexdigest()


def _key(connection: Connection) -> str | None:
    key: str | None = connection.execute(select(about.c.value).where(about.c.name == KEY)).scalar()
    return key
