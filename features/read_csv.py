"""CSV files as tables of text: delimiter, encoding, compression, and rows of another length.

Nothing is interpreted here: every value is the text that the file has. A file is read into memory
once, found to be text of its encoding, and only then split into values.
"""

import codecs
import csv
import gzip
import io
import json
import zlib
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv

from features.errors import UnreadableFile, WrongEncoding
from features.read_quotes import (
    LongValue,
    lines_of,
    long_values,
    longest_value,
    never_closed,
    open_quote,
    require_closed,
)

DELIMITERS = (",", ";", "\t", "|")
_HEAD = 256 * 1024
_PIECE = 4 * 1024 * 1024
_BLOCK = 1024 * 1024  #: that Arrow reads at a time; no value may be longer
_BOM = b"\xef\xbb\xbf"
_MARKS = {
    b"PK\x03\x04": "is an Excel workbook or a zip archive, not text; save the sheet as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook, not text; save the sheet as CSV UTF-8",
    b"SQLite format 3": "is an SQLite database, not text; export its tables as CSV",
    b"%PDF": "is a PDF, not a table; export the data as CSV",
    b"BZh": "is compressed with bzip2; use gzip, or none",
    b"(\xb5/\xfd": "is compressed with zstandard; use gzip, or none",
}


@dataclass(frozen=True, kw_only=True)
class CsvText:
    """What a CSV file holds."""

    table: pa.Table  #: every column text, the file's names, none of them twice
    delimiter: str
    odd_rows: tuple[tuple[int, int], ...] = ()  #: (line, values found) of rows with too few or too many values
    lines: int | None = None  #: of the file that aren't empty, where they are more than its records
    long_values: tuple[LongValue, ...] = ()  #: that swallow rows, or have many line breaks


def read_csv(path: Path, *, delimiter: str | None, encoding: str) -> CsvText:
    """Read a CSV or CSV.gz. A record with line breaks inside of its values counts as one line.

    Raises:
        WrongEncoding: it is text of another encoding.
        UnreadableFile: it is empty, binary, of another delimiter, or a quote in it is never closed.
    """
    data = _as_utf8(path.name, _bytes(path), encoding)
    head = data[:_HEAD].decode("utf-8", "ignore")
    split = delimiter or guess_delimiter(head)
    names = _names(path.name, head, split, guessed=delimiter is None)
    table, odd = _parse(path.name, data, names, split, threads=True)
    if odd:  # only a single thread knows the numbers of the rows
        table, odd = _parse(path.name, data, names, split, threads=False)
    lines, suspects = _looked_over(path.name, data, split, table, records=table.num_rows + len(odd) + 1)
    if len(odd) > table.num_rows:
        line, count = odd[0]
        raise UnreadableFile(
            f"{path.name}: {len(odd):,} rows have another number of values than the {len(names)} of the header "
            f"when split at {split!r}; line {line} has {count}. Put the right `delimiter` into ripeness.toml"
        )
    return CsvText(table=table, delimiter=split, odd_rows=tuple(odd), lines=lines, long_values=tuple(suspects))


def _looked_over(
    name: str, data: bytes, delimiter: str, table: pa.Table, *, records: int
) -> tuple[int | None, list[LongValue]]:
    """How many lines there are if they are more than the records, and values that may have swallowed some."""
    if b'"' not in data:
        return None, []
    lines = lines_of(data)
    require_closed(name, data, delimiter, records=records, lines=lines)
    return (lines, long_values(table, data, delimiter)) if lines > records else (None, [])


def guess_delimiter(head: str) -> str:
    """The character that splits the first lines into the same number of values, and into the most."""

    def fitness(delimiter: str) -> tuple[float, int]:
        rows = _rows(head, delimiter, at_most=50)
        if len(rows) > 2 and len(head) >= _HEAD // 2:
            rows = rows[:-1]  # the last may be cut
        widths = [len(row) for row in rows if row]
        return (sum(w == widths[0] for w in widths) / len(widths), widths[0]) if widths and widths[0] > 1 else (0, 0)

    return max(DELIMITERS, key=fitness)


def _rows(head: str, delimiter: str, *, at_most: int) -> list[list[str]]:
    """The first records, up to one with a value longer than Python's reader takes."""
    found: list[list[str]] = []
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    with suppress(csv.Error):
        found.extend(islice(reader, at_most))
    return found


