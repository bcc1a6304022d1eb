"""The leads file: who they are, when they came, how they ended, and which rows can't be leads."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.clock import NEVER
from features.columns import Floats, Objects, Text, attribute_of, is_nested, no_text, numbers_of, text_of
from features.encode import Reading
from features.errors import BadTable
from features.read_joins import with_joins
from features.read_results import Results, is_flat, results_of
from features.read_tables import Ints, RawTable, Sieve, read_table
from features.settings import LeadsFile, Settings
from features.tables import LEAD_COLUMNS
from features.time_columns import TimeColumns, shown, time_columns
from features.times import day_start

_TIMES = ("created_at", "closed_won_at", "closed_lost_at", "closed_at")
SECTION = "data.leads"


@dataclass(kw_only=True)
class LeadsRead:
    """The leads file while rows can still be refused; rows are those of the file."""

    raw: RawTable
    sieve: Sieve
    ids: Text
    times: TimeColumns
    results: Results
    order: Floats
    attributes: list[str]
    flat: bool
    settings: Settings
    notes: list[str]
    rows_read: dict[str, int] = field(default_factory=dict)

    @property
    def created(self) -> Ints:
        """When each lead was created; NEVER where nobody says, and in flat exports."""
        return np.full(len(self.raw), NEVER) if self.flat else _micros(self.times, "created_at", len(self.raw))

    def closing_start(self, *, by_day: bool) -> Ints:
        """From when on a result of each lead makes sense: its creation, or the day of it."""
        start = self.created.copy()
        known = start != NEVER
        if by_day:
            start[known] = day_start(start[known], self.settings.company.zone)
        return start

    def rows_of(self, ids: Text) -> Ints:
        """The first row of each lead id; -1 for an id that the file doesn't have."""
        first = np.full(len(self.ids.words) + 1, -1)
        first[self.ids.codes[::-1]] = np.arange(len(self.raw))[::-1]
        first[-1] = -1
        code = pd.Index(self.ids.words, dtype=object).get_indexer(pd.Index(ids.words, dtype=object))
        return np.asarray(first[np.append(code, -1)][ids.codes], dtype=np.int64)

    def kept(self) -> Ints:
        """The rows that stay, by lead id: the order of a file decides nothing, unless it stands for time or for ids."""
        rows = np.flatnonzero(self.sieve.stays)
        spec = self.settings.data.leads
        if spec.lead_id is None or (self.flat and (spec.order or spec.created_at or "row") == "row"):
            return rows
        return np.asarray(rows[pc.sort_indices(pa.array(self.ids.take(rows).objects, pa.string()))], dtype=np.int64)

    def positions(self) -> Ints:
        """The position in `Export.leads` of each row that stays; -1 for refused rows, and behind the last."""
        kept, found = self.kept(), np.full(len(self.raw) + 1, -1)
        found[kept] = np.arange(len(kept))
        return found


def read_leads(folder: Path, settings: Settings) -> LeadsRead:
    """Read the leads and what their rows say of the result.

    Raises:
        UnreadableFile: the file, or one that is joined to it, can't be read.
        BadTable: a column isn't there, or there are no rows.
    """
    spec = settings.data.leads
    alone = read_table(folder, spec.file, delimiter=spec.delimiter, encoding=spec.encoding)
    if len(alone) == 0:
        raise BadTable(f"{alone.name} has a header but no rows that can be read; export it again with its leads")
    joined = with_joins(folder, alone, spec)
    raw, sieve = joined.raw, Sieve(joined.raw)
    for key in ("ignore", "keep", "account_id", "owner"):
        named = getattr(spec, key) or ()
        for name in (named,) if isinstance(named, str) else named:
            raw.require(name, f"{SECTION}.{key}")
    ids = _ids(raw, sieve, spec)
    times = time_columns(raw, {**{key: getattr(spec, key) for key in _TIMES}, **_age_from(settings)}, SECTION, settings)
    times.refuse(raw, sieve)
    order, note = _order(raw, sieve, settings)
    results = results_of(raw, times, sieve, settings)
    attributes, left_out = _attributes(raw, {*times.columns.values()}, spec)
    return LeadsRead(
        raw=raw,
        sieve=sieve,
        ids=ids,
        times=times,
        results=results,
        order=order,
        attributes=attributes,
        flat=is_flat(settings),
        settings=settings,
        notes=[*raw.notes, *joined.notes, *times.notes, *note, *results.notes, *left_out],
        rows_read={alone.name: alone.rows_in_file, **joined.rows_read},
    )


