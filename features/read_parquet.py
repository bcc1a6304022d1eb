"""Parquet files as tables of few types: what Arrow can hold but hardly any function takes is made plain once.

After it a column is text (row by row or by its distinct values), whole or decimal numbers, booleans, dates or
times that a calendar has, nulls, or lists and bytes that no attribute can be.
"""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.columns import is_distinct_text
from features.errors import UnreadableFile

#: of one unit, in years 1 to 9999 with a day to spare for time zones
_FIRST_DAY, _LAST_DAY = -719_160, 2_932_894
_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_MOST = 2**63 - 1


def read_parquet(path: Path) -> pa.Table:
    """The table with plain types; its columns as they are named.

    Raises:
        UnreadableFile: it is no whole Parquet file.
    """
    try:
        table = pq.ParquetFile(path).read()
        table.validate(full=True)  # texts that are no UTF-8 would stop us later, and without their name
        columns = [plain_column(column) for column in table.columns]
    except (pa.ArrowException, OSError) as error:
        raise no_whole_parquet(path, error) from error
    return pa.Table.from_arrays(columns, names=table.column_names)


def no_whole_parquet(path: Path, error: Exception) -> UnreadableFile:
    """What to say of a file that Arrow refuses."""
    why = " ".join(str(error).split())[:120]
    return UnreadableFile(f"{path.name} is no whole Parquet file ({why}); export it again")


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same values in a type that every part of Ripeness reads."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return plain_column(pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type))
    if is_distinct_text(kind):
        return column
    if pa.types.is_dictionary(kind):
        return plain_column(column.cast(kind.value_type))
    return next((made(column) for fits, made in _PLAIN if fits(kind)), column)


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals as whole numbers where they are, so that 17.00 is the id 17."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column.cast(pa.float64(), safe=False)


def _in_the_calendar(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times beyond the years 1 to 9999 moved to their edges, where they are refused as times with their rows."""
    kind = column.type
    is_days = pa.types.is_date32(kind)
    unit = 1 if is_days else _PER_DAY["ms" if pa.types.is_date64(kind) else kind.unit]
    whole = column.cast(pa.int32()).cast(pa.int64()) if is_days else column.cast(pa.int64())
    low, high = max(_FIRST_DAY * unit, -_MOST), min(_LAST_DAY * unit, _MOST)
    inside = pc.max_element_wise(pc.min_element_wise(whole, high, skip_nulls=False), low, skip_nulls=False)
    return (inside.cast(pa.int32()) if is_days else inside).cast(kind)


def _seconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Durations as decimal numbers."""
    per_second = _PER_DAY[column.type.unit] / _PER_DAY["s"]
    return pc.divide(column.cast(pa.int64()).cast(pa.float64(), safe=False), per_second)


def _text_if_any(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Some systems write texts as bytes; other bytes of a fixed length are keys, and shown as hexadecimal digits."""
    as_bytes, fixed = column.cast(pa.binary()), pa.types.is_fixed_size_binary(column.type)
    try:
        text = as_bytes.cast(pa.string())
    except pa.ArrowInvalid:
        text = None
    if text is not None and not (fixed and pc.any(pc.match_substring(text, "\0")).as_py()):
        return text
    if not fixed:
        return as_bytes
    return pa.chunked_array([[None if key is None else key.hex() for key in as_bytes.to_pylist()]], pa.string())


def _as_string(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string())


def _as_float(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.float64())


_is = pa.types
_PLAIN: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.ChunkedArray], pa.ChunkedArray]], ...] = (
    (lambda kind: _is.is_large_string(kind) or _is.is_string_view(kind), _as_string),
    (_is.is_float16, _as_float),
    (_is.is_decimal, _numbers),
    (lambda kind: _is.is_timestamp(kind) or _is.is_date(kind), _in_the_calendar),
    (_is.is_duration, _seconds),
    (lambda kind: _is.is_binary(kind) or _is.is_large_binary(kind), _text_if_any),
    (lambda kind: _is.is_fixed_size_binary(kind) or _is.is_binary_view(kind), _text_if_any),
)