def _bytes(path: Path) -> bytes:
    """The whole file, unpacked."""
    try:
        data = path.read_bytes()
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UnreadableFile(f"{path.name} can't be read or is damaged ({why}); copy it again") from error
    if not data.strip():
        raise UnreadableFile(f"{path.name} is empty; export it again, with its header line")
    for mark, what in _MARKS.items():
        if data.startswith(mark):
            raise UnreadableFile(f"{path.name} {what}")
    return data


def _as_utf8(name: str, data: bytes, encoding: str) -> bytes:
    """The text as UTF-8 without a mark at its start, once it is sure to be text of its encoding."""
    try:
        codec = codecs.lookup(encoding).name.removesuffix("-sig")
    except LookupError as error:
        raise UnreadableFile(
            f"{name}: {encoding!r} is no encoding; put 'utf-8', 'utf-8-sig' or 'cp1252' into ripeness.toml"
        ) from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and not codec.startswith("utf-16"):
        raise WrongEncoding(f'{name} is UTF-16; put `encoding = "utf-16"` into ripeness.toml, or save it as UTF-8')
    if b"\x00" in data and not codec.startswith(("utf-16", "utf-32")):
        raise UnreadableFile(
            f"{name} is no text: byte {data.index(0)} is 0; is it really a CSV or Parquet file? Export it again"
        )
    if codec == "utf-8":
        _require_utf8(name, data)
        return data.removeprefix(_BOM)
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeError as error:
        raise _wrong_encoding(name, encoding, data, getattr(error, "start", 0)) from error


def _require_utf8(name: str, data: bytes) -> None:
    """Decode piece by piece, so that a large file isn't in memory twice."""
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(data)
    for start in range(0, len(data), _PIECE):
        piece = view[start : start + _PIECE]
        try:
            decoder.decode(piece, final=start + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            begun = len(error.object) - len(piece)  # bytes of a character that the last piece left over
            raise _wrong_encoding(name, "utf-8", data, start - begun + error.start) from error


def _wrong_encoding(name: str, encoding: str, data: bytes, at: int) -> WrongEncoding:
    return WrongEncoding(
        f"{name} is not {encoding}: byte {at} is 0x{data[at]:02x}. "
        'Put its encoding into ripeness.toml (files from Excel: `encoding = "cp1252"`), or save it as UTF-8'
    )


def _names(name: str, head: str, delimiter: str, *, guessed: bool) -> list[str]:
    header = next((row for row in _rows(head, delimiter, at_most=50) if row), [head[:80]])
    if len(header) < 2:
        other = guess_delimiter(head)
        hint = f"the header looks as if {other!r} splits it" if other in header[0] else "one column can't be enough"
        advice = (
            "" if guessed and other not in header[0] else f"; put `delimiter = {json.dumps(other)}` into ripeness.toml"
        )
        raise UnreadableFile(
            f"{name} has a single column, {header[0][:80]!r}, when split at {delimiter!r}: {hint}{advice}"
        )
    return unique_names([column.strip() for column in header])


def unique_names(names: list[str]) -> list[str]:
    """Names without gaps and doubles: `column_3` for none, `city.2` for the second `city`."""
    found: dict[str, None] = {}
    for i, name in enumerate(names, 1):
        base = free = name or f"column_{i}"
        number = 1
        while free in found:
            number += 1
            free = f"{base}.{number}"
        found[free] = None
    return list(found)


def _parse(
    name: str, data: bytes, names: list[str], delimiter: str, *, threads: bool
) -> tuple[pa.Table, list[tuple[int, int]]]:
    odd: list[tuple[int, int]] = []

    def skip(row: arrow_csv.InvalidRow) -> str:
        odd.append((row.number or 0, row.actual_columns))
        return "skip"

    try:
        table = arrow_csv.read_csv(
            io.BytesIO(data),
            arrow_csv.ReadOptions(use_threads=threads, column_names=names, skip_rows_after_names=1, block_size=_BLOCK),
            arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid as error:
        raise _unparsed(name, data, delimiter, error) from error
    return table, odd


def _unparsed(name: str, data: bytes, delimiter: str, error: pa.ArrowInvalid) -> UnreadableFile:
    """Why Arrow gives up: a quote that is never closed, a value longer than a block, or what it says itself."""
    at = open_quote(data, delimiter)
    if at is not None:
        return never_closed(name, data, at, delimiter)
    line, length = longest_value(data, delimiter)
    if length > _BLOCK // 2:
        return UnreadableFile(
            f"{name}: a value that begins in line {line} has {length:,} bytes, more than a value can have; "
            "was its quote meant to close earlier? Shorten it, or leave its column out of the export"
        )
    return UnreadableFile(f"{name} can't be read as CSV: {error}; export it again")
