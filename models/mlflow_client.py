"""The connection to MLflow: quiet, without telemetry, its errors as ours and without passwords.

MLflow takes seconds to import, so each function does.
"""

import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import NoModel, RegistryRefused
from models.file_lock import locked

if TYPE_CHECKING:
    from mlflow import MlflowClient

ADDRESS = "MLFLOW_TRACKING_URI"
EXPERIMENT = "ripeness"
MIGRATION_SECONDS = 120  #: to wait for another process that makes the tables
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


@contextmanager
def connected(tracking_uri: str) -> "Iterator[MlflowClient]":
    """A client of the registry; MLflow is quiet, without telemetry.

    Raises:
        RegistryRefused: it can't be reached or read, or refuses what was asked of it.
    """
    shown = _without_secrets(tracking_uri)
    database = _sqlite_file(tracking_uri)
    if database is not None:
        _require_database(database)
    mlflow = _quiet_mlflow()
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with _alone(database):  # the first client makes the tables
            client = mlflow.MlflowClient(tracking_uri)
        yield client
    except mlflow.exceptions.MlflowException as error:
        said = str(error).replace(tracking_uri, shown)
        raise RegistryRefused(f"the registry at {shown}: {said}") from None  # the cause holds the password
    except (SQLAlchemyError, OSError) as error:
        said = str(getattr(error, "orig", None) or error).replace(tracking_uri, shown)
        raise RegistryRefused(
            f"the registry at {shown} can't be used: {said}; restore it from a copy, or name another place with "
            "--home or --tracking-uri"
        ) from None


@contextmanager
def reading(tracking_uri: str) -> "Iterator[MlflowClient]":
    """As `connected`, for whoever only reads: no registry is made where there is none.

    Raises:
        NoModel: there is none.
        RegistryRefused: it can't be reached or read.
    """
    require_there(tracking_uri)
    with connected(tracking_uri) as client:
        yield client


def require_there(tracking_uri: str) -> None:
    """Refuse a registry that nobody made yet.

    Raises:
        NoModel: it isn't there.
    """
    if not is_there(tracking_uri):
        raise NoModel("no model is registered here yet; train one with `ripeness train`, or name another --home")


def is_there(tracking_uri: str) -> bool:
    """Whether there can be anything to read: connecting to a SQLite file that isn't there would make one."""
    database = _sqlite_file(tracking_uri)
    return database is None or database.exists()


def _sqlite_file(tracking_uri: str) -> Path | None:
    """The database's file, where the registry is one."""
    _, found, path = tracking_uri.partition("sqlite:///")
    return Path(path.partition("?")[0]) if found and path else None


def _require_database(path: Path) -> None:
    """Refuse what is no SQLite database at once; MLflow would try for minutes.

    Raises:
        RegistryRefused: it is a folder, damaged, or may not be read.
    """
    remedy = "restore it from a copy, or name another place with --home or --tracking-uri"
    if path.is_dir():
        raise RegistryRefused(f"{path} is a folder, not MLflow's database; {remedy}")
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise RegistryRefused(f"{path} can't be opened ({error}); {remedy}") from error
    except sqlite3.DatabaseError as error:
        raise RegistryRefused(f"{path} is no whole SQLite database ({error}); {remedy}") from error


def _alone(database: Path | None) -> AbstractContextManager[None]:
    """Only one process at a time makes or migrates the tables; a folder that can only be read has them."""
    if database is None or not os.access(database.parent, os.W_OK):
        return nullcontext()
    return locked(database.with_name(database.name + ".lock"), wait_seconds=MIGRATION_SECONDS)


@contextmanager
def pointed_at(tracking_uri: str) -> Iterator[Any]:
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


def experiment(client: "MlflowClient", tracking_uri: str) -> str:
    """The experiment's id; with SQLite its files lie in a folder beside the database."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    location = None
    if tracking_uri.startswith("sqlite:///"):
        location = (Path(tracking_uri.removeprefix("sqlite:///")).resolve().parent / "mlartifacts").as_uri()
    return str(client.create_experiment(EXPERIMENT, artifact_location=location))
