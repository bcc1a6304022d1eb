"""What the times of an export leave open: the order of day and month, and the time zone."""

import re
from collections.abc import Iterable

import pyarrow as pa

from features.clock import DAY
from features.findings import Findings
from features.profiles import ColumnProfile
from features.times import DayOrder, day_order

_CLOCK = re.compile(r"\d:\d\d")
_ZONE = re.compile(r"(?:[Zz]|UTC|GMT|[+-]\d{2}:?\d{2}|:\d\d[+-]\d{2})$")


def ask_about_times(files: Iterable[list[ColumnProfile]], findings: Findings) -> bool | None:
    """Whether dates such as 03/04/2026 have the day first; None where every file tells or has none."""
    files = list(files)
    if any(_is_naive(column) for columns in files for column in columns):
        findings.ask(
            "company.time_zone", "in which time zone are times without a zone? They are read as UTC until then"
        )
    unclear = [column for columns in files for column in _unclear(columns)]
    if not unclear:
        return None
    names = ", ".join(column.name for column in unclear)
    findings.ask("data.day_first", f"is the day or the month first in {names}? Nothing in the data tells")
    return True


def _unclear(columns: list[ColumnProfile]) -> list[ColumnProfile]:
    orders = {column.name: day_order(column.column) for column in columns}
    if sum(orders.values(), DayOrder()).verdict is not None:
        return []
    return [column for column in columns if orders[column.name].either and orders[column.name].verdict is None]


def _is_naive(column: ColumnProfile) -> bool:
    """Whether some time has an hour but no zone."""
    kind = column.column.type
    if pa.types.is_timestamp(kind):
        return kind.tz is None and bool((column.times.micros[column.times.known] % DAY).any())
    return any(_CLOCK.search(str(word)) and not _ZONE.search(str(word)) for word in column.seen.words)
