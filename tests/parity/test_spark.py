"""A cluster answers what one machine answers: the same parts, kernel and bundle."""

import os
import shutil
import sys

import numpy as np
import orjson
import pyarrow as pa
import pytest

from features.clock import iso
from features.cut import survey
from features.errors import BadSettings
from features.rows import build_rows, lead_at
from features.sources import read_export
from features.tables import Pairs
from models.files import load, save
from models.registered import Run
from models.registry import promote, register
from serving.language import catalog
from serving.predict import Predictor
from serving.whole_base import SCHEMA, score_export
from support.parquet_company import write_company
from support.small_bundle import VIEW, small_bundle

pytest.importorskip("pyspark", reason="PySpark is not installed: `make spark` installs it", exc_type=ImportError)
if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17: install openjdk-17-jre-headless", allow_module_level=True)

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

LEADS = 400


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return folder, write_company(folder, leads=LEADS)


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    built = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    settings = {"spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "4"}
    for name, value in settings.items():
        built = built.config(name, value)
    session = built.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def whole(spark, company):
    from features.spark_parts import whole_on_spark

    return whole_on_spark(spark, *company)


def test_the_cluster_finds_out_about_the_whole_what_one_machine_finds_out(whole, company):
    folder, settings = company
    assert whole == survey(folder, settings, a_part=100).whole
    assert whole.tracked


def test_scores_of_a_cluster_are_those_of_one_machine(spark, whole, company, tmp_path):
    from serving.score_spark import SparkScoring, scores_of

    folder, settings = company
    bundle = small_bundle()
    digest = save(bundle, tmp_path / "bundle", np.zeros((1, len(VIEW.names))))
    export = read_export(folder, settings)
    as_of = export.data_end - 40 * 86_400_000_000
    files = {file.name: file.read_bytes() for file in (tmp_path / "bundle").iterdir()}
    scoring = SparkScoring(bundle=files, digest=digest, version="3", whole=whole, as_of=as_of, language="it")

    found = scores_of(spark, folder, scoring, a_part=150).toArrow().to_pylist()

    predictor = Predictor(bundle=bundle, version="3", settings=settings)
    expected = score_export(predictor, export, as_of=as_of, language=catalog("it"))
    expected = pa.Table.from_batches(list(expected), SCHEMA).to_pylist()
    assert len(expected) > LEADS / 10
    assert sorted(found, key=lambda row: row["lead_id"]) == expected


def test_training_rows_of_a_cluster_are_those_of_one_machine(spark, whole, company):
    from training.spark_rows import rows_on_spark

    folder, settings = company
    export = read_export(folder, settings)
    chance = np.random.default_rng(3)
    lead = chance.integers(0, len(export.leads), 500)
    as_of = export.data_end - chance.integers(0, 300, 500) * 86_400_000_000
    ids = export.leads["lead_id"].to_numpy(dtype=object)[lead]
    pairs = spark.createDataFrame(pa.table({"lead_id": pa.array(ids, pa.string()), "as_of": as_of}))

    found = rows_on_spark(spark, folder, whole, VIEW, pairs, a_part=150).toArrow()

    rows = build_rows(VIEW, export, Pairs(lead=lead, as_of=as_of))
    expected = {(i, at): row for i, at, row in zip(ids, as_of.tolist(), rows, strict=True)}
    columns = np.column_stack([found.column(name).to_numpy() for name in VIEW.names])
    keys = list(zip(found.column("lead_id").to_pylist(), found.column("as_of").to_pylist(), strict=True))
    assert len(keys) == 500
    for key, row in zip(keys, columns, strict=True):
        np.testing.assert_array_equal(row, expected[key])


def request_of(export, position, as_of):
    """The body of a call of /v1/predict that brings all that was known of a lead."""
    lead = lead_at(export, position, as_of)
    created = None if lead.created_at is None else iso(lead.created_at)
    events = [
        event._asdict() | {"happened_at": iso(event.happened_at), "known_at": iso(event.known_at)}
        for event in lead.events
    ]
    told = {"lead_id": lead.lead_id, "created_at": created, "attributes": dict(lead.attributes)}
    return orjson.dumps({"lead": told, "events": events, "as_of": iso(as_of)}, option=orjson.OPT_SERIALIZE_NUMPY)


@pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")
def test_the_registered_model_as_a_udf_tells_the_probabilities_of_score(spark, company, tmp_path, monkeypatch):
    import mlflow

    folder, settings = company
    digest = save(small_bundle(), tmp_path / "bundle", np.zeros((1, len(VIEW.names))))
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    promote(register(tmp_path / "bundle", Run(name="udf"), tracking_uri=uri).number, tracking_uri=uri)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    export = read_export(folder, settings)
    as_of = export.data_end - 40 * 86_400_000_000
    predictor = Predictor(bundle=load(tmp_path / "bundle"), version="1", settings=settings)
    scored = pa.Table.from_batches(list(score_export(predictor, export, as_of=as_of, language=catalog("en"))), SCHEMA)
    expected = dict(zip(*(scored.column(name).to_pylist() for name in ("lead_id", "probability")), strict=True))
    place = {lead_id: i for i, lead_id in enumerate(export.leads["lead_id"].tolist())}
    bodies = [request_of(export, place[lead_id], as_of).decode() for lead_id in expected]
    requests = spark.createDataFrame(pa.table({"lead_id": list(expected), "request": bodies}))

    told = mlflow.pyfunc.spark_udf(
        spark, "models:/ripeness@champion", result_type="probability double", env_manager="local"
    )
    found = requests.select("lead_id", told("request").alias("told")).collect()

    assert (predictor.bundle.digest, len(found)) == (digest, len(expected))
    assert len({row.told.probability for row in found}) > LEADS / 20
    for row in found:
        assert row.told.probability == pytest.approx(expected[row.lead_id], rel=0, abs=1e-12), row.lead_id


def test_other_formats_than_parquet_are_refused_in_a_sentence(spark, company, tmp_path):
    from features.spark_parts import whole_on_spark

    folder, settings = company
    leads = settings.data.leads.model_copy(update={"file": "leads.csv"})
    other = settings.model_copy(update={"data": settings.data.model_copy(update={"leads": leads})})
    with pytest.raises(BadSettings, match=r"reads Parquet, and leads\.csv is another format"):
        whole_on_spark(spark, folder, other)
