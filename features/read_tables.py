"""Files of an export as Arrow tables, with the line of every row and a sieve for rows that can't stay."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.columns import is_nested
from features.errors import BadTable, UnreadableFile
from features.read_csv import CsvText, read_csv, unique_names
from features.read_parquet import read_parquet
from features.read_quotes import MANY_BREAKS
from features.tables import Refusal

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

EXAMPLES = 3  #: how many rows at fault are shown
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".txt", ".tsv.gz", ".txt.gz", ".parquet", ".pq")


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """A file as it is: columns of text (CSV) or of any type (Parquet)."""

    name: str  #: of the file
    table: pa.Table
    lines: Ints  #: the line of each row in the file; in Parquet the row's number from 1 on
    unit: str = "line"
    delimiter: str | None = None
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    lines_in_file: int | None = None  #: where they are more than its records

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def rows_in_file(self) -> int:
        """Rows of the file, with those that have another number of values than the header."""
        return len(self) + sum(refusal.count for refusal in self.refusals)

    @property
    def names(self) -> list[str]:
        """The columns in order."""
        return list(self.table.column_names)

    def where(self, row: int) -> str:
        """`line 17`."""
        return f"{self.unit} {self.lines[row]}"

    def column(self, name: str, key: str) -> pa.ChunkedArray:
        """The column of this name, of values that are no lists.

        Raises:
            BadTable: there is none; `key` is where ripeness.toml names it.
        """
        self.require(name, key)
        column = self.table.column(name)
        if is_nested(column):
            raise BadTable(f"{self.name}: {name} holds lists or bytes, which {key} can't be; export it as text")
        return column

    def require(self, name: str, key: str) -> None:
        """Refuse a name that is no column; `key` is where ripeness.toml says it.

        Raises:
            BadTable: the message lists the columns that there are.
        """
        if name in self.names:
            return
        close = get_close_matches(name, self.names, n=1, cutoff=0.6)
        meant = f" (did you mean {close[0]!r}?)" if close else ""
        raise BadTable(
            f"{self.name} has no column {name!r}, which {key} in ripeness.toml names{meant}; "
            f"it has: {', '.join(map(repr, self.names[:60]))}{' ...' if len(self.names) > 60 else ''}"
        )


@dataclass
class Sieve:
    """Which rows of a table stay, and why the others don't. A row is refused once, for its first fault."""

    raw: RawTable
    stays: Bools = field(init=False)
    refusals: list[Refusal] = field(init=False)

    def __post_init__(self) -> None:
        self.stays = np.ones(len(self.raw), dtype=np.bool_)
        self.refusals = list(self.raw.refusals)

    def refuse(self, wrong: Bools, reason: str, show: Callable[[int], str]) -> None:
        """Leave out the rows that are `wrong`; `show` says what one of them holds."""
        hit = np.flatnonzero(wrong & self.stays)
        if len(hit) == 0:
            return
        self.stays[hit] = False
        examples = tuple(f"{self.raw.where(int(row))}: {show(int(row))}" for row in hit[:EXAMPLES])
        self.refusals.append(Refusal(table=self.raw.name, reason=reason, count=len(hit), examples=examples))

    @property
    def summary(self) -> str:
        """All refusals in one line, for an error when nothing stays."""
        return "; ".join(f"{r.count:,} rows: {r.reason} ({', '.join(r.examples[:1])})" for r in self.refusals)


def read_table(folder: Path, file: str, *, delimiter: str | None = None, encoding: str = "utf-8") -> RawTable:
    """Read one CSV, CSV.gz or Parquet file of the folder.

    Raises:
        UnreadableFile: it isn't there, is empty, damaged, a folder, or of another format.
    """
    path = folder / file
    _require_file(folder, path)
    try:
        with path.open("rb") as opened:
            is_parquet = opened.read(4) == b"PAR1"
    except OSError as error:
        raise UnreadableFile(f"{path.name} can't be opened: {error.strerror}; check its permissions") from error
    if is_parquet or path.suffix in {".parquet", ".pq"}:
        return _read_parquet(path)
    return _read_csv(path, delimiter, encoding)


def tables_in(folder: Path) -> list[str]:
    """Names of the files of a folder that look like tables, sorted."""
    return sorted(p.name for p in folder.iterdir() if p.name.lower().endswith(SUFFIXES) and p.is_file())


def _require_file(folder: Path, path: Path) -> None:
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "is not there"
        raise UnreadableFile(f"the folder {folder} {what}; name the folder that holds the export")
    if path.is_dir():
        raise UnreadableFile(f"{path.name} is a folder, not a file; name one CSV, CSV.gz or Parquet file in it")
    if not path.exists():
        found = ", ".join(tables_in(folder)) or "no CSV, CSV.gz or Parquet file"
        raise UnreadableFile(f"{path.name} is not in {folder}; it holds {found}. Name the file in ripeness.toml")


def _read_csv(path: Path, delimiter: str | None, encoding: str) -> RawTable:
    read = read_csv(path, delimiter=delimiter, encoding=encoding)
    lines = np.arange(2, 2 + read.table.num_rows + len(read.odd_rows), dtype=np.int64)
    if read.odd_rows:
        lines = np.setdiff1d(lines, [line for line, _ in read.odd_rows])[: read.table.num_rows]
    swallowed = np.isin(np.arange(read.table.num_rows), [v.row for v in read.long_values if v.swallows])
    return RawTable(
        name=path.name,
        table=read.table.filter(pa.array(~swallowed)) if swallowed.any() else read.table,
        lines=lines[~swallowed],
        delimiter=read.delimiter,
        refusals=tuple(_refusals(path.name, read)),
        notes=tuple(_about_long_values(path.name, read)),
        lines_in_file=read.lines,
    )


def _refusals(name: str, read: CsvText) -> Iterator[Refusal]:
    """Records that are no rows."""
    width = len(read.table.column_names)
    if read.odd_rows:
        yield Refusal(
            table=name,
            reason=f"the row has another number of values than the {width} of the header; "
            "quote values that hold the delimiter",
            count=len(read.odd_rows),
            examples=tuple(f"line {line}: {count} values" for line, count in read.odd_rows[:EXAMPLES]),
        )
    found = [value for value in read.long_values if value.swallows]
    if found:
        yield Refusal(
            table=name,
            reason=f"a quote that isn't closed in its line swallows {sum(v.breaks for v in found):,} rows that follow; "
            "close it, or double a quote that belongs to the value",
            count=len({value.row for value in found}),
            examples=tuple(map(str, found[:EXAMPLES])),
        )


def _about_long_values(name: str, read: CsvText) -> Iterator[str]:
    found = [value for value in read.long_values if not value.swallows]
    if found:
        shown = ", ".join(map(str, found[:EXAMPLES]))
        yield (
            f"{name}: {len(found):,} values have more than {MANY_BREAKS} line breaks ({shown}); look whether a quote "
            "was meant to close earlier"
        )


def _read_parquet(path: Path) -> RawTable:
    table = read_parquet(path)
    table = table.rename_columns(unique_names(table.column_names))
    return RawTable(name=path.name, table=table, lines=np.arange(1, 1 + table.num_rows), unit="row")
