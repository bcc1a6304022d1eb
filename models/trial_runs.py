"""Trials of a search as runs of their own beneath one run, for whoever looks into MLflow."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.mlflow_client import connected, experiment
from models.registered import Run

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True, kw_only=True)
class Search:
    """The run of a search, to which its trials are logged one by one."""

    run_id: str
    tracking_uri: str

    def log(self, run: Run) -> None:
        """Log what the search found."""
        with connected(self.tracking_uri) as client:
            _log(client, self.run_id, run)

    def log_trial(self, run: Run) -> None:
        """Log a trial as a run of its own beneath the search."""
        with connected(self.tracking_uri) as client:
            home = experiment(client, self.tracking_uri)
            made = client.create_run(home, run_name=run.name, tags={"mlflow.parentRunId": self.run_id})
            _log(client, made.info.run_id, run)
            client.set_terminated(made.info.run_id)


@contextmanager
def search_run(name: str, *, tracking_uri: str) -> Iterator[Search]:
    """A search whose run ends with the block, as failed after an error."""
    with connected(tracking_uri) as client:
        run_id = str(client.create_run(experiment(client, tracking_uri), run_name=name).info.run_id)
    status = "FAILED"
    try:
        yield Search(run_id=run_id, tracking_uri=tracking_uri)
        status = "FINISHED"
    finally:
        with connected(tracking_uri) as client:
            client.set_terminated(run_id, status=status)


def _log(client: "MlflowClient", run_id: str, run: Run) -> None:
    """All in one request, for a store commits each."""
    from mlflow.entities import Metric, Param, RunTag

    client.log_batch(
        run_id,
        metrics=[Metric(name, number, 0, 0) for name, number in run.metrics.items()],
        params=[Param(name, str(value)[:6000]) for name, value in run.params.items()],
        tags=[RunTag(name, text) for name, text in run.tags.items()],
    )
