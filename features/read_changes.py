"""The history of attributes: which field of a lead got which value, known when."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.clock import NEVER
from features.columns import Text, no_text, text_of
from features.encode import Reading
from features.read_events import lead_rows
from features.read_leads import LeadsRead
from features.read_tables import Ints, RawTable, Sieve, read_table
from features.settings import Settings
from features.time_columns import time_columns

SECTION = "data.attribute_changes"


@dataclass(kw_only=True)
class ChangesRead:
    """The file of changes while rows can still be refused."""

    raw: RawTable
    sieve: Sieve
    lead: Ints  #: row in the leads file
    field: Text
    value: Text
    old_value: Text
    known_at: Ints
    has_old_values: bool
    notes: list[str]


def read_changes(folder: Path, settings: Settings, leads: LeadsRead) -> ChangesRead | None:
    """Read the changes of attributes; None where the settings name no file, or the export is flat.

    Raises:
        UnreadableFile: the file can't be read.
        BadTable: a column isn't there.
    """
    spec = settings.data.attribute_changes
    if spec is None or leads.flat:
        return None
    raw = read_table(folder, spec.file, delimiter=spec.delimiter, encoding=spec.encoding)
    sieve = Sieve(raw)
    lead = lead_rows(raw, sieve, spec.lead_id, SECTION, leads)
    field = text_of(raw.column(spec.field, f"{SECTION}.field"))
    sieve.refuse(field.missing, f"no {spec.field}, so nobody knows what changed", lambda _row: f"no {spec.field}")
    times = time_columns(raw, {"known_at": spec.known_at}, SECTION, settings)
    times.refuse(raw, sieve)
    known_at = times.times["known_at"].micros
    sieve.refuse(known_at == NEVER, f"no {spec.known_at}; fill it in", lambda _row: f"no {spec.known_at}")
    return ChangesRead(
        raw=raw,
        sieve=sieve,
        lead=lead,
        field=field.rename(lambda name: name if name in leads.attributes else None),
        value=_values(raw, spec.value, "value", settings),
        old_value=_values(raw, spec.old_value, "old_value", settings),
        known_at=known_at,
        has_old_values=spec.old_value is not None,
        notes=[*raw.notes, *times.notes, *_strangers(raw, field, leads.attributes)],
    )


def _values(raw: RawTable, name: str | None, key: str, settings: Settings) -> Text:
    """Values as text; "NA" stays, since only its field can tell whether that is missing."""
    if name is None:
        return no_text(len(raw))
    missing = Reading.of(name, settings.data.missing_words, (name,)).missing_words
    return text_of(raw.column(name, f"{SECTION}.{key}"), missing)


def _strangers(raw: RawTable, field: Text, attributes: list[str]) -> list[str]:
    counts = {name: n for name, n in field.counts().items() if name not in attributes}
    shown = ", ".join(f"{name!r} ({n:,})" for name, n in list(counts.items())[:10])
    return [f"{raw.name}: changes of fields that are no attributes of a lead are left out: {shown}"] if counts else []


def kept(changes: ChangesRead) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows that stay and are about an attribute."""
    return np.asarray(changes.sieve.stays & ~changes.field.missing)
