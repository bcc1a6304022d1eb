"""Learn from an export: `train`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.terminal import (
    DEFAULT_HOME,
    Folder,
    Home,
    SettingsFile,
    Tracking,
    now,
    progress,
    read,
    remember,
    say,
    settings_of,
    tracking,
)

if TYPE_CHECKING:
    from training.train import Trained

LOCK = "train.lock"  #: in the home: one training at a time is registered and promoted
LOCK_SECONDS = 600


def train(
    folder: Folder,
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    promote: Annotated[bool, typer.Option(help="make it the champion even if there is one")] = False,
    pictures: Annotated[Path | None, typer.Option(help="also write the pictures into this folder")] = None,
) -> None:
    """Train, calibrate, evaluate on later time, and register the bundle."""
    from commands.judge import points_file
    from features.check import require_both_ends
    from models import registry
    from models.file_lock import locked
    from training.examine import look_of
    from training.openings import record_opening
    from training.record import describe, record
    from training.train import train as fit

    chosen, where = settings_of(folder, settings), tracking(home, tracking_uri)
    with progress() as step:
        step("reading the export")
        export, data = read(folder, chosen), describe(folder)
        require_both_ends(export)
        registry.find("champion", tracking_uri=where)  # a registry that can't be used is better known before the work
        trained = fit(export, chosen, points_file=points_file(folder, chosen), progress=step)
        with locked(home / LOCK, wait_seconds=LOCK_SECONDS, waiting=lambda: step("waiting for another training")):
            opening = record_opening(home, look_of(trained, export, chosen, data.digest, "train"), now())
            step("registering with MLflow")
            version = record(
                trained, settings=chosen, data=data, tracking_uri=where, promote=promote, pictures=pictures
            )
            remember(chosen, home)
    _show(trained)
    say(opening.sentence())
    say(f"registered as version {version.number}, the {' and '.join(version.aliases)}; bundle {version.digest}")
    if "challenger" in version.aliases:
        say("the champion stays; `ripeness train --promote` puts the new one in its place")


def _show(trained: "Trained") -> None:
    """The comparison on the test period, as a table."""
    from rich.console import Console
    from rich.table import Table

    from training.evaluate import NAMES

    table = Table("on later leads", "ROC AUC", "lift at 10 %", "expected / observed", "log loss")
    for name, row in trained.evaluation.measured.items():
        auc, *rest = (row[m] for m in ("ROC AUC", "lift at 10 %", "expected / observed", "log loss"))
        interval = f"{auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f})"
        table.add_row(NAMES[name], interval, *(f"{found.value:.3f}" for found in rest))
    for note in trained.notes:
        say(f"  {note}")
    Console().print(table)
    say(trained.evaluation.verdict())
