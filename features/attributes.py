"""Attribute values as they were known at a moment.

A field with a history takes its value only from it: the last one known by `as_of`. Where the
history tells old values, the first of them counts as known at creation, and so does the export's
value of a lead whose field never changed. Without old values a field is missing before its first
change. A field without a history takes the export's value.

Of changes known at the same moment the later row of the export wins.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.tables import Export, Pairs

Positions = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Values:
    """One value per row by its position in `distinct`; -1 stands for none."""

    code: Positions
    distinct: tuple[object, ...]


@dataclass(frozen=True, kw_only=True)
class History:
    """The changes of one field, sorted by lead, then by when they were known."""

    lead: Positions
    known_at: Positions
    value: Objects
    old_value: Objects

    @classmethod
    def of(cls, export: Export, field: str) -> "History":
        """The field's rows of `Export.changes`."""
        table = export.changes.loc[(export.changes["field"] == field).to_numpy()]
        lead, known_at = table["lead"].to_numpy(), table["known_at"].to_numpy()
        order = np.lexsort((known_at, lead))  # stable: of equal moments the later row comes last
        return cls(
            lead=lead[order],
            known_at=known_at[order],
            value=table["value"].to_numpy(dtype=object)[order],
            old_value=table["old_value"].to_numpy(dtype=object)[order],
        )

    def last_known(self, pairs: Pairs) -> Positions:
        """For each pair the position of its lead's last change known by `as_of`, or -1."""
        moments = np.unique(self.known_at)
        keys = self.lead * (len(moments) + 1) + np.searchsorted(moments, self.known_at)
        rank = np.searchsorted(moments, pairs.as_of, side="right")
        before = np.searchsorted(keys, pairs.lead * (len(moments) + 1) + rank) - 1
        return np.where((before >= 0) & (self.lead[before] == pairs.lead), before, -1)

    def at_creation(self, exported: Objects) -> Objects:
        """For each lead its first old value, or the exported value where the field never changed."""
        values = exported.copy()
        first = np.append(True, self.lead[1:] != self.lead[:-1])
        values[self.lead[first]] = self.old_value[first]
        return values


def values_at(export: Export, field: str, pairs: Pairs) -> Values:
    """The field's value for each pair, as known by its `as_of`."""
    exported = np.full(len(export.leads), None, dtype=object)
    if field in export.leads and (export.has_old_values or field not in export.tracked):
        exported[:] = export.leads[field].to_numpy(dtype=object)
    history = History.of(export, field) if field in export.tracked else None
    if history is None or not len(history.lead):
        values = factorised(exported)
        return Values(values.code[pairs.lead], values.distinct)
    start = history.at_creation(exported) if export.has_old_values else exported
    values = factorised(np.concatenate([history.value, start]))
    last = history.last_known(pairs)
    return Values(values.code[np.where(last >= 0, last, len(history.lead) + pairs.lead)], values.distinct)


def factorised(values: Objects) -> Values:
    """Distinct values in order of first appearance; True stays apart from 1, and "1" from 1."""
    if "mixed" in pd.api.types.infer_dtype(values, skipna=True):
        values = np.array([_Bool(value) if isinstance(value, bool) else value for value in values], dtype=object)
    codes, distinct = pd.factorize(values)
    return Values(codes, tuple(v.value if isinstance(v, _Bool) else v for v in distinct))


@dataclass(frozen=True)
class _Bool:
    """A bool that doesn't equal 0 or 1."""

    value: bool
