"""Rows of training pairs on Spark, by the same kernel and encoders as on one machine.

Leads and outcomes, from which pairs, labels and splits are made, are small beside the activities: they fit on one
machine when these don't. So the pairs are chosen there, and their rows are built where the activities are.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from features.cut import read_part
from features.cut_whole import Whole
from features.rows import build_rows
from features.spark_parts import on_parts
from features.tables import Pairs
from features.view import View


@dataclass(frozen=True, kw_only=True)
class RowsWork:
    """What an executor does: the rows of a part's pairs."""

    view: View
    whole: Whole

    @property
    def schema(self) -> pa.Schema:
        """A row: whose, as of when (microseconds), and the view's columns."""
        columns = [pa.field(name, pa.float64()) for name in self.view.names]
        return pa.schema([pa.field("lead_id", pa.string()), pa.field("as_of", pa.int64()), *columns])

    def __call__(self, folder: Path, pairs: pa.Table) -> pa.Table:
        """The rows of the pairs whose leads are in this part."""
        export = read_part(folder, self.whole)
        place = pd.Index(export.leads["lead_id"]).get_indexer(pairs.column("lead_id").to_pylist())
        as_of = np.asarray(pairs.column("as_of"), dtype=np.int64)
        known = place >= 0
        rows = build_rows(self.view, export, Pairs(lead=place[known], as_of=as_of[known]))
        keys = pairs.select(["lead_id", "as_of"]).filter(pa.array(known)).columns
        return pa.Table.from_arrays([*keys, *map(pa.array, rows.T)], schema=self.schema)


def rows_on_spark(
    spark: SparkSession, folder: Path, whole: Whole, view: View, pairs: DataFrame, *, a_part: int = 20_000
) -> DataFrame:
    """A row of the view for each pair, in no order; `pairs` has `lead_id` and `as_of` in microseconds.

    Pairs of leads that the export doesn't have, or that were refused, are left out.
    """
    work = RowsWork(view=view, whole=whole)
    return on_parts(spark, folder, whole, work, work.schema, a_part=a_part, further=pairs)
