"""An export put into the store, as if it had been told as it happened: to start with history, and to measure at scale.

Fields without a history count as known at creation, as in training; `known_at` of everything is the
export's own. Doing it twice changes nothing but the fields' history, which then has each value twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import insert

from features.attributes import History
from features.clock import NEVER
from features.tables import Export
from serving.live.marks import mark_due
from serving.store.events import NewEvent, take_in
from serving.store.leads import OWN, LeadTold, introduce, json_of, tell
from serving.store.schema import attribute_changes
from serving.store.store import Store
from serving.store.writer import Act, Write

AT_ONCE = 5_000  #: rows in one write


def load(store: Store, export: Export, *, now: int, source: str = "export", key_id: str = "cli") -> int:
    """Put all leads, changes, events and outcomes into the store; how many rows that were.

    Raises:
        StoreUnavailable, StoreFull: what was written before stays, and doing it again is safe.
    """
    ids = export.leads["lead_id"].tolist()
    rows = 0
    for told in _parts(_leads(export)):
        rows += _write(store, now, key_id, "load_leads", len(told), lambda write, told=told: _tell_all(write, told))
    for values in _parts(_values(export, ids)):
        rows += _write(store, now, key_id, "load_fields", len(values), lambda write, v=values: _add(write, v))
    for events in _parts(_events(export, ids, source)):
        rows += _write(store, now, key_id, "load_events", len(events), lambda write, e=events: _take(write, e))
    store.learn_sizes()
    return rows


def _write(store: Store, now: int, key_id: str, action: str, rows: int, job: Any) -> int:  # noqa: ANN401  # a job
    store.write(job, Act(now=now, key_id=key_id, action=action, rows=rows))
    return rows


def _parts(rows: Iterable[Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    for row in rows:
        part.append(row)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _leads(export: Export) -> Iterator[LeadTold]:
    for row in export.leads[["lead_id", *OWN]].itertuples(index=False):
        own = {"created_at": None if row.created_at == NEVER else row.created_at}
        own |= {name: value for name in OWN[1:] if isinstance(value := getattr(row, name), str)}
        yield LeadTold(lead_id=row.lead_id, own={k: v for k, v in own.items() if v is not None})


def _tell_all(write: Write, told: list[LeadTold]) -> int:
    introduce(write, [one.lead_id for one in told])
    return sum(tell(write, one) for one in told)


def _values(export: Export, ids: list[str]) -> Iterator[Mapping[str, object]]:
    """The value of each field at creation, where it was known then, and its changes."""
    created = export.leads["created_at"].to_numpy()
    for name in export.attributes:
        values = export.leads[name].to_numpy(dtype=object)
        since = np.where(created == NEVER, 0, created)
        if name in export.tracked:
            if not export.has_old_values:
                continue
            history = History.of(export, name)
            values = history.at_creation(values)
            np.minimum.at(since, history.lead, history.known_at - 1)  # what was there before the first change
        rows = enumerate(zip(values.tolist(), since.tolist(), strict=True))
        yield from (_value(ids[i], name, value, moment) for i, (value, moment) in rows if not _empty(value))
    for lead, name, value, _, known_at in export.changes.itertuples(index=False):
        yield _value(ids[lead], name, None if _empty(value) else value, known_at)


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def _value(lead_id: str, name: str, value: object, known_at: int) -> Mapping[str, object]:
    return {"lead_id": lead_id, "own": False, "field": name, "value": json_of(value), "known_at": known_at}


def _take(write: Write, events: list[NewEvent]) -> int:
    """What closed long ago changes stages, but is no news to anybody."""
    return len(take_in(write, events, tell=False))


def _add(write: Write, values: list[dict[str, object]]) -> int:
    write.connection.execute(insert(attribute_changes), [value | {"seq": write.seq} for value in values])
    mark_due(write, {str(value["lead_id"]) for value in values})
    return len(values)


def _events(export: Export, ids: list[str], source: str) -> Iterator[NewEvent]:
    table = pd.concat([export.events, export.outcomes], ignore_index=True)
    columns = ["lead", "kind", "happened_at", "known_at", "value", "topic", "channel", "actor", "event_id", "reason"]
    for i, row in enumerate(table.reindex(columns=columns).itertuples(index=False)):
        yield NewEvent(
            lead_id=ids[row.lead],
            kind=row.kind,
            happened_at=int(row.happened_at),
            known_at=int(row.known_at),
            event_id=row.event_id if isinstance(row.event_id, str) else f"row {i}",
            source=source,
            value=None if np.isnan(row.value) else float(row.value),
            **{n: v for n in columns[5:8] + columns[9:] if isinstance(v := getattr(row, n), str)},
        )
