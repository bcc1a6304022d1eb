"""Deleting a lead with everything known of it, the ledger included.

What is left: its tombstones, and the audit with tombstones in place of its lead_id. SQLite
overwrites the rows; PostgreSQL frees them at its next vacuum.
"""

from sqlalchemy import delete, update

from serving.store.family import family_of
from serving.store.schema import metadata, writes
from serving.store.tombstones import bury
from serving.store.writer import Write

KEPT = ("writes", "tombstones")  #: tables that go on to know of the lead, by its mark alone


def erase(write: Write, lead_id: str) -> int:
    """Delete a lead and all that were merged with it; how many rows that were.

    Raises:
        UnknownLead, LeadDeleted: it is not there.
    """
    members = family_of(write.connection, lead_id).members
    rows = 0
    for table in metadata.sorted_tables:
        if table.name not in KEPT and "lead_id" in table.c:
            rows += write.connection.execute(delete(table).where(table.c.lead_id.in_(members))).rowcount
    for member in members:
        mark = bury(write, member)
        write.connection.execute(update(writes).where(writes.c.lead_id == member).values(lead_id=mark))
    return rows
