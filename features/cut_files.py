"""The files of an export batch by batch, for exports that should not lie in memory whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.read_parquet import no_whole_parquet, plain_column
from features.read_tables import RawTable, read_table
from features.settings import ChangesFile, EventsFile, LeadsFile, Settings

BATCH = 2**20  #: rows
A_LOOK = 10_000  #: rows
FEW_WORDS = 20  #: rows for each word, at least, where words repeat


@dataclass(frozen=True)
class CutFile:
    """One file that has a lead in each row."""

    folder: Path
    name: str
    section: str  #: of ripeness.toml that describes it
    lead_id: str  #: the column
    times: dict[str, str]  #: columns of times by what they mean
    columns: tuple[str, ...] | None  #: all that are read; None for every one of the file
    delimiter: str | None
    encoding: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.name

    @cached_property
    def is_parquet(self) -> bool:
        """Whether it can be read in batches; other files are read whole, once."""
        with self.path.open("rb") as opened:
            return opened.read(4) == b"PAR1"

    @cached_property
    def raw(self) -> RawTable:
        """The whole of a file that is no Parquet."""
        return read_table(self.folder, self.name, delimiter=self.delimiter, encoding=self.encoding)

    @cached_property
    def names(self) -> list[str]:
        """The file's columns."""
        return list(pq.read_schema(self.path).names if self.is_parquet else self.raw.names)

    @cached_property
    def rows(self) -> int:
        """How many it has."""
        return int(pq.read_metadata(self.path).num_rows) if self.is_parquet else len(self.raw)

    def is_text(self, name: str) -> bool:
        """Whether a column is text."""
        if not self.is_parquet:
            return True
        kind = pq.read_schema(self.path).field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))

    @cached_property
    def repeating(self) -> list[str]:
        """The columns of text that hold few words many times, by a look at the first rows.

        Arrow would take a name with a dot for the part of a structure too.
        """
        others = {self.lead_id, *self.times.values()}
        texts = [name for name in self.names if self.is_text(name) and name not in others and "." not in name]
        with pq.ParquetFile(self.path) as file:
            first = next(file.iter_batches(A_LOOK, columns=texts), None) if texts else None
        if first is None or not len(first):
            return []
        return [name for name in texts if len(first.column(name).unique()) * FEW_WORDS <= len(first)]

    @cached_property
    def holds_keys(self) -> bool:
        """Whether it has bytes of a fixed length, of which only all rows tell whether they are text."""
        schema = pq.read_schema(self.path) if self.is_parquet else pa.schema([])
        kinds = (schema.field(name).type for name in self.columns or self.names if name in schema.names)
        return any(pa.types.is_fixed_size_binary(k.value_type if pa.types.is_dictionary(k) else k) for k in kinds)

    def batches(self, columns: tuple[str, ...] | None = None) -> Iterator[pa.Table]:
        """The rows in the file's order, with some of the columns, of types that every part of Ripeness reads.

        Raises:
            UnreadableFile: it is no whole Parquet file.
        """
        for table in self.as_they_are(columns):
            yield pa.Table.from_arrays([self.plain(column) for column in table.columns], names=table.column_names)

    def as_they_are(self, columns: tuple[str, ...] | None = None) -> Iterator[pa.Table]:
        """The same with the file's own types, which don't hang on a batch's values; without rows an empty table.

        Raises:
            UnreadableFile: it is no whole Parquet file.
        """
        chosen = list(columns or self.columns or self.names)
        if not self.is_parquet:
            whole = self.raw.table.select(chosen)
            yield from (whole.slice(start, BATCH) for start in range(0, max(1, len(whole)), BATCH))
            return
        try:
            with pq.ParquetFile(self.path, read_dictionary=self.repeating) as file:
                if not file.metadata.num_rows:
                    yield file.schema_arrow.empty_table().select(chosen)
                for batch in file.iter_batches(BATCH, columns=chosen):
                    yield pa.Table.from_batches([batch]).select(chosen)
        except (pa.ArrowException, OSError) as error:
            raise no_whole_parquet(self.path, error) from error

    def plain(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """A column of a batch in a type that every part of Ripeness reads.

        Raises:
            UnreadableFile: a text is no UTF-8.
        """
        try:
            column.validate(full=True)
            return plain_column(column)
        except pa.ArrowException as error:
            raise no_whole_parquet(self.path, error) from error


def cut_files(folder: Path, settings: Settings) -> tuple[CutFile, ...]:
    """The leads, events and changes that the settings name."""
    data = settings.data
    found: list[tuple[LeadsFile | EventsFile | ChangesFile, str, dict[str, str | None], tuple[str, ...] | None]] = []
    leads = data.leads
    named = {key: getattr(leads, key) for key in ("created_at", "closed_won_at", "closed_lost_at", "closed_at")}
    found.append((leads, "data.leads", named, None))
    for spec, section in ((data.events, "data.events"), (data.attribute_changes, "data.attribute_changes")):
        if spec is not None:
            keys = ("happened_at", "known_at") if section == "data.events" else ("known_at",)
            columns = tuple(dict.fromkeys(n for n in _columns_of(spec.model_dump()) if n is not None))
            found.append((spec, section, {key: getattr(spec, key) for key in keys}, columns))
    return tuple(
        CutFile(
            folder=folder,
            name=spec.file,
            section=section,
            lead_id=spec.lead_id or "",
            times={key: name for key, name in times.items() if name is not None},
            columns=columns,
            delimiter=spec.delimiter,
            encoding=spec.encoding,
        )
        for spec, section, times, columns in found
    )


def _columns_of(spec: dict[str, str | None]) -> list[str | None]:
    """What a section of settings names besides the file itself."""
    return [value for key, value in spec.items() if key not in ("file", "delimiter", "encoding")]
