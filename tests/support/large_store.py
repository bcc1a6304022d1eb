"""A large store for benchmarks: copies of a simulated company's leads, written as rows, in a minute or two."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import orjson
from sqlalchemy import Connection, Table, text

from features.clock import NEVER
from features.tables import Export
from serving.store.leads import OWN
from serving.store.schema import attribute_changes, events, leads
from serving.store.store import Store
from serving.store.writer import Act, Write

AT_ONCE = 50_000  #: rows


def fill(store: Store, export: Export, *, copies: int, now: int) -> dict[str, int]:
    """Write the export so many times over, each copy's leads with ids of their own; rows by table."""
    act = Act(now=now, key_id="cli", action="fill")
    counts = {}
    for table, names, rows in (
        (leads, ("lead_id", "seq", "created_at", "account_id", "owner"), _leads(export)),
        (attribute_changes, ("seq", "lead_id", "own", "field", "value", "known_at"), _values(export)),
        (events, tuple(column.name for column in events.columns), _events(export)),
    ):
        own = list(rows)
        counts[table.name] = len(own) * copies
        for copy in range(copies):
            store.write(lambda write, t=table, n=names, r=own, c=copy: _bulk(write, t, n, _copied(t, r, c)), act)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return counts


def _copied(table: Table, rows: Sequence[tuple], copy: int) -> Iterator[tuple]:
    """The rows with the ids of one copy; placeholders are 'seq' 0 and ids without their number."""
    if table is events:
        return ((source, f"{i}-{copy}", seq, f"{lead}-{copy}", *rest) for source, i, seq, lead, *rest in rows)
    if table is attribute_changes:
        return ((seq, f"{lead}-{copy}", *rest) for seq, lead, *rest in rows)
    return ((f"{lead}-{copy}", *rest) for lead, *rest in rows)


def _bulk(write: Write, table: Table, names: Sequence[str], rows: Iterable[tuple]) -> None:
    rows = list(rows)
    if write.connection.dialect.name == "postgresql":
        _copy_in(write.connection, table, names, rows)
        return
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608  # our own names
    for start in range(0, len(rows), AT_ONCE):
        write.connection.exec_driver_sql(statement, rows[start : start + AT_ONCE])


def _copy_in(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple]) -> None:
    raw = connection.connection.dbapi_connection
    with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _leads(export: Export) -> Iterator[tuple]:
    for row in export.leads[["lead_id", *OWN]].itertuples(index=False):
        words = (value if isinstance(value, str) else None for value in (row.account_id, row.owner))
        yield row.lead_id, 1, None if row.created_at == NEVER else row.created_at, *words


def _values(export: Export) -> Iterator[tuple]:
    ids, created = export.leads["lead_id"].tolist(), export.leads["created_at"].tolist()
    for i, at in enumerate(created):
        yield 1, ids[i], True, "created_at", orjson.dumps(at).decode(), at
    for name in export.attributes:
        for i, value in enumerate(export.leads[name].tolist()):
            if value is not None and not (isinstance(value, float) and np.isnan(value)):
                yield 1, ids[i], False, name, orjson.dumps(value).decode(), created[i]


def _events(export: Export) -> Iterator[tuple]:
    ids = export.leads["lead_id"].tolist()
    columns = ("lead", "kind", "happened_at", "known_at", "value", "topic", "channel", "actor", "reason")
    for prefix, table in (("e", export.events), ("o", export.outcomes)):
        for i, row in enumerate(table.reindex(columns=columns).itertuples(index=False)):
            value = None if np.isnan(row.value) else float(row.value)
            words = (
                word if isinstance(word, str) else None for word in (row.topic, row.channel, row.actor, row.reason)
            )
            yield (
                *("export", f"{prefix}{i}", 1, ids[row.lead], row.kind, int(row.happened_at), int(row.known_at)),
                *(value, *words, None, ""),
            )
