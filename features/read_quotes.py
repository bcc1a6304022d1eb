"""Quotes that somebody forgot to close in a CSV file: they swallow the rows that follow in silence.

A file is only looked at closely where it has fewer records than lines, so that most cost nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import UnreadableFile

MANY_BREAKS = 50  #: line breaks in one value, beyond which somebody should look at it
_PIECE = 4 * 1024 * 1024
_LINE = re.compile(rb"[^\r\n]+")


@dataclass(frozen=True, kw_only=True)
class LongValue:
    """A value with line breaks inside of it, which may hold rows of the file."""

    row: int  #: of the table
    line: int  #: of the file, where its quote opens
    breaks: int
    swallows: bool  #: whether its lines have the delimiters of whole rows

    def __str__(self) -> str:
        return f"line {self.line}: a value with {self.breaks:,} line breaks"


def lines_of(data: bytes) -> int:
    """Lines with something in them."""
    found, ended = 0, True
    for start in range(0, len(data), _PIECE):
        piece = np.frombuffer(data[start : start + _PIECE], dtype=np.uint8)
        ends = (piece == ord("\n")) | (piece == ord("\r"))
        found += int((~ends[1:] & ends[:-1]).sum()) + bool(ended and not ends[0])
        ended = bool(ends[-1])
    return found


def require_closed(name: str, data: bytes, delimiter: str, *, records: int, lines: int) -> None:
    """Refuse a file whose last quote is never closed.

    Where every record is a line of its own only the last line is looked at.

    Raises:
        UnreadableFile: the message names the line where the quote opens.
    """
    start = 0
    if records == lines:
        body = data.rstrip(b"\r\n")
        start = max(body.rfind(b"\n"), body.rfind(b"\r")) + 1
    whole = _values(delimiter).match(data, start)
    if whole is not None and whole.end() < len(data):
        raise never_closed(name, data, whole.end(), delimiter)


def never_closed(name: str, data: bytes, at: int, delimiter: str) -> UnreadableFile:
    """The error about a quote that opens at this byte."""
    shown = data[at : at + 40].split(b"\n")[0].decode("utf-8", "replace").strip()
    left = data.count(b"\n", at)
    return UnreadableFile(
        f"{name}: the quote that opens in line {_line(data, at)} ({shown}) is never closed, so the {left:,} lines "
        f"after it would be one value; close it, or double a quote that belongs to the value, "
        f'as in {delimiter}"5"" screen"{delimiter}'
    )


def open_quote(data: bytes, delimiter: str) -> int | None:
    """Where the quote opens that is still open at the end; None where all are closed."""
    whole = _values(delimiter).match(data)
    return whole.end() if whole is not None and whole.end() < len(data) else None


def longest_value(data: bytes, delimiter: str) -> tuple[int, int]:
    """(line, bytes) of the longest value in quotes, or of the longest line."""
    found = max(chain(_quoted(delimiter).finditer(data), _LINE.finditer(data)), key=lambda m: m.end() - m.start())
    return _line(data, found.start()), found.end() - found.start()


def long_values(table: pa.Table, data: bytes, delimiter: str) -> list[LongValue]:
    """Values that swallow rows, or that have many line breaks."""
    suspects = []
    for place, column in enumerate(table.columns):
        for row in _suspicious_rows(column, delimiter, place, table.num_columns):
            value = column[row].as_py()
            breaks, swallows = value.count("\n"), _swallows(value, delimiter, place, table.num_columns)
            if swallows or breaks > MANY_BREAKS:
                suspects.append((row, value, breaks, swallows))
    line_of = _lines_where_quotes_open([value for _, value, _, _ in suspects], data, delimiter)
    return [
        LongValue(row=row, line=line_of.get(_start(value), 0), breaks=breaks, swallows=swallows)
        for row, value, breaks, swallows in suspects
    ]


def _suspicious_rows(column: pa.ChunkedArray, delimiter: str, place: int, width: int) -> list[int]:
    """Rows whose value may hold rows, going by the line breaks and delimiters in it alone."""
    rows = np.flatnonzero(np.asarray(pc.fill_null(pc.match_substring(column, "\n"), False)))
    if len(rows) == 0:
        return []
    values = column.take(pa.array(rows))
    breaks, splits = (np.asarray(pc.count_substring(values, text)) for text in ("\n", delimiter))
    enough = splits >= np.where(breaks > 1, place + width - 1, max(place, 2))
    return [int(row) for row in rows[enough | (breaks > MANY_BREAKS)]]


def _swallows(value: str, delimiter: str, place: int, width: int) -> bool:
    """Whether the lines of a value in the column at this place are whole rows, and its last the start of one.

    A single line break proves little: then the rest of the last row has to show its own quote.
    """
    _, *inner, last = value.replace("\r", "").split("\n")
    rows = [line for line in inner if line]
    if last.count(delimiter) != place or any(line.count(delimiter) != width - 1 for line in rows):
        return False
    return (len(rows) > 0 and width > 2) or (place > 1 and last.endswith('"'))


def _values(delimiter: str) -> "re.Pattern[bytes]":
    """Everything up to a quote that is never closed: a quote counts only at the start of a value."""
    begun = re.escape(delimiter).encode() + rb"\r\n"
    return re.compile(rb'(?:[^"]++|(?<![^' + begun + rb'])"(?:[^"]++|"")*+"|(?<=[^' + begun + rb'])")*+')


def _quoted(delimiter: str) -> "re.Pattern[bytes]":
    return re.compile(rb"(?<![^" + re.escape(delimiter).encode() + rb'\r\n])"((?:[^"]++|"")*+)"')


def _lines_where_quotes_open(values: Sequence[str], data: bytes, delimiter: str) -> dict[bytes, int]:
    """The line of each value, by how it starts; what follows its closing quote belongs to it as well."""
    found: dict[bytes, int] = {}
    wanted = {_start(value) for value in values}
    for quoted in _quoted(delimiter).finditer(data) if wanted else ():
        if b"\n" in quoted[1]:
            text = quoted[1].replace(b'""', b'"')
            for start in wanted:
                if text[: len(start)] == start[: len(text)]:
                    found.setdefault(start, _line(data, quoted.start()))
    return found


def _start(value: str) -> bytes:
    return value.encode()[:200]


def _line(data: bytes, at: int) -> int:
    """The number of the line in which a byte lies; a file of old Macs has carriage returns alone."""
    return data.count(b"\n" if b"\n" in data else b"\r", 0, at) + 1
