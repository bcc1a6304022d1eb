"""Work on a Spark cluster: the session, and scoring by it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import BadSettings, NoModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.settings import Settings


def session() -> Any:  # noqa: ANN401  # PySpark is not there for everybody
    """The session of the cluster that `spark-submit` or Spark's settings name, or of this machine.

    Raises:
        BadSettings: PySpark or Java is missing.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise BadSettings(
            "--engine spark needs PySpark, which is not installed; `make spark` or `pip install pyspark` does"
        ) from None
    try:
        return SparkSession.builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    except (PySparkException, OSError) as error:
        raise BadSettings(
            f"Spark doesn't start ({str(error).splitlines()[0][:120]}); it needs Java 17, such as the package "
            "openjdk-17-jre-headless"
        ) from error


def score_on_spark(
    folder: Path,
    chosen: "Settings",
    *,
    as_of: int,
    out: Path,
    tracking_uri: str,
    language: str,
    block: int,
    progress: "Callable[[str], None]",
) -> int:
    """Score an export on Spark with the champion; how many leads there were.

    Raises:
        BadSettings: there is no Spark, the export can't be cut, or no lead was open.
        NoModel: no version is the champion.
    """
    import tempfile

    from models import registry
    from models.probe import probe

    spark = session()
    from features.spark_parts import whole_on_spark
    from serving.score_spark import SparkScoring, scores_of, write_scores

    if registry.find("champion", tracking_uri=tracking_uri) is None:
        raise NoModel("no version is the champion in the registry; train one with `ripeness train`")
    progress("fetching the champion")
    with tempfile.TemporaryDirectory() as scratch:
        found = registry.download("champion", tracking_uri=tracking_uri, into=Path(scratch))
        probe(found.folder)
        bundle = {file.name: file.read_bytes() for file in sorted(found.folder.iterdir())}
    progress("looking at the export")
    whole = whole_on_spark(spark, folder, chosen)
    scoring = SparkScoring(
        bundle=bundle, digest=found.digest, version=found.version, whole=whole, as_of=as_of, language=language
    )
    progress("scoring on Spark")
    count = write_scores(scores_of(spark, folder, scoring, a_part=block), out)
    if not count:
        raise BadSettings("no lead was open at --as-of")
    return count
