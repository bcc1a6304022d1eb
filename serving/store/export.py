"""The store as an export: what `ripeness train --from-service` learns from and whole-base scoring reads.

Leads come in blocks of neighbouring ids, each with its events, changes and outcomes, so a large
store never has to be in memory at once. Every attribute has its history here, so nothing counts as
known before it was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pandas as pd
from sqlalchemy import ColumnElement, Connection, Row, Table, and_, false, select

from features.clock import NEVER
from features.encode import Reading
from features.read_events import canonical
from features.settings import Settings
from features.tables import CHANGE_COLUMNS, EVENT_COLUMNS, LEAD_COLUMNS, OUTCOME_COLUMNS, OUTCOME_KINDS, Export
from serving.store.family import Merged
from serving.store.schema import attribute_changes, events, leads, merges

BLOCK = 20_000  #: leads
ASKED = 900  #: ids in one query


def export_of(connection: Connection, settings: Settings, *, until: int) -> Export:
    """All leads with what had happened and was known by `until`."""
    return _Reader(connection, settings, until).export(_heads(connection, after=None, limit=None))


def export_blocks(
    connection: Connection, settings: Settings, *, until: int, block: int = BLOCK, after: str | None = None
) -> Iterator[Export]:
    """The same, block by block in the order of lead_id; `after` is the lead_id to go on behind."""
    reader = _Reader(connection, settings, until)
    while heads := _heads(connection, after=after, limit=block):
        yield reader.export(heads)
        after = heads[-1].lead_id


def _heads(connection: Connection, *, after: str | None, limit: int | None) -> "Sequence[Row[Any]]":
    """Leads that are not part of another, in the order of their ids."""
    asked = select(leads).where(leads.c.merged_into.is_(None)).order_by(leads.c.lead_id)
    if after is not None:
        asked = asked.where(leads.c.lead_id > after)
    return connection.execute(asked if limit is None else asked.limit(limit)).all()


@dataclass(frozen=True, kw_only=True)
class _Block:
    """Which leads are read together, at which position each of their facts belongs, and from when it is known."""

    heads: "Sequence[Row[Any]]"
    position: Mapping[str, int]
    merged: Mapping[str, Merged]

    def known_at(self, row: "Row[Any]") -> int:
        """From when a fact counts as known of the lead that stays."""
        merged = self.merged.get(row.lead_id)
        known_at: int = row.known_at
        return known_at if merged is None else max(known_at, merged.at)

    def counts(self, row: "Row[Any]") -> bool:
        """Whether a field's value counts: of a merged lead only if it was told after the merge."""
        merged = self.merged.get(row.lead_id)
        return merged is None or row.seq > merged.seq


