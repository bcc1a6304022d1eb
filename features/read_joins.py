"""Columns of other files added to the leads: accounts to opportunities, teams to sales people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import numpy as np
import pandas as pd
import pyarrow as pa

from features.columns import Text, text_of
from features.errors import BadTable
from features.read_tables import EXAMPLES, RawTable, read_table
from features.settings import Join, LeadsFile


@dataclass(frozen=True, kw_only=True)
class Joined:
    """The leads with the columns of all joined files."""

    raw: RawTable
    notes: tuple[str, ...]
    rows_read: Mapping[str, int]  #: per joined file


def with_joins(folder: Path, raw: RawTable, spec: LeadsFile) -> Joined:
    """Add the columns of every `joins` file to `raw`, row by row; keys that are nowhere give missing values.

    Raises:
        BadTable: a key column isn't there, or a joined file has a key twice.
    """
    notes, rows = [], {}
    for join in spec.joins:
        right = read_table(folder, join.file, encoding=spec.encoding)
        rows[right.name] = len(right)
        raw, note = _join(raw, right, join)
        notes += [note] if note else []
    return Joined(raw=raw, notes=tuple(notes), rows_read=rows)


def _join(raw: RawTable, right: RawTable, join: Join) -> tuple[RawTable, str | None]:
    left_keys = text_of(raw.column(join.on, "data.leads.joins.on"))
    right_keys = text_of(right.column(join.on, "data.leads.joins.on"))
    place = _places(left_keys, right_keys, right, join)
    rows = pa.array(np.maximum(place, 0), mask=place < 0)
    table = raw.table
    for name in right.names:
        if name != join.on:
            free = name if name not in raw.names else f"{PurePath(right.name).name.split('.')[0]}_{name}"
            table = table.append_column(free, right.table.column(name).take(rows))
    lost = (place < 0) & ~left_keys.missing
    note = None
    if lost.any():
        words = list(left_keys.take(lost).counts())
        shown = ", ".join(map(repr, words[:EXAMPLES]))
        note = (
            f"{int(lost.sum()):,} of {len(raw):,} rows of {raw.name} have a {join.on} that {right.name} doesn't have, "
            f"such as {shown}; its columns are missing there"
        )
    return replace(raw, table=table), note


def _places(left: Text, right: Text, table: RawTable, join: Join) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    counts = right.counts()
    twice = [word for word, n in counts.items() if n > 1]
    if twice:
        shown = ", ".join(map(repr, twice[:EXAMPLES]))
        raise BadTable(
            f"{table.name} has {len(twice):,} values of {join.on} more than once, such as {shown}; "
            "a joined file needs one row for each: leave out the others, or the join"
        )
    row_of = np.full(len(right.words) + 1, -1)
    row_of[right.codes[~right.missing]] = np.flatnonzero(~right.missing)
    found = pd.Index(right.words, dtype=object).get_indexer(pd.Index(left.words, dtype=object))
    return np.asarray(row_of[np.append(found, -1)][left.codes], dtype=np.int64)
