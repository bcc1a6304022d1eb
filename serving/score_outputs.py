"""Files of scores: Parquet with nested reasons, or CSV in which they are JSON. They appear complete or not at all."""

import csv
import gzip
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import UnreadableFile
from serving.whole_base import SCHEMA

CSV, CSV_GZ = ".csv", ".csv.gz"


class Writer(Protocol):
    """Takes batches of `SCHEMA` in order."""

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Add these rows."""


@contextmanager
def writing(out: Path, metadata: Mapping[str, str]) -> Iterator[Writer]:
    """A writer into a file beside `out`, which takes its place at the end.

    Raises:
        UnreadableFile: the file can't be written.
    """
    beside = beside_of(out)
    try:
        with _writer(out, beside, metadata) as writer:
            yield writer
        beside.replace(out)
    except OSError as error:
        raise UnreadableFile(f"{out} can't be written ({error.strerror}); name another file with --out") from error
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _writer(out: Path, beside: Path, metadata: Mapping[str, str]) -> Iterator[Writer]:
    if out.name.endswith((CSV, CSV_GZ)):
        with _text(out, beside) as file:
            yield _CsvWriter(file)
        return
    with pq.ParquetWriter(beside, SCHEMA.with_metadata(dict(metadata)), compression="zstd") as writer:
        yield _ParquetWriter(writer, metadata)


@contextmanager
def _text(out: Path, beside: Path) -> Iterator[IO[str]]:
    if not out.name.endswith(CSV_GZ):
        with beside.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    with (
        beside.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as file,
    ):
        yield file


class _ParquetWriter:
    def __init__(self, writer: pq.ParquetWriter, metadata: Mapping[str, str]) -> None:
        self._writer, self._metadata = writer, dict(metadata)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Add these rows as a row group."""
        self._writer.write_batch(batch.replace_schema_metadata(self._metadata))


class _CsvWriter:
    """Lists and reasons are JSON, in one column each."""

    def __init__(self, file: IO[str]) -> None:
        self._rows = csv.writer(file)
        self._rows.writerow(SCHEMA.names)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Add these rows."""
        columns = [_cells(column) for column in batch.columns]
        self._rows.writerows(zip(*columns, strict=True))


def _cells(column: pa.Array) -> list[object]:
    values = column.to_pylist()
    return [orjson.dumps(value).decode() for value in values] if pa.types.is_list(column.type) else values


def require_writable(out: Path) -> None:
    """Find out before any work whether the file can be written.

    Raises:
        UnreadableFile: it is a folder, its folder isn't there, or it may not be written.
    """
    if out.is_dir():
        raise UnreadableFile(f"{out} is a folder; name a file in it with --out")
    beside = beside_of(out)
    try:
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise UnreadableFile(f"{out} can't be written ({error.strerror}); name another file with --out") from error


def beside_of(out: Path) -> Path:
    """Where the file grows until it is whole."""
    return out.with_name(out.name + ".part")
