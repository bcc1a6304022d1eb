"""The event log: what leads did, as columns sorted by lead and time, ready for the kernel.

Only kinds that the view counts get in; whatever else is in an export or a request counts nowhere.
Kinds are codes of the view; topics and channels are codes of this log alone, in the order of their
texts, so that a log of one lead and a log of a million put equal events in the same order.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.event_order import Columns, Sorted, in_order, in_order_of_one
from features.lead import Lead
from features.tables import Export
from features.view import View

NO_VALUES = np.empty(0, dtype=np.float64)
NO_CODES = np.empty(0, dtype=np.int32)
NOTHING: tuple[tuple[Any, ...], ...] = ((),) * 6  #: the columns of no events


@dataclass(frozen=True, kw_only=True)
class EventLog:
    """Events of `len(log)` leads, in one order that no shuffling of the input can change."""

    events: Sorted
    topics: tuple[str, ...] = ()  #: the text of each topic code, ascending
    channels: tuple[str, ...] = ()  #: the text of each channel code, ascending

    def __len__(self) -> int:
        return len(self.events.offsets) - 1

    @classmethod
    def of_columns(
        cls, columns: Columns, *, n_leads: int, topics: tuple[str, ...] = (), channels: tuple[str, ...] = ()
    ) -> "EventLog":
        """The log of coded columns in any order; rows of no kind or no time are left out."""
        return cls(events=in_order(columns, n_leads), topics=topics, channels=channels)

    @classmethod
    def of_export(cls, view: View, export: Export) -> "EventLog":
        """The log of all leads of an export, by their positions in it."""
        table = export.events
        codes, names = pd.factorize(table["kind"])
        known = kind_codes(view)
        kinds = np.array([known.get(name, -1) for name in names] + [-1], dtype=np.int32)
        topic, topics = _coded(table["topic"], view)
        channel, channels = _coded(table["channel"], view)
        columns = Columns(
            lead=table["lead"].to_numpy(),
            happened_at=table["happened_at"].to_numpy(),
            known_at=table["known_at"].to_numpy(),
            kind=kinds[codes],
            value=table["value"].to_numpy() if table["value"].notna().any() else NO_VALUES,
            topic=topic,
            channel=channel,
        )
        return cls.of_columns(columns, n_leads=len(export.leads), topics=topics, channels=channels)

    @classmethod
    def of_lead(cls, view: View, lead: Lead) -> "EventLog":
        """The log of one lead, as a request brings it."""
        kinds, happened_at, known_at, values, topics, channels = (
            zip(*lead.events, strict=True) if lead.events else NOTHING
        )
        kind = map(kind_codes(view).get, kinds, repeat(-1))
        of_topic, topics_said = _codes(set(topics), view)
        of_channel, channels_said = _codes(set(channels), view)
        coded = (map(of_topic.__getitem__, topics), map(of_channel.__getitem__, channels))
        codes = np.fromiter(chain(happened_at, known_at, kind, *coded), np.int64, 5 * len(kinds))
        return cls(events=in_order_of_one(codes, _floats(values)), topics=topics_said, channels=channels_said)


def _floats(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
    """The values of events, NaN where there is none; nothing at all where no event has one."""
    if values.count(None) == len(values):
        return NO_VALUES
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


@lru_cache(maxsize=32)
def kind_codes(view: View) -> Mapping[str, int]:
    """Every name and alias of a kind to its position in the view."""
    return {name: i for i, kind in enumerate(view.kinds) for name in (*kind.aliases, kind.name)}


def _text(value: object, view: View) -> str | None:
    """A topic or channel without its margin; None where it says nothing."""
    text = value.strip() if isinstance(value, str) else ""
    return None if not text or text in view.missing_words else text


def _coded(column: pd.Series, view: View) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """A code for each row, -1 where there is none, and the texts by code."""
    if not column.notna().any():
        return NO_CODES, ()
    codes, found = pd.factorize(column)
    of_value, texts = _codes(found, view)
    table = np.array([*(of_value[value] for value in found), -1], dtype=np.int32)
    return table[codes], texts


def _codes(distinct: Iterable[str | None], view: View) -> tuple[dict[str | None, int], tuple[str, ...]]:
    """The code of each value, -1 where it says nothing, and the texts by code, ascending."""
    cleaned = {value: _text(value, view) for value in distinct}
    texts = tuple(sorted({text for text in cleaned.values() if text is not None}))
    position = {text: i for i, text in enumerate(texts)}
    return {value: -1 if text is None else position[text] for value, text in cleaned.items()}, texts
