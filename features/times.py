"""Columns of times as int64 microseconds since 1970 UTC, never by silent guessing.

What is read: ISO 8601 with or without a zone, dates, day-first and month-first dates, names of
months in English and Italian, seconds to nanoseconds since 1970, and Arrow's own times. A time
without a zone is local time of the company. A local time that the clock skips in spring is read as
the first moment after the gap; one that occurs twice in autumn is read as the first of both.
"""

from dataclasses import dataclass
from enum import IntEnum
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.clock import DAY, EARLIEST, LATEST, NEVER, SECOND
from features.columns import spelled_out
from features.time_forms import FORMS, Parts, parts_of

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_EPOCH_UNITS = ((10**11, SECOND, 1), (10**14, 1_000, 1), (10**17, 1, 1), (10**20, 1, 1_000))


class Fault(IntEnum):
    """What is wrong with one time."""

    NONE = 0
    MISSING = 1
    UNREADABLE = 2
    TOO_EARLY = 3
    TOO_LATE = 4


#: the faults for which a row is refused, each with its sentence
WHY = {
    Fault.UNREADABLE: "is no time that can be read; write it as 2026-03-01T09:00:00+01:00, or add it to missing_words",
    Fault.TOO_EARLY: "lies before 1990 (a missing value written as zero?); leave the cell empty if it is unknown",
    Fault.TOO_LATE: "lies after 2199 (a stand-in for never?); leave the cell empty or add it to missing_words",
}


@dataclass(frozen=True, kw_only=True)
class Times:
    """A column of times; `faults` holds a `Fault` for each."""

    micros: Ints  #: NEVER where missing or at fault
    faults: npt.NDArray[np.int8]
    by_day: bool  #: whether every time is a whole day: a date without an hour

    @property
    def known(self) -> Bools:
        """Where there is a time."""
        return np.asarray(self.faults == Fault.NONE)


@dataclass(frozen=True, kw_only=True)
class DayOrder:
    """What a column tells of 03/04/2026: how many dates can only be day-first, month-first, or both."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0
    example: str = ""  #: the first that can be both

    def __add__(self, other: "DayOrder") -> "DayOrder":
        return DayOrder(
            day_first=self.day_first + other.day_first,
            month_first=self.month_first + other.month_first,
            either=self.either + other.either,
            example=self.example or other.example,
        )

    @property
    def verdict(self) -> bool | None:
        """True for day-first, False for month-first, None where the dates don't tell or contradict.

        One in a hundred may contradict: those are typing errors, refused one by one.
        """
        decided = self.day_first + self.month_first
        if decided and self.month_first * 100 <= decided:
            return True
        return False if decided and self.day_first * 100 <= decided else None


def day_order(column: pa.ChunkedArray) -> DayOrder:
    """What the dates with slashes in a column of text tell about their order."""
    column = spelled_out(column)
    if not _is_text(column.type):
        return DayOrder()
    texts = pc.utf8_trim_whitespace(column.combine_chunks().unique().drop_null())
    parts, _ = parts_of(texts, np.arange(len(texts)), "day_or_month_first")
    a, b = parts["a"], parts["b"]
    either = (a <= 12) & (b <= 12) & (a != b)
    return DayOrder(
        day_first=int(((a > 12) & (b <= 12)).sum()),
        month_first=int(((a <= 12) & (b > 12)).sum()),
        either=int(either.sum()),
        example=texts[int(parts.at[either][0])].as_py() if either.any() else "",
    )


def read_times(
    column: pa.ChunkedArray, *, zone: ZoneInfo, day_first: bool | None = None, missing: frozenset[str] = frozenset({""})
) -> Times:
    """Read a column of text, numbers or Arrow times.

    `day_first` decides 03/04/2026; without it such dates are unreadable. White space around a text
    doesn't count.
    """
    column = spelled_out(column)
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _from_arrow(column, zone)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _from_numbers(column)
    if _is_text(kind):
        return _from_texts(column, zone, day_first, missing)
    return _bounded(np.full(len(column), NEVER), np.asarray(column.is_null()), by_day=False)


def localize(naive: Ints, zone: ZoneInfo) -> Ints:
    """Local microseconds in `zone` as UTC; the rule for gaps and doubles is the module's."""
    if zone.key in {"UTC", "Etc/UTC"} or len(naive) == 0:
        return naive
    index = pd.DatetimeIndex(naive.view("M8[us]"))
    first = np.ones(len(naive), dtype=np.bool_)
    local = index.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    return np.asarray(local.as_unit("us").asi8, dtype=np.int64)


