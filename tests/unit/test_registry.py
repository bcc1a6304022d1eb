"""Runs, versions and aliases in a registry of SQLite and files."""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from features.errors import BadBundle, NoModel, RegistryRefused
from models.files import load, save
from models.manifest import REQUIRED
from models.mlflow_client import connected
from models.registered import Data, Run
from models.registry import download, find, promote, register, rollback, set_alias
from support.small_bundle import small


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registered") / "any name"
    save(small().bundle, folder, small().rows)
    return folder


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A registry without a model; MLflow takes seconds to make one."""
    database = tmp_path_factory.mktemp("empty") / "mlflow.db"
    with connected(f"sqlite:///{database}"):
        pass
    assert find("champion", tracking_uri=f"sqlite:///{database}") is None
    return database


@pytest.fixture
def uri(empty, tmp_path):
    return f"sqlite:///{shutil.copy(empty, tmp_path / 'mlflow.db')}"


def run(tmp_path):
    (tmp_path / "gains.png").write_bytes(b"a picture")
    return Run(
        name="first",
        params={"seed": 7, "windows": (7, 30)},
        metrics={"auc": 0.71, "auc_low": 0.69},
        pictures={"gains": tmp_path / "gains.png"},
        data=(Data(name="export", digest="0" * 64, source="folder"),),
        tags={"verdict": "better than points"},
    )


def test_run_holds_everything_a_data_scientist_looks_for(bundle, uri, tmp_path):
    made = register(bundle, run(tmp_path), tracking_uri=uri)
    import mlflow

    client = mlflow.MlflowClient(uri)
    logged = client.get_run(made.run_id)
    assert logged.data.params == {"seed": "7", "windows": "(7, 30)"}
    assert logged.data.metrics == {"auc": 0.71, "auc_low": 0.69}
    assert logged.data.tags["verdict"] == "better than points"
    assert [(i.dataset.name, i.dataset.digest) for i in logged.inputs.dataset_inputs] == [("export", "0" * 36)]
    assert {a.path for a in client.list_artifacts(made.run_id)} == {"card.md", "pictures"}
    version = client.get_model_version("ripeness", made.number)
    assert (version.run_id, version.tags["bundle"]) == (made.run_id, load(bundle).digest)
    assert (tmp_path / "mlartifacts").is_dir()


def test_model_is_code_and_text_and_names_what_it_needs(bundle, uri, tmp_path):
    register(bundle, run(tmp_path), tracking_uri=uri)
    (model,) = (tmp_path / "mlartifacts" / "models").iterdir()
    files = {p.relative_to(model / "artifacts").as_posix() for p in model.rglob("*") if p.is_file()}
    assert not [name for name in files if name.endswith((".pkl", ".pyc", ".pickle", ".joblib"))]
    assert {f"artifacts/bundle/{name}" for name in REQUIRED} < files
    requirements = (model / "artifacts" / "requirements.txt").read_text().split()
    assert all("==" in line for line in requirements)
    assert any(line.startswith("lightgbm==") for line in requirements)


def test_promotion_keeps_the_champion_before_it(bundle, uri, tmp_path):
    assert find("champion", tracking_uri=uri) is None
    one, two = (register(bundle, run(tmp_path), tracking_uri=uri).number for _ in range(2))
    promote(one, tracking_uri=uri)
    set_alias("challenger", two, tracking_uri=uri)
    promote(two, tracking_uri=uri)
    assert find("champion", tracking_uri=uri).number == two
    assert find("previous", tracking_uri=uri).number == one
    assert find("challenger", tracking_uri=uri) is None
    promote(one, tracking_uri=uri)  # rolled back
    assert find("champion", tracking_uri=uri).number == one
    assert find("previous", tracking_uri=uri).number == two
    promote(one, tracking_uri=uri)
    assert find("previous", tracking_uri=uri).number == two


def test_download_fetches_the_bundle_and_nothing_else(bundle, uri, tmp_path):
    promote(register(bundle, run(tmp_path), tracking_uri=uri).number, tracking_uri=uri)
    (planted,) = (tmp_path / "mlartifacts" / "models").glob("*/artifacts/artifacts/bundle")
    (planted / "model.pkl").write_bytes(b"code")
    fetched = download("champion", tracking_uri=uri, into=tmp_path / "new" / "cache")
    assert {p.name for p in fetched.folder.iterdir()} == {p.name for p in bundle.iterdir()}
    assert load(fetched.folder).digest == fetched.digest == load(bundle).digest
    assert fetched.version == "1"
    assert download("champion", tracking_uri=uri, into=tmp_path / "new" / "cache").folder != fetched.folder


def test_download_refuses_what_was_not_registered(bundle, uri, tmp_path):
    promote(register(bundle, run(tmp_path), tracking_uri=uri).number, tracking_uri=uri)
    (planted,) = (tmp_path / "mlartifacts" / "models").glob("*/artifacts/artifacts/bundle")
    for path in planted.iterdir():
        path.unlink()
    save(small(seed=8).bundle, planted, small(seed=8).rows)
    with pytest.raises(BadBundle, match="was registered as"):
        download("champion", tracking_uri=uri, into=tmp_path / "cache")


def test_a_damaged_bundle_is_not_gone_back_to(bundle, uri, tmp_path):
    one, two = (register(bundle, run(tmp_path), tracking_uri=uri) for _ in range(2))
    promote(one.number, tracking_uri=uri)
    promote(two.number, tracking_uri=uri)
    for planted in (tmp_path / "mlartifacts" / "models").glob("*/artifacts/artifacts/bundle/linear.json"):
        planted.write_bytes(planted.read_bytes()[:-2] + b" }")
    with pytest.raises(BadBundle, match=r"linear\.json"):
        rollback(tracking_uri=uri)
    assert find("champion", tracking_uri=uri).number == two.number
    assert find("previous", tracking_uri=uri).number == one.number


def test_without_a_champion_there_is_no_model(uri, tmp_path):
    with pytest.raises(NoModel, match="ripeness train"):
        download("champion", tracking_uri=uri, into=tmp_path)


def test_registry_that_refuses_says_so(uri):
    with pytest.raises(RegistryRefused, match="the registry at sqlite:///"):
        set_alias("champion", "17", tracking_uri=uri)


def test_registry_that_is_away_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(RegistryRefused, match=r"the registry at http://127\.0\.0\.1:1: ") as refused:
        find("champion", tracking_uri="http://user:secret@127.0.0.1:1")
    assert "secret" not in str(refused.value)


def test_nothing_global_stays_behind(bundle, uri, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///elsewhere.db")
    register(bundle, run(tmp_path), tracking_uri=uri)
    assert os.environ["MLFLOW_TRACKING_URI"] == "sqlite:///elsewhere.db"
    assert not Path("elsewhere.db").exists()
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    register(bundle, run(tmp_path), tracking_uri=uri)
    assert "MLFLOW_TRACKING_URI" not in os.environ


def test_registering_is_quiet(bundle, uri, tmp_path, capfd, caplog):
    caplog.set_level(logging.INFO)
    register(bundle, run(tmp_path), tracking_uri=uri)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    assert [r for r in caplog.records if r.name.startswith(("mlflow", "alembic"))] == []


def test_importing_the_registry_does_not_import_mlflow():
    code = "import sys, models.registry; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
