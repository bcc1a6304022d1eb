"""Trials of a search as runs of their own beneath one run, for whoever looks into MLflow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from models.mlflow_client import connected, experiment
from models.registry import Run

if TYPE_CHECKING:
    from mlflow import MlflowClient

Log = Callable[[Run], None]


@contextmanager
def trial_runs(search: str, *, tracking_uri: str) -> Iterator[tuple[Log, Log]]:
    """(log a trial, log the search itself): the search's run ends with the block, as failed after an error."""
    with connected(tracking_uri) as client:
        home = experiment(client, tracking_uri)
        parent = str(client.create_run(home, run_name=search).info.run_id)

        def log_trial(run: Run) -> None:
            made = client.create_run(home, run_name=run.name, tags={"mlflow.parentRunId": parent})
            _log(client, made.info.run_id, run)
            client.set_terminated(made.info.run_id)

        try:
            yield log_trial, lambda run: _log(client, parent, run)
        except BaseException:
            client.set_terminated(parent, status="FAILED")
            raise
        client.set_terminated(parent)


def _log(client: "MlflowClient", run_id: str, run: Run) -> None:
    for name, value in run.params.items():
        client.log_param(run_id, name, str(value)[:6000])
    for name, number in run.metrics.items():
        client.log_metric(run_id, name, number)
    for name, text in run.tags.items():
        client.set_tag(run_id, name, text)
