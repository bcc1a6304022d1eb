"""The front door: the `ripeness` command. It loads its parts when they are needed, so `--help` is quick.

Only here and in the service's routes does the code know what time it is, where the home folder lies,
and how to talk to a person at a terminal.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.errors import BadSettings, RipenessError

if TYPE_CHECKING:
    from features.settings import Settings
    from features.tables import Export
    from training.train import Trained

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Predictive lead scoring that a company runs itself: calibrated, explained, honest.",
)

Folder = Annotated[Path, typer.Argument(help="folder of the export: CSV, CSV.gz or Parquet files")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="another file than FOLDER/ripeness.toml")]
Home = Annotated[Path, typer.Option(envvar="RIPENESS_HOME", help="where the registry, the keys and the caches lie")]
Tracking = Annotated[
    str | None,
    typer.Option(envvar="MLFLOW_TRACKING_URI", help="MLflow's store; a SQLite file in the home unless given"),
]
Language = Annotated[str | None, typer.Option(help="of the reasons: en or it; the settings' unless given")]

DEFAULT_HOME = Path(".ripeness")


def say(line: str = "") -> None:
    """Print one line for a person."""
    typer.echo(line)


@app.command()
def init(
    folder: Folder, force: Annotated[bool, typer.Option(help="overwrite an existing ripeness.toml")] = False
) -> None:
    """Look at an export and write its commented ripeness.toml."""
    from features.guess import guess
    from features.settings import FILE_NAME
    from features.write_settings import settings_text

    target = folder / FILE_NAME
    if target.exists() and not force:
        raise BadSettings(f"{target} is there already; edit it, or overwrite it with --force")
    found = guess(folder)
    target.write_text(settings_text(found), encoding="utf-8")
    for note in found.notes:
        say(f"  {note}")
    for question in found.questions:
        say(f"? {question}")
    say(
        f"wrote {target}"
        + (f"; {len(found.questions)} questions are marked PLEASE DECIDE in it" if found.questions else "")
    )


@app.command()
def check(folder: Folder, settings: SettingsFile = None) -> None:
    """Validate an export and report what is in it, what is refused, and why."""
    from features.check import check as check_export
    from features.check import render

    chosen = _settings(folder, settings)
    say(render(check_export(_read(folder, chosen), chosen)))


@app.command()
def leaks(
    folder: Folder,
    settings: SettingsFile = None,
    keep: Annotated[list[str] | None, typer.Option(help="a column to keep although it is refused")] = None,
) -> None:
    """Find columns and event kinds that could know the outcome, and say how they could."""
    from training.leaks import find_leaks

    chosen = _settings(folder, settings)
    say(find_leaks(_read(folder, chosen), chosen, keep=tuple(keep or ())).render())


@app.command()
def train(
    folder: Folder,
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    promote: Annotated[bool, typer.Option(help="make it the champion even if there is one")] = False,
    pictures: Annotated[Path | None, typer.Option(help="also write the pictures into this folder")] = None,
) -> None:
    """Train, calibrate, evaluate on later time, and register the bundle."""
    from training.record import describe, record
    from training.train import train as fit

    chosen = _settings(folder, settings)
    with _progress() as step:
        step("reading the export")
        trained = fit(_read(folder, chosen), chosen, progress=step)
        step("registering with MLflow")
        version = record(
            trained,
            settings=chosen,
            data=describe(folder),
            tracking_uri=_tracking(home, tracking_uri),
            promote=promote,
            pictures=pictures,
        )
    _remember(chosen, home)
    _show(trained)
    say(f"registered as version {version.number}, the {' and '.join(version.aliases)}; bundle {version.digest}")
    if "challenger" in version.aliases:
        say("the champion stays; `ripeness train --promote` puts the new one in its place")


@app.command()
def serve(
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    host: Annotated[str | None, typer.Option(help="address to listen on; loopback unless given")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on")] = None,
) -> None:
    """Serve the champion on /v1/predict."""
    from serving.run import serve as run

    chosen = _service_settings(settings, home)
    run(
        chosen,
        home=home,
        tracking_uri=_tracking(home, tracking_uri),
        host=host,
        port=port,
        now=_now,
        say=say,
    )


@app.command()
def score(
    folder: Folder,
    as_of: Annotated[str, typer.Option(help="the moment of scoring, such as 2026-03-01 or 2026-03-01T09:00:00Z")],
    out: Annotated[Path, typer.Option(help="Parquet file to write")],
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    language: Language = None,
) -> None:
    """Score a whole export at one moment, with reasons, into a Parquet file."""
    from serving.score_files import score_to_file

    _quiet_logs()
    chosen = _settings(folder, settings)
    with _progress() as step:
        step("reading the export")
        count = score_to_file(
            _read(folder, chosen),
            chosen,
            as_of=_moment(as_of, chosen),
            out=out,
            tracking_uri=_tracking(home, tracking_uri),
            language=language or chosen.company.language,
            progress=step,
        )
    say(f"wrote {count:,} scored leads to {out}")


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(help="folder to write the simulated company to")],
    leads: Annotated[int, typer.Option(min=100)] = 7000,
    months: Annotated[int, typer.Option(min=6, help="of history, from 2025-01-01 on")] = 18,
    seed: int = 1,
) -> None:
    """Write a simulated company's export, to try things on."""
    from training.simulate import simulate as invent

    invent(seed=seed, leads=leads, months=months).write(folder)
    say(f"wrote a company of {leads:,} leads to {folder}")


