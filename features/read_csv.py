"""CSV files as tables of text: delimiter, encoding, compression, and rows of another length.

Nothing is interpreted here: every value is the text that the file has.
"""

import csv
import gzip
import io
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from features.errors import UnreadableFile

DELIMITERS = (",", ";", "\t", "|")
_HEAD = 256 * 1024
_MARKS = {
    b"PK\x03\x04": "is an Excel workbook or a zip archive, not text; save the sheet as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook, not text; save the sheet as CSV UTF-8",
    b"SQLite format 3": "is an SQLite database, not text; export its tables as CSV",
    b"%PDF": "is a PDF, not a table; export the data as CSV",
    b"BZh": "is compressed with bzip2; use gzip, or none",
    b"(\xb5/\xfd": "is compressed with zstandard; use gzip, or none",
}
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True, kw_only=True)
class CsvText:
    """What a CSV file holds."""

    table: pa.Table  #: every column text, the file's names, none of them twice
    delimiter: str
    odd_rows: tuple[tuple[int, int], ...] = ()  #: (line, values found) of rows with too few or too many values


def read_csv(path: Path, *, delimiter: str | None, encoding: str) -> CsvText:
    """Read a CSV or CSV.gz.

    Raises:
        UnreadableFile: it is empty, binary, of another encoding or delimiter.
    """
    head = _decoded(path, _head(path), encoding)
    split = delimiter or guess_delimiter(head)
    names = _names(path, head, split, guessed=delimiter is None)
    table, odd = _parse(path, names, split, encoding, threads=True)
    if odd:  # only a single thread knows the numbers of the rows
        table, odd = _parse(path, names, split, encoding, threads=False)
        if len(odd) > table.num_rows:
            line, count = odd[0]
            raise UnreadableFile(
                f"{path.name}: {len(odd):,} rows have another number of values than the {len(names)} of the header "
                f"when split at {split!r}; line {line} has {count}. Put the right `delimiter` into ripeness.toml"
            )
    return CsvText(table=table, delimiter=split, odd_rows=tuple(odd))


def guess_delimiter(head: str) -> str:
    """The character that splits the first lines into the same number of values, and into the most."""
    lines = head.splitlines()[:50]
    if len(lines) > 2 and len(head) >= _HEAD // 2:
        lines = lines[:-1]  # the last may be cut

    def fitness(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        return (sum(w == widths[0] for w in widths) / len(widths), widths[0]) if widths and widths[0] > 1 else (0, 0)

    return max(DELIMITERS, key=fitness)


def _head(path: Path) -> bytes:
    try:
        with _open(path) as file:
            head = file.read(_HEAD)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile(f"{path.name} can't be read ({_say(error)}); copy it again") from error
    if not head.strip():
        raise UnreadableFile(f"{path.name} is empty; export it again, with its header line")
    for mark, what in _MARKS.items():
        if head.startswith(mark):
            raise UnreadableFile(f"{path.name} {what}")
    return head


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]  # GzipFile reads bytes


def _say(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _decoded(path: Path, head: bytes, encoding: str) -> str:
    utf16 = next((name for bom, name in _BOMS.items() if head.startswith(bom)), None)
    if utf16 and not encoding.lower().startswith("utf-16"):
        raise UnreadableFile(
            f'{path.name} is UTF-16; put `encoding = "utf-16"` into ripeness.toml, or save it as UTF-8'
        )
    if not utf16 and b"\x00" in head:
        raise UnreadableFile(f"{path.name} is no text: byte {head.index(0)} is 0; is it really a CSV or Parquet file?")
    try:
        reader = io.TextIOWrapper(io.BytesIO(head), encoding=encoding, errors="replace", newline="")
    except LookupError as error:
        raise UnreadableFile(
            f"{path.name}: {encoding!r} is no encoding; put 'utf-8', 'utf-8-sig' or 'cp1252' into ripeness.toml"
        ) from error
    return reader.read().removeprefix("\ufeff")


def _names(path: Path, head: str, delimiter: str, *, guessed: bool) -> list[str]:
    header = next((row for row in csv.reader(io.StringIO(head), delimiter=delimiter) if row), [])
    if len(header) < 2:
        other = guess_delimiter(head)
        hint = f"the header looks as if {other!r} splits it" if other in header[0] else "one column can't be enough"
        advice = (
            "" if guessed and other not in header[0] else f"; put `delimiter = {json.dumps(other)}` into ripeness.toml"
        )
        raise UnreadableFile(
            f"{path.name} has a single column, {header[0][:80]!r}, when split at {delimiter!r}: {hint}{advice}"
        )
    return unique_names([name.strip() for name in header])


def unique_names(names: list[str]) -> list[str]:
    """Names without gaps and doubles: `column_3` for none, `city.2` for the second `city`."""
    found: list[str] = []
    for i, name in enumerate(names, 1):
        base = name or f"column_{i}"
        same = sum(other == base or other.startswith(f"{base}.") for other in found)
        found.append(f"{base}.{same + 1}" if base in found else base)
    return found


def _parse(
    path: Path, names: list[str], delimiter: str, encoding: str, *, threads: bool
) -> tuple[pa.Table, list[tuple[int, int]]]:
    odd: list[tuple[int, int]] = []

    def skip(row: arrow_csv.InvalidRow) -> str:
        odd.append((row.number or 0, row.actual_columns))
        return "skip"

    try:
        with _open(path) as file:
            table = arrow_csv.read_csv(
                file,
                arrow_csv.ReadOptions(
                    use_threads=threads, column_names=names, skip_rows_after_names=1, encoding=_codec(encoding)
                ),
                arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip),
                arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
            )
    except (pa.ArrowInvalid, UnicodeDecodeError, EOFError, zlib.error, OSError) as error:
        raise _why_unreadable(path, encoding, error) from error
    return table, odd


def _codec(encoding: str) -> str:
    return "utf-8" if encoding.lower().replace("_", "-") in {"utf-8-sig", "utf8", "utf-8"} else encoding


def _why_unreadable(path: Path, encoding: str, error: Exception) -> UnreadableFile:
    """Find the first byte that isn't of the encoding; that is what mostly stops the reader."""
    position = 0
    try:
        with _open(path) as file:
            for line in file:
                line.decode(encoding if position == 0 else _codec(encoding))
                position += len(line)
    except UnicodeDecodeError as wrong:
        at = position + wrong.start
        return UnreadableFile(
            f"{path.name} is not {encoding}: byte {at} is 0x{wrong.object[wrong.start]:02x}. "
            'Put its encoding into ripeness.toml (files from Excel: `encoding = "cp1252"`), or save it as UTF-8'
        )
    except (OSError, EOFError, zlib.error) as broken:
        return UnreadableFile(f"{path.name} is damaged after {position:,} bytes ({_say(broken)}); copy it again")
    return UnreadableFile(f"{path.name} can't be read as CSV: {error}")
