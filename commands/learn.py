"""Learn from an export: `train`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.alone import alone, require_writable
from commands.decisions import Place, champion_of, tell
from commands.source import FromService, MaybeFolder, source_of
from commands.terminal import (
    DEFAULT_HOME,
    Home,
    Keep,
    SettingsFile,
    Tracking,
    keeping,
    now,
    progress,
    remember,
    say,
    tracking,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.settings import Settings
    from features.tables import Export
    from training.points_model import PointsModel
    from training.promotion import Candidate, Decision
    from training.train import Trained

LOCK_SECONDS = 600  #: to wait for another command of this home


def train(
    folder: MaybeFolder = None,
    from_service: FromService = False,
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    promote: Annotated[
        bool, typer.Option(help="let the gate decide at once whether it takes the champion's place")
    ] = False,
    experimental: Annotated[
        bool, typer.Option("--experimental", help="start with few won leads, or none: by hand-made points")
    ] = False,
    keep: Keep = None,
    pictures: Annotated[Path | None, typer.Option(help="also write the pictures into this folder")] = None,
) -> None:
    """Train, calibrate, evaluate on later time, and register the bundle; the first one becomes the champion."""
    from models import registry
    from training.promotion import Candidate
    from training.record import record

    source = source_of(folder, home, from_service=from_service)
    chosen, where = keeping(source.settings(settings), keep), tracking(home, tracking_uri)
    require_writable(home)
    rules = source.points_file(chosen)
    with progress() as step:
        step("reading the export")
        export = source.read(chosen)
        data = source.describe(chosen, export)
        registry.find("champion", tracking_uri=where)  # a registry that can't be used is better known before the work
        trained = _learn(export, chosen, rules, step, experimental=experimental)
        with alone(home, "train", wait_seconds=LOCK_SECONDS, waiting=lambda: step("waiting for another command")):
            _open_test(trained, export, chosen, data.digest, home)
            _show(trained)
            step("registering with MLflow")
            version = record(trained, settings=chosen, data=data, tracking_uri=where, pictures=pictures)
            remember(chosen, home)
            new, champion = Candidate(version=version, bundle=trained.bundle), champion_of(where)
            ask = promote or champion is None
            place = Place(home=home, where=where, data=data, settings=chosen, command="train")
            decision = place.settle(new, champion, export, step, experimental=experimental) if ask else None
    _tell(new, decision, chosen, promote=promote, experimental=experimental)


def _learn(
    export: "Export", chosen: "Settings", rules: Path | None, step: "Callable[[str], None]", *, experimental: bool
) -> "Trained | PointsModel":
    """A trained model; where nothing can be learned yet, the points if that was asked for.

    Raises:
        NotEnoughData: there is too little to learn from, and points were not asked for.
    """
    from features.check import require_both_ends
    from features.errors import NotEnoughData
    from training.points_model import points_model
    from training.train import train as fit

    try:
        require_both_ends(export)
        return fit(export, chosen, points_file=rules, progress=step)
    except NotEnoughData as error:
        if not experimental:
            raise NotEnoughData(
                f"{error}. Until then hand-made points can answer ([model.prior]): `ripeness train --experimental`"
            ) from error
        step("nothing to learn from yet: hand-made points")
        return points_model(export, chosen, str(error))


def _open_test(trained: "Trained | PointsModel", export: "Export", chosen: "Settings", digest: str, home: Path) -> None:
    """Write down that the test period was looked at."""
    from training.examine import look_of
    from training.openings import record_opening
    from training.train import Trained

    if isinstance(trained, Trained):
        say(record_opening(home, look_of(trained, export, chosen, digest, "train"), now()).sentence())


def _show(trained: "Trained | PointsModel") -> None:
    """What to know, the comparison on the test period as a table, the verdict, and the rung."""
    from training.train import Trained

    for note in trained.notes:
        say(f"  {note}")
    if isinstance(trained, Trained):
        _show_contest(trained)
    say(str(trained.bundle.card["verdict"]))
    if isinstance(trained, Trained) and trained.evaluation.standing:
        say(trained.evaluation.standing.sentence())
    say(trained.rung.sentence)


def _show_contest(trained: "Trained") -> None:
    from rich.console import Console
    from rich.table import Table

    from training.evaluate import NAMES

    table = Table("on later leads", "ROC AUC", "lift at 10 %", "expected / observed", "log loss")
    for name, row in trained.evaluation.shown.items():
        auc, *rest = (row[m] for m in ("ROC AUC", "lift at 10 %", "expected / observed", "log loss"))
        interval = f"{auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f})"
        table.add_row(name, interval, *(f"{found.value:.3f}" for found in rest))
    Console().print(table)
    for name, why in trained.evaluation.absent.items():
        say(f"  {NAMES[name]}: not in the table, for {why}")


def _tell(
    new: "Candidate", decision: "Decision | None", chosen: "Settings", *, promote: bool, experimental: bool
) -> None:
    """What became of it, and why it is not the champion.

    Raises:
        NotPromoted: promotion was asked for and is refused.
    """
    from training.promotion import card_conditions

    alias = "champion" if decision and decision.promote else "challenger"
    say(f"registered as version {new.version.number}, the {alias}; bundle {new.version.digest}")
    if decision and (promote or decision.promote):
        tell(new, decision)
        return
    told = decision.conditions if decision else card_conditions(new.bundle.card, chosen.gate, experimental=experimental)
    failed = " ".join(f"{c.name}: {c.says}." for c in told if not c.passed)
    if failed:
        say(f"not promoted: {failed}")
    else:
        say("the champion stays; `ripeness promote challenger FOLDER` asks the gate whether to replace it")
