"""Rows of numbers: what a model reads, for a million pairs or for one lead in a request.

Both ways run the same kernel on events and the same encoders on attributes. There is no way to
build a row without an `as_of`.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.attributes import values_at
from features.clock import DAY, NEVER
from features.definitions import Age, Definition, FirstTouch, LastTouch
from features.encode import category_codes, encoders_of
from features.events import EventLog
from features.kernel import Rows, behaviour
from features.lead import Event, Lead
from features.tables import Export, Pairs
from features.view import View

Moments = npt.NDArray[np.int64]

ONE_LEAD = np.zeros(1, dtype=np.int64)


def build_rows(view: View, export: Export, pairs: Pairs) -> Rows:
    """The rows of all pairs, shape (n_pairs, n_columns)."""
    log = EventLog.of_export(view, export)
    rows = behaviour(view, log, pairs.lead, pairs.as_of)
    _fill_channels(view, log, rows)
    created = export.leads["created_at"].to_numpy()[pairs.lead]
    _fill_ages(view, created, pairs.as_of, rows)
    for encoder in encoders_of(view):
        values = values_at(export, encoder.field, pairs)
        rows[:, encoder.position] = encoder.encode_all(values.distinct)[values.code]
    return rows


def lead_row(view: View, lead: Lead, as_of: int) -> npt.NDArray[np.float64]:
    """The row of one lead at `as_of`, shape (n_columns,); its attributes count as known by then."""
    log = EventLog.of_lead(view, lead)
    row: npt.NDArray[np.float64] = behaviour(view, log, ONE_LEAD, np.array([as_of], dtype=np.int64))[0]
    for i in _positions(view, FirstTouch, LastTouch) if log.channels else ():
        if not math.isnan(row[i]):
            row[i] = category_codes(view, view.names[i]).get(log.channels[int(row[i])], math.nan)
    for i in _positions(view, Age):
        row[i] = math.nan if lead.created_at is None or lead.created_at > as_of else (as_of - lead.created_at) / DAY
    for encoder in encoders_of(view):
        row[encoder.position] = encoder.encode(lead.attributes.get(encoder.field))
    return row


def lead_at(export: Export, position: int, as_of: int) -> Lead:
    """The lead as a request would have carried it at `as_of`: nothing that was known later."""
    own = _only(export, position, as_of)
    here = Pairs(lead=np.zeros(1, dtype=np.int64), as_of=np.array([as_of]))
    found = {field: values_at(own, field, here) for field in dict.fromkeys([*own.attributes, *sorted(own.tracked)])}
    created = int(own.leads["created_at"].iloc[0])
    return Lead(
        lead_id=str(own.leads["lead_id"].iloc[0]),
        created_at=None if created == NEVER or created > as_of else created,
        attributes={field: v.distinct[v.code[0]] for field, v in found.items() if v.code[0] >= 0},
        events=tuple(_events(own.events)),
    )


def _only(export: Export, position: int, as_of: int) -> Export:
    """An export of one lead and of the events that had happened and were known."""
    events, changes = export.events, export.changes
    visible = events["lead"].to_numpy() == position
    visible &= (events["happened_at"].to_numpy() <= as_of) & (events["known_at"].to_numpy() <= as_of)
    own_changes = changes.take(np.flatnonzero(changes["lead"].to_numpy() == position))
    return replace(
        export,
        leads=export.leads.take([position]),
        events=events[list(Event._fields)].take(np.flatnonzero(visible)),
        changes=own_changes.assign(lead=0),
    )


def _events(table: pd.DataFrame) -> Iterator[Event]:
    columns = (table[name].tolist() for name in Event._fields)
    for kind, happened_at, known_at, value, topic, channel in zip(*columns, strict=True):
        yield Event(
            kind,
            happened_at,
            known_at,
            None if math.isnan(value) else value,
            topic if isinstance(topic, str) else None,
            channel if isinstance(channel, str) else None,
        )


@lru_cache(maxsize=32)
def _positions(view: View, *kinds: type[Definition]) -> tuple[int, ...]:
    """Where the view has columns of these kinds."""
    return tuple(i for i, definition in enumerate(view.definitions) if isinstance(definition, kinds))


def _fill_channels(view: View, log: EventLog, rows: Rows) -> None:
    """Turn the log's channel codes into the view's; a channel that the view doesn't list is missing."""
    for i in _positions(view, FirstTouch, LastTouch) if log.channels else ():
        codes = category_codes(view, view.names[i])
        table = np.array([codes.get(channel, np.nan) for channel in log.channels])
        has = ~np.isnan(rows[:, i])
        rows[has, i] = table[rows[has, i].astype(np.int64)]


def _fill_ages(view: View, created: Moments, as_of: Moments, rows: Rows) -> None:
    """Days since creation; missing where nobody says when, or where it was after `as_of`."""
    for i in _positions(view, Age):
        rows[:, i] = np.where((created != NEVER) & (created <= as_of), as_of - created, np.nan) / DAY