def leads_frame(read: LeadsRead) -> pd.DataFrame:
    """`Export.leads`: the rows that stay."""
    spec, kept = read.settings.data.leads, read.kept()
    table = read.raw.table.take(pa.array(kept))
    own: dict[str, Objects | Ints | Floats] = {
        "lead_id": read.ids.take(kept).objects,
        "created_at": read.created[kept],
        "account_id": _optional(table, spec.account_id, read.settings).objects,
        "owner": _optional(table, spec.owner, read.settings).objects,
        "age_from": _age_start(read)[kept],
        "order": read.order[kept],
        "label": read.results.label[kept],
    }
    for name in read.attributes:
        own[name] = attribute_of(table.column(name), _missing(name, read.settings))
    typed = {name: pd.Series(values, dtype=values.dtype, copy=False) for name, values in own.items()}
    return pd.DataFrame(typed, copy=False)


def _attributes(raw: RawTable, times: set[str], spec: LeadsFile) -> tuple[list[str], list[str]]:
    """Every column that isn't named for something else and can be an attribute, and notes on the others."""
    mapped = times | {spec.lead_id, spec.account_id, spec.owner, spec.result, spec.order}
    names = [name for name in raw.names if name not in mapped and name not in spec.ignore]
    kept = [name for name in names if name not in LEAD_COLUMNS and not is_nested(raw.table.column(name))]
    why = "it has a name that means something else here; map it or rename it"
    return kept, [
        f"{raw.name}: the column {name!r} is left out: {why if name in LEAD_COLUMNS else 'it holds lists or bytes'}"
        for name in names
        if name not in kept
    ]


def _missing(name: str, settings: Settings) -> frozenset[str]:
    return Reading.of(name, settings.data.missing_words, settings.data.keep_na).missing_words


def _micros(times: TimeColumns, key: str, rows: int) -> Ints:
    return times.times[key].micros if key in times.times else np.full(rows, NEVER)


def _ids(raw: RawTable, sieve: Sieve, spec: LeadsFile) -> Text:
    """The leads' ids; the number of its row serves a lead of a file without any."""
    if spec.lead_id is None:
        numbers = np.arange(len(raw))
        return Text(words=(numbers + 1).astype(str).astype(object), codes=numbers)
    name = spec.lead_id
    ids = text_of(raw.column(name, f"{SECTION}.lead_id"))
    sieve.refuse(ids.missing, f"the lead has no {name}; give it one", lambda _row: f"no {name}")
    twice = pd.Series(ids.codes).duplicated(keep="first").to_numpy() & ~ids.missing
    sieve.refuse(twice, f"the {name} was there before; the first row is kept", lambda row: f"{name} is {ids[row]!r}")
    return ids


def _age_from(settings: Settings) -> dict[str, str]:
    """The column from which ages count, unless it is the creation itself."""
    name = settings.cohort.age_from
    return {} if name in {"created_at", settings.data.leads.created_at} else {"age_from": name}


def _age_start(read: LeadsRead) -> Ints:
    if "age_from" in read.times.times and not read.flat:
        return read.times.times["age_from"].micros
    return read.created


def _optional(table: pa.Table, name: str | None, settings: Settings) -> Text:
    return no_text(table.num_rows) if name is None else text_of(table.column(name), _missing(name, settings))


def _order(raw: RawTable, sieve: Sieve, settings: Settings) -> tuple[Floats, list[str]]:
    """What runs with time in a flat export: a number, a time, or the order of the rows."""
    spec, rows = settings.data.leads, np.arange(len(raw), dtype=np.float64)
    name = spec.order or spec.created_at
    if not is_flat(settings) or name == "row":
        return rows, []
    if name is None:
        return rows, [f"{raw.name}: no column runs with time, so the order of the rows stands for it"]
    column = raw.column(name, f"{SECTION}.order")
    is_time = pa.types.is_temporal(column.type)
    numbers, wrong = (rows, np.zeros(len(raw))) if is_time else numbers_of(column, _missing(name, settings))
    if is_time or wrong.mean() > 0.5:
        read = time_columns(raw, {"order": name}, SECTION, settings).times["order"]
        numbers, wrong = read.micros.astype(np.float64), ~read.known
    sieve.refuse(
        np.isnan(numbers) | (wrong > 0),
        f"{name} says nothing of the order: no number and no time; correct it, or choose another `order`",
        lambda row: f"{name} is {shown(raw, name, row)}",
    )
    return numbers, []
