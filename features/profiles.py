"""Tables and columns as they look before anybody has said what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from features.column_names import TABLE_NAMES, fitness, name_words
from features.columns import Text, is_nested, numbers_of, text_of
from features.errors import UnreadableFile, WrongEncoding
from features.read_tables import RawTable, read_table, tables_in
from features.settings import Data
from features.times import Times, read_times

SAMPLE = 20_000  #: rows that are looked at where a look is enough
MISSING = frozenset({*Data().missing_words, "NA"})
OUR_SCORES = {"lead_id", "probability", "score"}  #: columns of a table that `ripeness score` wrote
USUAL = "utf-8"
NEARLY = 0.95  #: of the values of an id are distinct
Names = Mapping[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True)
class ColumnProfile:
    """One column: what kind of values it holds."""

    name: str
    column: pa.ChunkedArray

    @cached_property
    def sample(self) -> pa.ChunkedArray:
        """At most `SAMPLE` rows, evenly spread."""
        rows = len(self.column)
        return (
            self.column if rows <= SAMPLE else self.column.take(pa.array(np.linspace(0, rows - 1, SAMPLE, dtype=int)))
        )

    @cached_property
    def seen(self) -> Text:
        """The sample as text."""
        return text_of(self.sample, MISSING)

    @cached_property
    def text(self) -> Text:
        """All values as text."""
        return text_of(self.column, MISSING)

    @cached_property
    def filled(self) -> float:
        """Share of values that aren't missing."""
        return 1.0 - float(self.seen.missing.mean()) if len(self.seen) else 0.0

    @cached_property
    def is_unique(self) -> bool:
        """Whether every row has its own value."""
        few = len(self.seen) > 0 and len(self.seen.words) == len(self.seen)  # spares most columns the whole look
        return few and len(self.text.words) == len(self.text)

    @cached_property
    def is_nearly_unique(self) -> bool:
        """Whether nearly every row has its own value: an id that was exported twice for a few."""
        enough = NEARLY * len(self.seen)
        return 0 < enough <= len(self.seen.words) and len(self.text.words) >= NEARLY * len(self.text)

    @property
    def doubles(self) -> int:
        """Rows with a value that an earlier row has."""
        return int((~self.text.missing).sum()) - len(self.text.words)

    @cached_property
    def is_key(self) -> bool:
        """Whether no value comes twice; some may be missing."""
        present = int((~self.text.missing).sum())
        return present > 0.5 * len(self.text) and len(self.text.words) == present

    @cached_property
    def times(self) -> Times:
        """The sample as times in UTC, dates with slashes day-first."""
        return read_times(self.sample, zone=ZoneInfo("UTC"), day_first=True, missing=MISSING)

    @cached_property
    def is_time(self) -> bool:
        """Whether nearly every value is a time."""
        if pa.types.is_floating(self.column.type) or is_nested(self.column):
            return False
        month_first = read_times(self.sample, zone=ZoneInfo("UTC"), day_first=False, missing=MISSING)
        present = max(1, int((~self.seen.missing).sum()))
        return self.filled > 0 and max(int(t.known.sum()) for t in (self.times, month_first)) >= 0.95 * present

    @cached_property
    def is_number(self) -> bool:
        """Whether every value is a number."""
        if is_nested(self.column) or pa.types.is_temporal(self.column.type):
            return False
        _, wrong = numbers_of(self.sample, MISSING)
        return self.filled > 0 and not wrong.any()


@dataclass(frozen=True)
class TableProfile:
    """One file of the folder."""

    raw: RawTable
    encoding: str = USUAL

    @property
    def name(self) -> str:
        """The file's name."""
        return self.raw.name

    @cached_property
    def columns(self) -> Mapping[str, ColumnProfile]:
        """Columns by name, in order; lists and the like can't mean anything here."""
        table = self.raw.table
        return {n: ColumnProfile(n, table.column(n)) for n in self.raw.names if not is_nested(table.column(n))}

    @property
    def delimiter(self) -> str | None:
        """The delimiter, where it isn't the usual one."""
        return None if self.raw.delimiter == "," else self.raw.delimiter

    def is_called(self, what: str) -> bool:
        """Whether the file's name says that it holds leads, events or changes."""
        return bool(TABLE_NAMES[what] & set(name_words(self.name.split(".")[0])))

    def ranked(self, names: Names, meaning: str) -> list[ColumnProfile]:
        """Columns whose names fit the meaning, the best first."""
        fits = {name: fitness(names[meaning], name) for name in self.columns}
        return [self.columns[n] for n in sorted(fits, key=lambda n: -fits[n]) if fits[n] > 0]


def profiles(folder: Path) -> tuple[list[TableProfile], list[str]]:
    """Every table of the folder that can be read, and a note for each that can't.

    Raises:
        UnreadableFile: the folder isn't there, or none of its files can be read.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "is not there"
        raise UnreadableFile(f"{folder} {what}; name the folder that holds the export")
    found, notes = [], []
    for name in tables_in(folder):
        try:
            table = _profile(folder, name)
        except UnreadableFile as error:
            notes.append(f"left out: {error}")
            continue
        if table.encoding != USUAL:
            notes.append(f"{name} isn't {USUAL}; it is read as {table.encoding}")
        if set(table.columns) >= OUR_SCORES:
            notes.append(f"left out: {name} holds scores that Ripeness wrote")
        else:
            found.append(table)
    if not found:
        why = "; ".join(notes) or "it holds no CSV, CSV.gz or Parquet file"
        raise UnreadableFile(f"{folder} has no table that can be read: {why}")
    return found, notes


def _profile(folder: Path, name: str) -> TableProfile:
    """Read as UTF-8, or as what Excel writes where that fails."""
    try:
        return TableProfile(read_table(folder, name))
    except WrongEncoding:
        for encoding in ("cp1252", "utf-16"):
            try:
                return TableProfile(read_table(folder, name, encoding=encoding), encoding)
            except UnreadableFile:
                continue
        raise
