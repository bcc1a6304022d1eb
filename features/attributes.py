"""Attribute values as they were known at a moment.

A field with a history takes its value only from it: the last one known by `as_of`. Where the
history tells old values, the first of them counts as known at creation, and so does the export's
value of a lead whose field never changed. Without old values a field is missing before its first
change. A field without a history takes the export's value.

Of changes known at the same moment the later row of the export wins.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.tables import Export, Pairs

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Values:
    """One value per row by its position in `distinct`; -1 stands for none."""

    code: Positions
    distinct: tuple[object, ...]


@dataclass(frozen=True)
class History:
    """The changes of one field, sorted by lead and by when they were known."""

    export: Export
    field: str

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Rows of `Export.changes`."""
        table = self.export.changes
        return table[table["field"] == self.field].sort_values(["lead", "known_at"], kind="stable")

    @cached_property
    def last_known(self) -> tuple[Positions, Positions]:
        """Sorted keys of the changes, and the moments that the keys' ranks stand for."""
        moments = np.unique(self.changes["known_at"].to_numpy())
        ranks = np.searchsorted(moments, self.changes["known_at"].to_numpy())
        return self.changes["lead"].to_numpy() * (len(moments) + 1) + ranks, moments

    def place(self, pairs: Pairs) -> Positions:
        """For each pair the row of its lead's last change known by `as_of`, or -1."""
        keys, moments = self.last_known
        rank = np.searchsorted(moments, pairs.as_of, side="right")
        before = np.searchsorted(keys, pairs.lead * (len(moments) + 1) + rank) - 1
        own = (before >= 0) & (self.changes["lead"].to_numpy()[before] == pairs.lead)
        return np.where(own, before, -1)

    @cached_property
    def at_creation(self) -> npt.NDArray[np.object_]:
        """For each lead the value that counts as known from the start."""
        export = self.export
        values = np.full(len(export.leads), None, dtype=object)
        if export.has_old_values:
            if self.field in export.leads:
                values[:] = export.leads[self.field].to_numpy(dtype=object)
            first = self.changes.drop_duplicates("lead", keep="first")
            values[first["lead"].to_numpy()] = first["old_value"].to_numpy(dtype=object)
        return values


def values_at(export: Export, field: str, pairs: Pairs) -> Values:
    """The field's value for each pair, as known by its `as_of`."""
    if field not in export.tracked:
        if field not in export.leads:
            return Values(np.full(len(pairs), -1), ())
        values = factorised(export.leads[field].to_numpy(dtype=object))
        return Values(values.code[pairs.lead], values.distinct)
    history = History(export, field)
    if history.changes.empty:
        values = factorised(history.at_creation)
        return Values(values.code[pairs.lead], values.distinct)
    both = factorised(np.concatenate([history.changes["value"].to_numpy(dtype=object), history.at_creation]))
    place = history.place(pairs)
    return Values(both.code[np.where(place >= 0, place, len(history.changes) + pairs.lead)], both.distinct)


def factorised(values: npt.NDArray[np.object_]) -> Values:
    """Distinct values in order of first appearance; True stays apart from 1, and "1" from 1."""
    if "mixed" in pd.api.types.infer_dtype(values, skipna=True):
        values = np.array([_Bool(value) if isinstance(value, bool) else value for value in values], dtype=object)
    codes, distinct = pd.factorize(values)
    return Values(codes, tuple(v.value if isinstance(v, _Bool) else v for v in distinct))


@dataclass(frozen=True)
class _Bool:
    """A bool that doesn't equal 0 or 1."""

    value: bool
