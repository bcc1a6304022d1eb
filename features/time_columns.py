"""The time columns of one file, read together: a date that could be 3 April or 4 March is decided by its file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from features.encode import Reading
from features.errors import BadTable
from features.read_tables import RawTable, Sieve
from features.settings import Settings
from features.times import WHY, DayOrder, Times, day_order, read_times

_KEYS = {"age_from": "cohort.age_from"}  #: what stands in another section of ripeness.toml


@dataclass(frozen=True, kw_only=True)
class TimeColumns:
    """Times by what they mean ("created_at"), with the column that each was read from."""

    times: Mapping[str, Times]
    columns: Mapping[str, str]
    notes: tuple[str, ...]

    def refuse(self, raw: RawTable, sieve: Sieve) -> None:
        """Leave out every row with a time at fault, saying the column and the value."""
        for key, times in self.times.items():
            name = self.columns[key]
            for fault, why in WHY.items():
                sieve.refuse(times.faults == fault, f"{name} {why}", partial(_told, raw, name))


def _told(raw: RawTable, name: str, row: int) -> str:
    return f"{name} is {shown(raw, name, row)}"


def shown(raw: RawTable, name: str, row: int) -> str:
    """The value of a cell for a message, cut when long."""
    value = raw.table.column(name)[row].as_py()
    return repr(value if isinstance(value, str) else str(value))[:80]


def time_columns(raw: RawTable, wanted: Mapping[str, str | None], section: str, settings: Settings) -> TimeColumns:
    """Read the columns that `wanted` names; `section` is where ripeness.toml names them.

    Raises:
        BadTable: a column isn't there, or nothing tells whether its dates are day-first.
    """
    named = {key: name for key, name in wanted.items() if name is not None}
    columns = {key: raw.column(name, _KEYS.get(key, f"{section}.{key}")) for key, name in named.items()}
    orders = {key: day_order(column) for key, column in columns.items()}
    whole_file = sum(orders.values(), DayOrder())
    times, notes = {}, []
    for key, column in columns.items():
        first = _day_first(raw, named[key], orders[key], whole_file, settings)
        if orders[key].either:
            notes.append(
                f"{raw.name}: {named[key]} is read {'day' if first else 'month'} first: {orders[key].example!r}"
            )
        times[key] = _read(column, named[key], first, settings)
    return TimeColumns(times=times, columns=named, notes=tuple(notes))


def _read(column: pa.ChunkedArray, name: str, day_first: bool | None, settings: Settings) -> Times:
    missing = Reading.of(name, settings.data.missing_words, settings.data.keep_na).missing_words
    return read_times(column, zone=settings.company.zone, day_first=day_first, missing=missing)


def _day_first(raw: RawTable, name: str, own: DayOrder, whole_file: DayOrder, settings: Settings) -> bool | None:
    for decided in (settings.data.day_first, own.verdict, whole_file.verdict):
        if decided is not None:
            return decided
    if own.day_first and own.month_first:
        raise BadTable(
            f"{raw.name}: {name} has dates that can only be day-first ({own.day_first:,}) and dates that can only be "
            f"month-first ({own.month_first:,}); put `day_first = true` or `false` under [data] in ripeness.toml, "
            "and the others are refused row by row"
        )
    if own.either:
        raise BadTable(
            f"{raw.name}: nothing tells whether {own.example!r} in {name} has the day or the month first; "
            "put `day_first = true` or `day_first = false` under [data] in ripeness.toml"
        )
    return None
