"""Which leads are due: something was told of them that their score has not seen yet.

The mark is written in the transaction of the fact, so a crash in between loses neither. It goes when
a score has seen it (`serving.live.engine`).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import orjson
from sqlalchemy import BigInteger, BindParameter, Connection, Integer, bindparam, delete, select, text

from serving.store.live_schema import due
from serving.store.writer import Write

#: one statement for any number of leads; "WHERE true" tells SQLite's parser that no join condition follows
MARK = {
    "sqlite": text(
        "INSERT INTO due (lead_id, seq, since) SELECT value, :seq, :now FROM json_each(:ids) WHERE true "
        "ON CONFLICT (lead_id) DO UPDATE SET seq = excluded.seq"
    ),
    "postgresql": text(
        "INSERT INTO due (lead_id, seq, since) SELECT value, CAST(:seq AS bigint), CAST(:now AS bigint) "
        "FROM json_array_elements_text(CAST(:ids AS json)) ON CONFLICT (lead_id) DO UPDATE SET seq = excluded.seq"
    ),
}

IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
UNMARK = delete(due).where(due.c.lead_id.in_(IDS), due.c.seq <= bindparam("seen", type_=BigInteger))
WAITING = select(due.c.lead_id, due.c.seq).order_by(due.c.since, due.c.lead_id).limit(bindparam("most", type_=Integer))


def mark_due(write: Write, lead_ids: Iterable[str]) -> None:
    """Have these leads scored again; called wherever a fact of a lead is written."""
    ids = sorted(set(lead_ids))
    if ids:
        marks = {"ids": orjson.dumps(ids).decode(), "seq": write.seq, "now": write.now}
        write.connection.execute(MARK[write.connection.dialect.name], marks)


def unmark(write: Write, lead_ids: Sequence[str], *, seen_seq: int) -> None:
    """Take away the marks of leads whose score has seen all writes up to this one."""
    write.connection.execute(UNMARK, {"ids": lead_ids, "seen": seen_seq})


def waiting(connection: Connection, *, limit: int, leave: Mapping[str, int]) -> dict[str, int]:
    """Leads that are due with the write that made them so, those that wait longest first; without those to `leave`."""
    rows = connection.execute(WAITING, {"most": limit + len(leave)})
    found = ((lead_id, seq) for lead_id, seq in rows if leave.get(lead_id) != seq)
    return dict(islice(found, limit))
