"""What every command needs: options, words for a person, settings, the export, the clock.

Besides the service's routes only this module asks what time it is.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.errors import BadSettings

if TYPE_CHECKING:
    from features.settings import Settings
    from features.tables import Export, Refusal

Folder = Annotated[Path, typer.Argument(help="folder of the export: CSV, CSV.gz or Parquet files")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="another file than FOLDER/ripeness.toml")]
Home = Annotated[Path, typer.Option(envvar="RIPENESS_HOME", help="where the registry, the keys and the caches lie")]
Tracking = Annotated[
    str | None,
    typer.Option(envvar="MLFLOW_TRACKING_URI", help="MLflow's store; a SQLite file in the home unless given"),
]
Language = Annotated[str | None, typer.Option(help="of the reasons: en or it; the settings' unless given")]

FIRST_YEAR, LAST_YEAR = 1990, 2199  #: of times in an export, see features.times
Keep = Annotated[list[str] | None, typer.Option(help="a column to keep although it is refused as a leak")]

DEFAULT_HOME = Path(".ripeness")


def say(line: str = "") -> None:
    """Print one line for a person."""
    typer.echo(line)


def keeping(settings: "Settings", columns: list[str] | None) -> "Settings":
    """The settings with these columns kept as well, whatever the leak detector says of them."""
    leads = settings.data.leads
    kept = leads.model_copy(update={"keep": tuple(dict.fromkeys((*leads.keep, *(columns or ()))))})
    return settings.model_copy(update={"data": settings.data.model_copy(update={"leads": kept})})


def settings_of(folder: Path, chosen: Path | None) -> "Settings":
    """The settings named, those in the folder, or guesses that are printed."""
    from features.clock import to_micros
    from features.guess import guess
    from features.settings import FILE_NAME, load_settings

    file = chosen or folder / FILE_NAME
    if chosen or file.exists():
        return _with_points(load_settings(file), folder)
    found = guess(folder, now=to_micros(now()))
    say(f"no {file}: going by what the files look like (`ripeness init {folder}` writes it down)")
    for line in (*found.notes, *found.questions):
        say(f"  {line}")
    return found.settings


def _with_points(settings: "Settings", folder: Path) -> "Settings":
    if not settings.model.prior.points_file:
        return settings
    from training.points_import import with_points

    found, notes = with_points(settings, folder)
    for note in notes:
        say(f"  {note}")
    return found


def read(folder: Path, settings: "Settings") -> "Export":
    """The export, with what was refused said aloud."""
    from features.clock import to_micros
    from features.sources import read_export

    export = read_export(folder, settings, now=to_micros(now()))
    say_refusals(export.refusals)
    return export


def say_refusals(refusals: "Iterable[Refusal]") -> None:
    """What was left out of an export, and why."""
    for refusal in refusals:
        say(f"  refused {refusal.count:,} rows of {refusal.table}: {refusal.reason}")


def moment(text: str, settings: "Settings") -> int:
    """The moment that `--as-of` names; a naive one is read in the company's time zone."""
    from features.clock import to_micros

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadSettings(f"--as-of {text!r} is no date; write 2026-03-01 or 2026-03-01T09:00:00Z") from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadSettings(f"--as-of {text!r} lies outside of {FIRST_YEAR} to {LAST_YEAR}, of which data can tell")
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=settings.company.zone))


def service_settings(chosen: Path | None, home: Path) -> "Settings":
    """The settings named, or those of the last training."""
    from features.settings import FILE_NAME, Settings, load_settings

    file = chosen or home / FILE_NAME
    if chosen or file.exists():
        say(f"settings of {file}")
        return load_settings(file)
    say(f"no {file}: the lifecycle policy and all limits are the defaults")
    return Settings()


def remember(settings: "Settings", home: Path) -> None:
    """Keep the settings of the last training for `serve`."""
    from features.guess import Guess
    from features.settings import FILE_NAME
    from features.write_settings import settings_text

    write_whole(home / FILE_NAME, settings_text(Guess(settings=settings, notes=(), questions=())))


def write_whole(path: Path, text: str) -> None:
    """Write a file that appears complete or not at all.

    Raises:
        BadSettings: it can't be written.
    """
    beside = path.with_name(f"{path.name}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise BadSettings(f"{path} can't be written ({error.strerror}); make its folder writable") from error
    finally:
        with suppress(OSError):
            beside.unlink()


def tracking(home: Path, chosen: str | None, *, make: bool = True) -> str:
    """Where MLflow keeps runs and models: as said, or in the home folder, which is made unless one only reads.

    Raises:
        BadSettings: the home is a file, or can't be made.
    """
    try:
        if make or home.is_file():
            home.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise BadSettings(f"--home {home} is a file, not a folder; name a folder") from error
    except OSError as error:
        raise BadSettings(f"--home {home} can't be made ({error.strerror}); name a folder you may write to") from error
    return chosen or f"sqlite:///{(home / 'mlflow.db').resolve()}"


def quiet_logs() -> None:
    """No log: a person reads what these commands print, and their errors say what a log would."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def now() -> datetime:
    """The moment it is, with its zone."""
    return datetime.now(UTC)


@contextmanager
def progress() -> "Iterator[Callable[[str], None]]":
    """Say each step as it starts, with a spinner where a person is watching."""
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("") as status:

        def step(text: str) -> None:
            console.print(f"[dim]·[/dim] {text}", highlight=False)
            status.update(text)

        yield step
