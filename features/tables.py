"""The three raw tables after reading: clean, typed, sorted by nothing, with what was refused beside them.

This is the only form in which the rest of Ripeness sees a company's data, whether it came from
files, from the service's database or from the simulator. All times are int64 microseconds UTC
(`features.clock`), `NEVER` where there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

Micros = npt.NDArray[np.int64]

#: columns of `Export.leads`; every further column is an attribute, by its name in the export
LEAD_COLUMNS = ("lead_id", "created_at", "account_id", "owner", "age_from", "order", "label")
#: columns of `Export.events`
EVENT_COLUMNS = ("lead", "kind", "happened_at", "known_at", "value", "topic", "channel", "actor", "event_id")
#: columns of `Export.changes`
CHANGE_COLUMNS = ("lead", "field", "value", "old_value", "known_at")
#: columns of `Export.outcomes`; kind is one of OUTCOME_KINDS
OUTCOME_COLUMNS = ("lead", "kind", "happened_at", "known_at", "reason")
OUTCOME_KINDS = ("closed_won", "closed_lost", "sales_accepted", "sales_rejected")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Rows of one table that were left out for one reason."""

    table: str  #: file name
    reason: str  #: a sentence: what is wrong and what to do
    count: int
    examples: tuple[str, ...] = ()  #: "line 17: ..." of the first few; line 1 is the header


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """(lead, as_of) pairs: `lead` is a position in `Export.leads`, `as_of` microseconds; both (n_pairs,)."""

    lead: npt.NDArray[np.int64]
    as_of: Micros

    def __len__(self) -> int:
        return len(self.lead)

    def take(self, chosen: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Pairs":
        """The pairs at these positions, or where this mask is true."""
        return Pairs(lead=self.lead[chosen], as_of=self.as_of[chosen])


@dataclass(frozen=True, kw_only=True)
class Export:
    """A company's data.

    leads: one row per lead, RangeIndex. `lead_id` str, `created_at` int64, `account_id` and `owner`
        str or None, `age_from` int64 (from when ages count), `order` float64 and `label` float64
        (1 won, 0 lost, NaN open; both used by flat exports only), then the attributes as object
        columns of str, float, bool or None (missing words are None already).
    events: one row per activity; `lead` int64 is a position in `leads`; `kind` str as exported;
        `value` float64; `topic`, `channel`, `actor`, `event_id` str or None.
    changes: attribute history; `old_value` None throughout where the export has none.
    outcomes: what closed, and what sales said; never features.
    tracked: the fields that have a history; `has_old_values` says whether it tells old values.
    """

    leads: pd.DataFrame
    events: pd.DataFrame
    changes: pd.DataFrame
    outcomes: pd.DataFrame
    data_end: int  #: up to when the export is complete, microseconds; for flat exports the last order
    flat: bool = False  #: one row per lead, no times: point-in-time correctness can't be shown
    tracked: frozenset[str] = frozenset()
    has_old_values: bool = False
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()  #: guesses made, in sentences
    rows_read: Mapping[str, int] = field(default_factory=dict)  #: per file
    lines_read: Mapping[str, int] = field(default_factory=dict)  #: per file with more lines than records

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attribute columns, in the order of the export."""
        return tuple(c for c in self.leads.columns if c not in LEAD_COLUMNS)
