"""`ripeness score --engine spark`: the same parts, kernel and bundle, on a cluster.

Each executor needs this release of Ripeness; the bundle goes with the job.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from features.cut import read_part
from features.cut_whole import Whole
from features.spark_parts import address, on_parts
from features.threads import use_at_most
from models.files import load
from serving.language import catalog
from serving.predict import Predictor
from serving.whole_base import SCHEMA, BlockScorer, scored_blocks


@dataclass(frozen=True, kw_only=True)
class SparkScoring:
    """What an executor has to know."""

    bundle: Mapping[str, bytes]  #: the bundle's files
    digest: str
    version: str
    whole: Whole
    as_of: int
    language: str

    def __call__(self, folder: Path, _: pa.Table) -> pa.Table:
        """The scores of the open leads of a part."""
        export = read_part(folder, self.whole)
        return pa.Table.from_batches(list(scored_blocks(_scorer(self), export, self.as_of)), SCHEMA)

    def __hash__(self) -> int:
        return hash((self.digest, self.version, self.language))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SparkScoring) and hash(self) == hash(other) and self.whole == other.whole


@lru_cache(maxsize=1)
def _scorer(scoring: SparkScoring) -> BlockScorer:
    """The scorer of this process, made once."""
    use_at_most(1)
    folder = Path(mkdtemp(prefix="ripeness-bundle-"))
    for name, held in scoring.bundle.items():
        (folder / name).write_bytes(held)
    predictor = Predictor(bundle=load(folder), version=scoring.version, settings=scoring.whole.settings)
    return BlockScorer.of(predictor, catalog(scoring.language))


def scores_of(spark: SparkSession, folder: Path, scoring: SparkScoring, *, a_part: int) -> DataFrame:
    """The scores of all open leads, as `serving.whole_base.SCHEMA` describes them, in no order."""
    return on_parts(spark, folder, scoring.whole, scoring, SCHEMA, a_part=a_part)


def write_scores(scores: DataFrame, out: Path) -> int:
    """Write a folder of Parquet files, the leads in the order of their ids; how many there are."""
    scores.orderBy("lead_id").write.mode("overwrite").parquet(address(out))
    count: int = scores.sparkSession.read.parquet(address(out)).count()
    return count