def day_start(micros: Ints, zone: ZoneInfo) -> Ints:
    """The first moment of the local day in which each UTC moment lies."""
    index = pd.DatetimeIndex(micros.view("M8[us]")).tz_localize("UTC").tz_convert(zone)
    return localize(np.asarray(index.normalize().tz_localize(None).as_unit("us").asi8, dtype=np.int64), zone)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _bounded(micros: Ints, missing: Bools, *, by_day: bool) -> Times:
    """Times with their faults; NEVER without being missing is unreadable."""
    faults = np.zeros(len(micros), dtype=np.int8)
    faults[micros < EARLIEST] = Fault.TOO_EARLY
    faults[micros >= LATEST] = Fault.TOO_LATE
    faults[micros == NEVER] = Fault.UNREADABLE
    faults[missing] = Fault.MISSING
    return Times(micros=np.where(faults == Fault.NONE, micros, NEVER), faults=faults, by_day=by_day)


def _from_arrow(column: pa.ChunkedArray, zone: ZoneInfo) -> Times:
    aware = pa.types.is_timestamp(column.type) and column.type.tz is not None
    missing = np.asarray(column.is_null())
    micros = _arrow_micros(column)
    by_day = not aware and bool((micros[~missing] % DAY == 0).all())
    return _bounded(micros if aware else _local(micros, ~missing, zone), missing, by_day=by_day)


def _arrow_micros(column: pa.Array | pa.ChunkedArray) -> Ints:
    tz = column.type.tz if pa.types.is_timestamp(column.type) else None
    cast = column.cast(pa.timestamp("us", tz=tz), safe=False).cast(pa.int64())
    return np.asarray(cast.fill_null(NEVER), dtype=np.int64).copy()


def _local(micros: Ints, read: Bools, zone: ZoneInfo) -> Ints:
    """`localize` where a time was `read` and lies within bounds; the others are refused anyway."""
    near = read & (micros >= EARLIEST - DAY) & (micros < LATEST + DAY)
    micros[near] = localize(micros[near], zone)
    return micros


def _from_numbers(column: pa.ChunkedArray) -> Times:
    numbers = np.asarray(column.cast(pa.float64(), safe=False).fill_null(np.nan), dtype=np.float64)
    missing = np.isnan(numbers)
    endless = np.abs(numbers) > 9e18
    whole = np.where(missing | endless, 0, numbers)
    if pa.types.is_integer(column.type):  # float64 would cut nanoseconds off
        whole = np.asarray(column.fill_null(0).cast(pa.int64(), safe=False))
    return _bounded(np.where(endless, NEVER, _from_epoch(whole)), missing, by_day=False)


