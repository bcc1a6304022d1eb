"""Search for the [model] keys that suit one company: `tune`."""

from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from commands.terminal import (
    DEFAULT_HOME,
    Folder,
    Home,
    SettingsFile,
    Tracking,
    progress,
    read,
    say,
    settings_of,
    tracking,
)
from features.errors import BadSettings

if TYPE_CHECKING:
    from pathlib import Path

    from models.registered import Run
    from training.tune import Trial, Tuned


def tune(
    folder: Folder,
    minutes: Annotated[float, typer.Option(min=0.05, help="how long to search")] = 15,
    trials: Annotated[int | None, typer.Option(min=1, help="end after so many, if that is sooner")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="put what was found into ripeness.toml, if it is shown to be better")
    ] = False,
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
) -> None:
    """Search the past for keys of the section `model` with less log loss; the test period is never looked at."""
    from features.settings import FILE_NAME
    from models.trial_runs import Search, search_run
    from training.tune import tune as search

    file = settings or folder / FILE_NAME
    if write and not file.exists():
        raise BadSettings(f"--write: there is no {file}; write one with `ripeness init {folder}`")
    chosen = settings_of(folder, settings)
    where = tracking(home, tracking_uri)
    with progress() as step, ExitStack() as opened:
        step("reading the export")
        export = read(folder, chosen)

        @cache
        def run() -> Search:  # with the first trial, so that what can't be searched leaves no run behind
            return opened.enter_context(search_run(f"tune {chosen.company.name}", tracking_uri=where))

        found = search(
            export,
            chosen,
            minutes=minutes,
            at_most=trials,
            log=lambda trial: run().log_trial(_run_of(trial)),
            progress=step,
        )
        run().log(_search_of(found))
    _show(found)
    if write:
        _write(found, file)


def _run_of(trial: "Trial") -> "Run":
    from models.registered import Run
    from training.tune import TUNED

    losses = {f"log_loss_fold_{i + 1}": loss for i, loss in enumerate(trial.losses)}
    return Run(
        name=f"trial {trial.number}",
        params={key: getattr(trial.model, key) for key in TUNED},
        metrics=losses if trial.pruned else {"log_loss": trial.loss, **losses},  # a mean over fewer folds is another
        tags={"given_up": "yes" if trial.pruned else "no"},
    )


def _search_of(found: "Tuned") -> "Run":
    from models.registered import Run

    gain = {"gain": found.gain.value, "gain_low": found.gain.low, "gain_high": found.gain.high}
    return Run(name="", params=found.changes(), metrics=gain, tags={"better": "yes" if found.is_better else "no"})


def _show(found: "Tuned") -> None:
    from features.edit_settings import lines_of

    given_up = sum(trial.pruned for trial in found.trials)
    say(f"{len(found.trials)} trials, {given_up} given up early, on {len(found.periods)} folds of the past")
    for note in found.notes:
        say(f"  {note}")
    for period, lower in zip(found.periods, found.per_fold, strict=True):
        say(f"  {period}: log loss lower by {lower:+z.5f}")
    if not found.changes():
        say("nothing was better than the default; leave [model] as it is")
        return
    gain = found.gain
    say(f"log loss lower than the default's by {gain.value:+z.5f} (95 %: {gain.low:+z.5f} to {gain.high:+z.5f})")
    say("the best of many trials looks better than it is: train with it and let `ripeness compare` decide")
    if not found.is_better:
        say("that interval holds zero, so it isn't shown to be better than the default")
    say("")
    say("\n".join(["[model]", *lines_of(found.changes())]))


def _write(found: "Tuned", file: "Path") -> None:
    from features.edit_settings import with_keys

    if not found.is_better:
        say(f"{file} is left as it is")
        return
    file.write_text(with_keys(file.read_text(encoding="utf-8"), "model", found.changes()), encoding="utf-8")
    say(f"wrote it into {file}")
