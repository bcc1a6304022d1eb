"""Reading a company's export: a folder of files in, one clean `Export` out.

Rows that can't be used are refused, counted and shown with their lines; nothing is dropped in
silence. A lead whose own dates contradict each other is refused whole: without its result it
would pass as open.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.clock import NEVER
from features.columns import NO_WORDS, Text
from features.data_end import DataEnd, data_end_of
from features.errors import BadTable
from features.read_changes import ChangesRead, kept, read_changes
from features.read_events import EventsRead, read_events
from features.read_leads import LeadsRead, leads_frame, read_leads
from features.settings import Settings
from features.tables import CHANGE_COLUMNS, EVENT_COLUMNS, OUTCOME_COLUMNS, OUTCOME_KINDS, Export

Bools = npt.NDArray[np.bool_]
MANY_BOTH = 0.1  #: share of the won leads that are lost as well, beyond which the columns are in doubt


def read_export(folder: Path, settings: Settings, *, now: int | None = None, end: DataEnd | None = None) -> Export:
    """Read the leads, events and attribute changes that the settings name.

    Times after `now`, where it is given, don't move the end of the data; of a part of an export `end` is that of
    the whole.

    Raises:
        UnreadableFile: a file is missing, empty, damaged, or of another format, delimiter or encoding.
        BadTable: a column that the settings name isn't there, or a table has no usable row.
    """
    leads = read_leads(folder, settings)
    events = read_events(folder, settings, leads)
    changes = read_changes(folder, settings, leads)
    end = end or data_end_of(settings, leads, events, changes, now=now)
    end.refuse_later(leads, events, changes)
    if not leads.sieve.stays.any():
        raise BadTable(f"{leads.raw.name}: every row is refused: {leads.sieve.summary}")
    reads = [read for read in (leads, events, changes) if read is not None]
    results = _outcomes(leads, events, end.at)
    return Export(
        leads=leads_frame(leads),
        events=_events(leads, events),
        changes=_changes(leads, changes),
        outcomes=results,
        data_end=end.at,
        flat=leads.flat,
        tracked=frozenset(changes.field.take(kept(changes)).counts()) if changes else frozenset(),
        has_old_values=changes is not None and changes.has_old_values,
        refusals=tuple(refusal for read in reads for refusal in read.sieve.refusals),
        notes=tuple(note for read in reads for note in read.notes) + end.notes + _about_both(results, settings),
        rows_read={**leads.rows_read, **{read.raw.name: read.raw.rows_in_file for read in reads[1:]}},
        lines_read={r.raw.name: r.raw.lines_in_file for r in reads if r.raw.lines_in_file is not None},
    )


Column = npt.NDArray[np.int64] | npt.NDArray[np.float64] | npt.NDArray[np.object_]


def _frame(columns: tuple[str, ...], values: tuple[Column, ...]) -> pd.DataFrame:
    """Columns of exactly these types; pandas would turn texts into its own."""
    typed = {n: pd.Series(v, dtype=v.dtype, copy=False) for n, v in zip(columns, values, strict=True)}
    return pd.DataFrame(typed, copy=False)


def _texts(*columns: Text) -> tuple[npt.NDArray[np.object_], ...]:
    return tuple(column.objects for column in columns)


def _activities(events: EventsRead) -> Bools:
    """Rows that stay and are what somebody did, not how it ended."""
    return np.asarray(events.sieve.stays & ~events.kind.where(lambda kind: kind in OUTCOME_KINDS))


def _events(leads: LeadsRead, events: EventsRead | None) -> pd.DataFrame:
    none, nothing = np.empty(0, dtype=np.int64), NO_WORDS
    if events is None:
        empty = (none, nothing, none, none, np.empty(0, dtype=np.float64), nothing, nothing, nothing, nothing)
        return _frame(EVENT_COLUMNS, empty)
    rows = _activities(events)
    kind, topic, channel, actor, event_id = _texts(
        *(t.take(rows) for t in (events.kind, events.topic, events.channel, events.actor, events.event_id))
    )
    happened_at, known_at, value = events.happened_at[rows], events.known_at[rows], events.value[rows]
    lead = leads.positions()[events.lead[rows]]
    return _frame(EVENT_COLUMNS, (lead, kind, happened_at, known_at, value, topic, channel, actor, event_id))


def _changes(leads: LeadsRead, changes: ChangesRead | None) -> pd.DataFrame:
    none, nothing = np.empty(0, dtype=np.int64), NO_WORDS
    if changes is None:
        return _frame(CHANGE_COLUMNS, (none, nothing, nothing, nothing, none))
    rows = kept(changes)
    texts = _texts(*(t.take(rows) for t in (changes.field, changes.value, changes.old_value)))
    return _frame(CHANGE_COLUMNS, (leads.positions()[changes.lead[rows]], *texts, changes.known_at[rows]))


def _outcomes(leads: LeadsRead, events: EventsRead | None, end: int) -> pd.DataFrame:
    """Results from the leads' own rows and from the events, by lead; the same one told twice counts once."""
    parts = [_own_outcomes(leads, end)] + ([] if events is None else [_told_outcomes(leads, events)])
    told = pd.concat(parts, ignore_index=True)
    told = told.sort_values(["lead", "happened_at", "known_at", "kind", "reason"], kind="stable", ignore_index=True)
    return told.drop_duplicates(["lead", "kind", "happened_at"], ignore_index=True)


def _about_both(outcomes: pd.DataFrame, settings: Settings) -> tuple[str, ...]:
    """Leads that were won and lost: some are opened again, many are a mistake."""
    won, lost = (set(outcomes.loc[outcomes["kind"] == kind, "lead"]) for kind in OUTCOME_KINDS[:2])
    if not won & lost:
        return ()
    named = settings.data.leads.closed_won_at and settings.data.leads.closed_lost_at
    doubt = named and len(won & lost) > MANY_BOTH * len(won)
    asked = " Do closed_won_at and closed_lost_at in ripeness.toml name the right columns?" if doubt else ""
    return (
        f"{len(won & lost):,} leads are both won and lost; they count as won from then on, and as closed from the "
        f"earlier date on.{asked}",
    )


def _own_outcomes(leads: LeadsRead, end: int) -> pd.DataFrame:
    positions = leads.positions()[:-1]
    found = []
    for kind, at in zip(OUTCOME_KINDS, (leads.results.won_at, leads.results.lost_at), strict=False):
        rows = np.flatnonzero(leads.sieve.stays & (at != NEVER) & (at <= end))
        kinds, reasons = np.full(len(rows), kind, dtype=object), np.full(len(rows), None, dtype=object)
        found.append(_frame(OUTCOME_COLUMNS, (positions[rows], kinds, at[rows], at[rows], reasons)))
    return pd.concat(found, ignore_index=True)


def _told_outcomes(leads: LeadsRead, events: EventsRead) -> pd.DataFrame:
    """Outcome events; a result known by its day only lies at the lead's creation at the earliest."""
    rows = np.flatnonzero(events.sieve.stays & ~_activities(events))
    lead, kind = events.lead[rows], events.kind.take(rows)
    closing = kind.where(lambda word: word in OUTCOME_KINDS[:2])
    happened_at = events.happened_at[rows]
    happened_at = np.where(closing, np.maximum(happened_at, leads.created[lead]), happened_at)
    known_at = np.where(closing, np.maximum(events.known_at[rows], leads.created[lead]), events.known_at[rows])
    reason = events.topic.take(rows).objects
    return _frame(OUTCOME_COLUMNS, (leads.positions()[lead], kind.objects, happened_at, known_at, reason))