def _from_epoch(numbers: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> Ints:
    """Seconds, milli-, micro- or nanoseconds since 1970, told apart by size: from 1990 on they can't overlap."""
    micros = np.full(len(numbers), NEVER)
    left = np.ones(len(numbers), dtype=np.bool_)
    for below, factor, divisor in _EPOCH_UNITS:
        here = left & (np.abs(numbers) < below)
        micros[here] = numbers[here] * factor // divisor
        left &= ~here
    return micros


def _from_texts(column: pa.ChunkedArray, zone: ZoneInfo, day_first: bool | None, missing: frozenset[str]) -> Times:
    """Each distinct text is read once."""
    encoded = column.combine_chunks().dictionary_encode()
    texts = pc.utf8_trim_whitespace(encoded.dictionary)
    nothing = np.asarray(pc.is_in(texts, pa.array(sorted(missing | {""}), texts.type)))
    micros = np.full(len(texts) + 1, NEVER)
    by_day = _all_iso(texts, ~nothing, zone, micros)
    if by_day is None:
        by_day = _by_forms(texts, ~nothing, zone, day_first, micros)
    codes = np.asarray(encoded.indices.fill_null(len(texts)), dtype=np.int64)
    return _bounded(micros[codes], np.append(nothing, True)[codes], by_day=by_day)


def _all_iso(texts: pa.Array, wanted: Bools, zone: ZoneInfo, micros: Ints) -> bool | None:
    """Fill in `micros` by Arrow's own fast reader if it can read all, and say whether they are whole days."""
    chosen = texts.filter(pa.array(wanted))
    for tz in (None, "UTC"):
        try:
            read = chosen.cast(pa.timestamp("us", tz=tz))
        except pa.ArrowInvalid:
            continue
        moments = _arrow_micros(read)
        micros[:-1][wanted] = moments if tz else _local(moments, np.ones(len(moments), dtype=np.bool_), zone)
        return (pc.max(pc.utf8_length(chosen)).as_py() or 0) <= len("2026-03-01")
    return None


def _by_forms(texts: pa.Array, wanted: Bools, zone: ZoneInfo, day_first: bool | None, micros: Ints) -> bool:
    """Fill in `micros` form by form, and say whether they are whole days."""
    left, by_day = np.flatnonzero(wanted), True
    for form in FORMS:
        parts, left = parts_of(texts, left, form)
        is_epoch = form == "epoch" and len(parts.at) > 0
        micros[parts.at] = _from_epoch(parts["e"]) if is_epoch else _moments(parts, zone, day_first)
        by_day = by_day and not is_epoch and not parts.has_clock.any()
    return by_day


def _moments(parts: Parts, zone: ZoneInfo, day_first: bool | None) -> Ints:
    month, day = _month_and_day(parts, day_first)
    year = np.where(parts["y"] < 100, parts["y"] + np.where(parts["y"] < 69, 2000, 1900), parts["y"])
    hour = parts["H"] % np.where(parts.morning | parts.afternoon, 12, 100) + np.where(parts.afternoon, 12, 0)
    good = (month >= 1) & (month <= 12) & (day >= 1) & (day <= _month_length(year, month))
    good &= (hour <= 23) & (parts["M"] <= 59) & (parts["S"] <= 59) & (np.abs(parts.offset) < 86_400)
    good &= ~(parts.morning | parts.afternoon) | ((parts["H"] >= 1) & (parts["H"] <= 12))
    seconds = _days_since_1970(year, month, day) * 86_400 + hour * 3600 + parts["M"] * 60 + parts["S"]
    micros = (seconds - parts.offset) * SECOND + parts["f"]
    return np.where(good, _local(micros, good & ~parts.has_zone, zone), NEVER)


def _month_and_day(parts: Parts, day_first: bool | None) -> tuple[Ints, Ints]:
    if "a" not in parts.numbers:
        return parts["m"], parts["d"]
    a, b = parts["a"], parts["b"]
    if day_first is None:  # 05/05/2026 reads the same both ways; everything else waits for a decision
        return np.where(a == b, a, 0), b
    return (b, a) if day_first else (a, b)


def _month_length(year: Ints, month: Ints) -> Ints:
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return np.asarray(lengths[np.clip(month, 0, 12)] + ((month == 2) & leap))


def _days_since_1970(year: Ints, month: Ints, day: Ints) -> Ints:
    """Days of the proleptic Gregorian calendar; Howard Hinnant's `days_from_civil`."""
    y = year - (month <= 2)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    return np.asarray(era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468)