@app.command()
def demo(
    home: Home = DEFAULT_HOME / "demo",
    once: Annotated[bool, typer.Option("--once", help="ask the own endpoint once, print the answer, and end")] = False,
    port: Annotated[int | None, typer.Option(help="port to listen on")] = None,
) -> None:
    """Simulate a company, train, register, serve: the whole job on this machine."""
    from demo import run

    _quiet_logs()
    home.mkdir(parents=True, exist_ok=True)
    run(home=home, once=once, port=port, now=_now())


def main() -> None:
    """Run the command line: errors a person can act on are one sentence and an exit code, never a traceback."""
    try:
        app()
    except RipenessError as error:
        typer.echo(f"{error.title}: {error}", err=True)
        sys.exit(error.exit_code)


def _settings(folder: Path, chosen: Path | None) -> "Settings":
    """The settings named, those in the folder, or guesses that are printed."""
    from features.guess import guess
    from features.settings import FILE_NAME, load_settings

    file = chosen or folder / FILE_NAME
    if chosen or file.exists():
        return load_settings(file)
    found = guess(folder)
    say(f"no {file}: going by what the files look like (`ripeness init {folder}` writes it down)")
    for line in (*found.notes, *found.questions):
        say(f"  {line}")
    return found.settings


def _read(folder: Path, settings: "Settings") -> "Export":
    """The export, with what was refused said aloud."""
    from features.sources import read_export

    export = read_export(folder, settings)
    for refusal in export.refusals:
        say(f"  refused {refusal.count:,} rows of {refusal.table}: {refusal.reason}")
    return export


def _moment(text: str, settings: "Settings") -> int:
    """The moment that `--as-of` names; a naive one is read in the company's time zone."""
    from features.clock import to_micros

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadSettings(f"--as-of {text!r} is no date; write 2026-03-01 or 2026-03-01T09:00:00Z") from error
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=settings.company.zone))


def _service_settings(chosen: Path | None, home: Path) -> "Settings":
    """The settings named, or those of the last training."""
    from features.settings import FILE_NAME, Settings, load_settings

    file = chosen or home / FILE_NAME
    if chosen or file.exists():
        say(f"settings of {file}")
        return load_settings(file)
    say(f"no {file}: the lifecycle policy and all limits are the defaults")
    return Settings()


def _remember(settings: "Settings", home: Path) -> None:
    """Keep the settings of the last training for `serve`."""
    from features.guess import Guess
    from features.settings import FILE_NAME
    from features.write_settings import settings_text

    text = settings_text(Guess(settings=settings, notes=(), questions=()))
    (home / FILE_NAME).write_text(text, encoding="utf-8")


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


def _tracking(home: Path, chosen: str | None) -> str:
    """Where MLflow keeps runs and models: as said, or in the home folder, which is made."""
    home.mkdir(parents=True, exist_ok=True)
    return chosen or f"sqlite:///{(home / 'mlflow.db').resolve()}"


def _quiet_logs() -> None:
    """Only warnings: a person reads what these commands print, no machine does."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _progress() -> "Iterator[Callable[[str], None]]":
    """Say each step as it starts, with a spinner where a person is watching."""
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("") as status:

        def step(text: str) -> None:
            console.print(f"[dim]·[/dim] {text}", highlight=False)
            status.update(text)

        yield step


if __name__ == "__main__":
    main()
