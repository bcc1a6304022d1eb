"""An export on Spark, cut into parts of whole leads: each part is read by the same reader as on one machine.

A cluster reads Parquet: files, or folders of them, on whatever storage it knows. Rows are put back into the order of
their files before a part is read, so that the first of two equal leads is the same one as on one machine.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.pandas.types import from_arrow_schema

from features.columns import text_of
from features.cut_files import CutFile, cut_files
from features.cut_whole import Latest, Whole, configured_end, decided_order, last_of_each
from features.data_end import DataEnd
from features.errors import BadSettings, BadTable
from features.settings import Settings
from features.times import DayOrder, day_order

ROW, FILE, TABLE, PART = "row__", "file__", "table__", "part__"
ROOM = 100_000  #: last times that are looked at, which is one row in a thousand of 10^8

Work = Callable[[Path, pa.Table], pa.Table]  #: what is done with a part's folder, and with its rows of a further table


def address(folder: Path) -> str:
    """A folder as Spark names it; `Path` makes one slash of the two in `s3a://`."""
    return re.sub(r"^([a-z][a-z0-9+.-]+):/(?!/)", r"\1://", str(folder))


def frame(spark: SparkSession, folder: Path, file: CutFile) -> DataFrame:
    """A file's rows with where they stand.

    Raises:
        BadSettings: it is no Parquet.
        BadTable: a column that the settings name isn't there.
    """
    if not file.name.endswith((".parquet", ".pq")):
        raise BadSettings(f"--engine spark reads Parquet, and {file.name} is another format; export it as Parquet")
    rows = spark.read.parquet(f"{address(folder)}/{file.name}")
    absent = {file.lead_id, *file.times.values(), *(file.columns or ())} - set(rows.columns)
    if absent:
        raise BadTable(f"{file.name} has no column {sorted(absent)[0]!r}, which ripeness.toml names")
    chosen = [f.col(f"`{name}`") for name in file.columns or rows.columns]
    place = [f.col("_metadata.file_path").alias(FILE), f.col("_metadata.row_index").alias(ROW)]
    return rows.select(*chosen, *place)


def whole_on_spark(spark: SparkSession, folder: Path, settings: Settings) -> Whole:
    """What only the whole export can tell, as `features.cut_whole` finds it on one machine.

    Raises:
        BadSettings: it has no ids, or nothing says whether its dates have the day or the month first.
        BadTable: a column isn't there, or no time is known.
    """
    if settings.data.leads.lead_id is None or settings.data.leads.joins:
        raise BadSettings("--engine spark needs leads with ids, in one file with all their columns")
    files = cut_files(folder, settings)
    frames = [(file, frame(spark, folder, file)) for file in files]
    decided = decided_order([order for file, rows in frames for order in _orders(file, rows)], settings)
    if decided is None:
        raise BadSettings("dates of the export have the day or the month first; set day_first in [data]")
    changes = [(file, rows) for file, rows in frames if file.section == "data.attribute_changes"]
    tracked = frozenset(word for _, rows in changes for word in _fields(rows, decided))
    end = configured_end(decided) or _end(frames, decided)
    return Whole(settings=decided, end=end, tracked=tracked)


def _orders(file: CutFile, rows: DataFrame) -> Iterator[DayOrder]:
    """What the dates of each column of text tell, from its distinct texts."""
    for name in file.times.values():
        if dict(rows.dtypes)[name] == "string":
            texts = rows.select(f"`{name}`").distinct().toArrow().column(0)
            yield day_order(texts.cast(pa.string()))


def _fields(rows: DataFrame, settings: Settings) -> list[str]:
    spec = settings.data.attribute_changes
    found = rows.select(f"`{spec.field if spec else ''}`").distinct().toArrow().column(0)
    return [str(word) for word in text_of(found).words]


def _end(frames: list[tuple[CutFile, DataFrame]], settings: Settings) -> DataEnd:
    latest = Latest(room=ROOM)
    for file, rows in frames:
        times = rows.select(*(f"`{name}`" for name in dict.fromkeys(file.times.values())))

        def last(batches: Iterator[pa.RecordBatch], file: CutFile = file) -> Iterator[pa.RecordBatch]:
            own = Latest(room=ROOM)
            for batch in batches:
                own.see(last_of_each(file, pa.Table.from_batches([batch]), settings))
            yield pa.record_batch({"at": own.kept, "count": np.full(len(own.kept), own.count)})

        if file.times:
            found = times.mapInArrow(last, "at bigint, count bigint").toArrow()
            latest.see(np.asarray(found.column("at"), dtype=np.int64))
            latest.count = max(latest.count, len(found))
    at = latest.plausible()
    if at is None:
        raise BadTable("the leads and their events have no readable time at all; name their columns in ripeness.toml")
    return DataEnd(at=at, configured=False)


def on_parts(
    spark: SparkSession,
    folder: Path,
    whole: Whole,
    work: Work,
    schema: pa.Schema,
    *,
    a_part: int,
    further: DataFrame | None = None,
) -> DataFrame:
    """What `work` makes of each part; `further` are rows of another table, which have a `lead_id`."""
    files = cut_files(folder, whole.settings)
    frames = [frame(spark, folder, file) for file in files]
    keys = [file.lead_id for file in files]
    if further is not None:
        frames.append(further.select("*", f.lit("").alias(FILE), f.monotonically_increasing_id().alias(ROW)))
        keys.append("lead_id")
    parts = max(1, -(-frames[0].count() // a_part))
    marked = [_marked(rows, key, i, parts) for i, (rows, key) in enumerate(zip(frames, keys, strict=True))]
    together = marked[0]
    for rows in marked[1:]:
        together = together.unionByName(rows, allowMissingColumns=True)
    names = [file.name for file in files]

    def job(rows: pa.Table) -> pa.Table:
        return _of_part(rows, names, work, schema)

    return together.groupBy(PART).applyInArrow(job, from_arrow_schema(schema))


def _marked(rows: DataFrame, key: str, table: int, parts: int) -> DataFrame:
    """Rows as one struct, with the table that they are of and the part that their lead is in."""
    part = f.pmod(f.xxhash64(_id(rows, key)), f.lit(parts)).alias(PART)
    whole_row = f.struct(*(f.col(f"`{name}`") for name in rows.columns)).alias(f"t{table}")
    return rows.select(part, f.lit(table).alias(TABLE), whole_row)


def _id(rows: DataFrame, key: str) -> Column:
    """The text of an id, as `features.columns.text_of` writes it."""
    column, kind = f.col(f"`{key}`"), dict(rows.dtypes)[key]
    if kind in ("double", "float") or kind.startswith("decimal"):
        return f.when(column == f.floor(column), f.floor(column).cast("string")).otherwise(column.cast("string"))
    return f.regexp_replace(column.cast("string"), r"(?U)^\s+|\s+$", "")


def _of_part(rows: pa.Table, names: list[str], work: Work, schema: pa.Schema) -> pa.Table:
    """What an executor does with the rows of a part: files of their own, then the work on them."""
    further = _table(rows, len(names)) if f"t{len(names)}" in rows.column_names else pa.table({})
    with TemporaryDirectory(prefix="ripeness-part-") as scratch:
        for i, name in enumerate(names):
            table = _table(rows, i)
            if i == 0 and not len(table):
                return schema.empty_table()
            pq.write_table(table, Path(scratch) / name, compression="none")
        return work(Path(scratch), further)


def _table(rows: pa.Table, i: int) -> pa.Table:
    """The rows of one table in the order of their files."""
    own: Any = rows.filter(pc.equal(rows.column(TABLE), i)).column(f"t{i}").combine_chunks()
    table = pa.Table.from_arrays(own.flatten(), names=[field.name for field in own.type])
    return table.sort_by([(FILE, "ascending"), (ROW, "ascending")]).drop_columns([FILE, ROW])