@dataclass(frozen=True)
class _Reader:
    connection: Connection
    settings: Settings
    until: int

    def export(self, heads: "Sequence[Row[Any]]") -> Export:
        """These leads as an export."""
        block = self._block(heads)
        changes = [r for r in self._facts(attribute_changes, block) if not r.own and block.counts(r)]
        names = self._attributes(changes)
        facts = list(self._facts(events, block))
        kinds = {kind: canonical(self.settings, kind) for kind in {row.kind for row in facts}}
        ends = {kind for kind, meant in kinds.items() if meant in OUTCOME_KINDS}
        return Export(
            leads=self._leads(block, changes, names),
            events=_events(block, [row for row in facts if row.kind not in ends], kinds),
            changes=self._changes(block, [row for row in changes if row.field in names]),
            outcomes=_outcomes(block, [row for row in facts if row.kind in ends], kinds),
            data_end=self.until,
            tracked=frozenset(names),
            rows_read={"leads": len(heads), "events": len(facts), "attribute_changes": len(changes)},
        )

    def _block(self, heads: "Sequence[Row[Any]]") -> _Block:
        position = {row.lead_id: i for i, row in enumerate(heads)}
        asked = select(merges).where(_between(merges.c.into_id, heads))
        rows = [row for row in self.connection.execute(asked) if row.into_id in position]
        return _Block(
            heads=heads,
            position=position | {row.lead_id: position[row.into_id] for row in rows},
            merged={row.lead_id: Merged(row.seq, row.at) for row in rows},
        )

    def _facts(self, table: Table, block: _Block) -> "Iterator[Row[Any]]":
        """Rows of the block's leads that were known by `until`, in the order in which they were known."""
        known = table.c.known_at <= self.until
        if "happened_at" in table.c:
            known &= table.c.happened_at <= self.until
        apart = [lead_id for lead_id in block.merged if not _inside(block.heads, lead_id)]
        parts = [apart[i : i + ASKED] for i in range(0, len(apart), ASKED)]
        last = (table.c.seq, table.c.event_id, table.c.source) if table is events else (table.c.id,)
        for where in (_between(table.c.lead_id, block.heads), *(table.c.lead_id.in_(part) for part in parts)):
            asked = select(table).where(where, known).order_by(table.c.known_at, *last)
            for row in self.connection.execute(asked):
                if row.lead_id in block.position:
                    yield row

    def _attributes(self, changes: "Iterable[Row[Any]]") -> list[str]:
        out = {*LEAD_COLUMNS, *self.settings.data.leads.ignore}
        return sorted({row.field for row in changes} - out)

    def _leads(self, block: _Block, changes: "Iterable[Row[Any]]", names: Sequence[str]) -> pd.DataFrame:
        """One row per lead; its attributes as known last."""
        created = _created(self.connection, block)
        nothing = np.full(len(block.heads), np.nan)
        columns: dict[str, Any] = {
            "lead_id": _objects(row.lead_id for row in block.heads),
            "created_at": created,
            "account_id": _objects(row.account_id for row in block.heads),
            "owner": _objects(row.owner for row in block.heads),
            "age_from": created.copy(),
            "order": nothing,
            "label": nothing.copy(),
        }
        last: dict[str, list[object]] = {name: [None] * len(block.heads) for name in names}
        for row in sorted(changes, key=block.known_at):
            if row.field in last:
                last[row.field][block.position[row.lead_id]] = self._value(row)
        return _frame(columns | {name: _objects(values) for name, values in last.items()})

    def _changes(self, block: _Block, rows: "Sequence[Row[Any]]") -> pd.DataFrame:
        rows = sorted(rows, key=block.known_at)
        columns = {
            "lead": _ints(block.position[row.lead_id] for row in rows),
            "field": _objects(row.field for row in rows),
            "value": _objects(self._value(row) for row in rows),
            "old_value": _objects(None for _ in rows),
            "known_at": _ints(block.known_at(row) for row in rows),
        }
        return _frame({name: columns[name] for name in CHANGE_COLUMNS})

    def _value(self, row: "Row[Any]") -> object:
        """A value as an export has it: without missing words, whole numbers as floats."""
        data = self.settings.data
        value = Reading.of(row.field, data.missing_words, data.keep_na).clean(orjson.loads(row.value))
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _events(block: _Block, rows: "Sequence[Row[Any]]", kinds: Mapping[str, str]) -> pd.DataFrame:
    """What leads did, by the names that their kinds take."""
    columns: dict[str, Any] = {
        "lead": _ints(block.position[row.lead_id] for row in rows),
        "kind": _objects(kinds[row.kind] for row in rows),
        "happened_at": _ints(row.happened_at for row in rows),
        "known_at": _ints(block.known_at(row) for row in rows),
        "value": np.array([np.nan if row.value is None else row.value for row in rows], dtype=np.float64),
    }
    texts = {name: _objects(getattr(row, name) for row in rows) for name in EVENT_COLUMNS[5:]}
    return _frame(columns | texts)


def _outcomes(block: _Block, rows: "Sequence[Row[Any]]", kinds: Mapping[str, str]) -> pd.DataFrame:
    """How leads ended and what sales said; an event that means so has its reason as its topic, as in a file."""
    columns = {
        "lead": _ints(block.position[row.lead_id] for row in rows),
        "kind": _objects(kinds[row.kind] for row in rows),
        "happened_at": _ints(row.happened_at for row in rows),
        "known_at": _ints(block.known_at(row) for row in rows),
        "reason": _objects(row.reason or row.topic for row in rows),
    }
    table = _frame({name: columns[name] for name in OUTCOME_COLUMNS})
    return table.drop_duplicates(["lead", "kind", "happened_at"], ignore_index=True)


def _created(connection: Connection, block: _Block) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """The earliest creation of each lead and of those merged into it."""
    told: dict[int, int] = {i: row.created_at for i, row in enumerate(block.heads) if row.created_at is not None}
    members = list(block.merged)
    for start in range(0, len(members), ASKED):
        part = leads.c.lead_id.in_(members[start : start + ASKED])
        for lead_id, at in connection.execute(select(leads.c.lead_id, leads.c.created_at).where(part)):
            if at is not None:
                position = block.position[lead_id]
                told[position] = min(at, told.get(position, at))
    return _ints(told.get(i, NEVER) for i in range(len(block.heads)))


def _between(column: "ColumnElement[Any]", heads: "Sequence[Row[Any]]") -> "ColumnElement[bool]":
    """Within the block's ids; not by BETWEEN, where PostgreSQL takes no collation."""
    return and_(column >= heads[0].lead_id, column <= heads[-1].lead_id) if heads else false()


def _inside(heads: "Sequence[Row[Any]]", lead_id: str) -> bool:
    """Whether a range query over the block's ids meets this id; code points order alike in UTF-8 and here."""
    return bool(heads) and heads[0].lead_id <= lead_id <= heads[-1].lead_id


def _ints(values: Iterable[int]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.fromiter(values, dtype=np.int64)


def _objects(values: Iterable[object]) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    listed = list(values)
    found = np.empty(len(listed), dtype=object)
    found[:] = listed
    return found


def _frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Columns of exactly these types; pandas would turn texts into its own."""
    return pd.DataFrame({n: pd.Series(v, dtype=v.dtype, copy=False) for n, v in columns.items()}, copy=False)
