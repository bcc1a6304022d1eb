"""What the events of each lead come to at the time of the export: nobody could know it when the lead was scored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.clock import DAY
from features.tables import Export
from training.leaks.fates import Fates

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_KINDS = 60
LATER = 0.2  #: share of a kind's events that must lie more than a day after creation
_NONE = np.iinfo(np.int64).min


@dataclass(frozen=True, kw_only=True)
class Events:
    """Aligned arrays over events that have a kind."""

    kinds: tuple[str, ...]  #: the most frequent first
    kind: Ints  #: position in `kinds`
    lead: Ints
    happened_at: Ints
    by_us: Bools  #: the export says that sales or a system did it

    @classmethod
    def of(cls, export: Export) -> "Events":
        """Number the kinds of an export."""
        table = export.events
        code, names = pd.factorize(table["kind"].to_numpy(dtype=object))
        known = code >= 0
        order = np.argsort(-np.bincount(code[known], minlength=len(names)), kind="stable")
        place = np.argsort(order, kind="stable")
        return cls(
            kinds=tuple(str(names[i]) for i in order),
            kind=place[code[known]].astype(np.int64),
            lead=table["lead"].to_numpy(dtype=np.int64)[known],
            happened_at=table["happened_at"].to_numpy(dtype=np.int64)[known],
            by_us=table["actor"].isin(["seller", "system"]).to_numpy(dtype=bool)[known],
        )

    def of_kind(self, kind: int) -> "Events":
        """Those of one kind."""
        here = self.kind == kind
        return replace(
            self, kind=self.kind[here], lead=self.lead[here], happened_at=self.happened_at[here], by_us=self.by_us[here]
        )


def event_totals(events: Events, fates: Fates) -> Mapping[str, Floats]:
    """Counts per kind and over all, and days since the last event; NaN where there is none."""
    lead, happened = events.lead, events.happened_at
    if fates.flat or not len(lead):
        return {}
    later = fates.dated[lead] & (happened > fates.created[lead] + DAY)
    found = {"the days since the last event": _days_since(lead, happened, fates)}
    if later.mean() >= LATER:
        found["the number of all events"] = _count(lead, len(fates.won))
    for i, kind in enumerate(events.kinds[:MOST_KINDS]):
        here = events.kind == i
        if later[here].mean() >= LATER:
            found[f"the number of {kind!r}"] = _count(lead[here], len(fates.won))
    return found


def _count(lead: Ints, leads: int) -> Floats:
    return np.bincount(lead, minlength=leads).astype(np.float64)


def _days_since(lead: Ints, happened: Ints, fates: Fates) -> Floats:
    last = np.full(len(fates.won), _NONE)
    np.maximum.at(last, lead, happened)
    return np.where(last == _NONE, np.nan, (fates.end - np.where(last == _NONE, 0, last)) / DAY)
