"""Everything the store holds of leads and of those merged into them: a query a table, for one or for many.

What of it was known at a moment is decided in `serving.store.facts`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Table, bindparam, select

from features.lead import Event
from serving.store.family import Family
from serving.store.schema import attribute_changes, consents, events, stage_moves

ASKED = 900  #: ids in one query

#: the columns that are read; of tables without a name here, all
COLUMNS: dict[Table, Sequence[Any]] = {
    events: [events.c[n] for n in ("lead_id", *Event._fields, "reason", "note", "event_id")],
}
TABLES = (attribute_changes, consents, events, stage_moves)


@dataclass(frozen=True, kw_only=True)
class Known:
    """The rows of one family, each table's last one last by when it happened, or of fields by when it was known."""

    family: Family
    rows: dict[Table, list[Any]] = field(default_factory=lambda: {table: [] for table in TABLES})

    def latest(self, now: int, until: int) -> int:
        """The latest moment that anything of it names, from `now` to `until`: a sender's clock may be ahead."""
        told = [now]
        for row in self.rows[events]:
            told += (row[2], row[3])
        for table in (consents, stage_moves):
            for row in self.rows[table]:
                told += (row.happened_at, row.known_at)
        told += [row.known_at for row in self.rows[attribute_changes] if row.known_at <= until]
        return max(told)


def known_of(
    connection: Connection,
    families: Iterable[Family],
    *,
    until: int,
    seq: int | None = None,
    tables: Sequence[Table] = TABLES,
) -> dict[str, Known]:
    """What is known of these families by the lead that stays; facts from after `until` are left out, fields are not."""
    found = {family.root: Known(family=family) for family in families}
    home = {member: known for known in found.values() for member in known.family.members}
    members = list(home)
    for start in range(0, len(members), ASKED):
        part = members[start : start + ASKED]
        for table in tables:
            for row in _rows(connection, table, part, until, seq):
                home[row.lead_id].rows[table].append(row)
    for known in found.values():
        if known.family.others:  # its members may have been read apart
            for table, rows in known.rows.items():
                rows.sort(key=attrgetter(*order_of(table)))
    return found


def _rows(connection: Connection, table: Table, members: Sequence[str], until: int, seq: int | None) -> Iterable[Any]:
    return connection.execute(_ASKED[table, seq is not None], {"members": members, "until": until, "seq": seq}).all()


def order_of(table: Table) -> tuple[str, ...]:
    """The columns that rows of a table are ordered by."""
    if table is attribute_changes:
        return ("known_at", "id")
    return ("happened_at", "known_at", "event_id" if table is events else "id")


def _asking(table: Table, *, upto: bool) -> "Select[Any]":
    """Made once: to put a statement together takes SQLAlchemy longer than SQLite takes to answer it."""
    asked = select(*COLUMNS.get(table, [table])).where(table.c.lead_id.in_(bindparam("members", expanding=True)))
    if "happened_at" in table.c:
        until = bindparam("until", type_=BigInteger)
        asked = asked.where(table.c.happened_at <= until, table.c.known_at <= until)
    if upto:
        asked = asked.where(table.c.seq <= bindparam("seq", type_=BigInteger))
    return asked.order_by(*(table.c[name] for name in order_of(table)))


_ASKED = {(table, upto): _asking(table, upto=upto) for table in TABLES for upto in (False, True)}
