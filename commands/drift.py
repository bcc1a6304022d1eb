"""Whether the world moved: `drift`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.terminal import (
    DEFAULT_HOME,
    Folder,
    Home,
    SettingsFile,
    Tracking,
    moment,
    progress,
    read,
    say,
    settings_of,
    tracking,
)
from features.errors import NotComparable, UnreadableFile

if TYPE_CHECKING:
    from training.drift_report import DriftReport
    from training.maturity import Scored
    from training.promotion import Candidate

DRIFT = 10  #: exit code for schedulers


def drift(
    folder: Folder,
    scores: Annotated[
        list[Path] | None, typer.Option(help="what `ripeness score` wrote; the open leads are looked at unless given")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="whose open leads to look at; the end of the data")] = None,
    out: Annotated[Path | None, typer.Option(help="JSON file to write everything to")] = None,
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
) -> None:
    """Hold the leads scored since against those the champion was measured on. Exit code 10 says that they moved."""
    from training.drift import drift as compare
    from training.maturity import read_scores
    from training.promotion import Candidate

    if out is not None:
        require_writable(out)
    champion = Candidate.fetch("champion", tracking_uri=tracking(home, tracking_uri))
    scored = [read_scores(path) for path in scores or ()]
    for file in scored:
        require_own(file, champion)
    chosen = settings_of(folder, settings)
    with progress() as step:
        step("reading the export")
        export = read(folder, chosen)
        step("comparing")
        at = moment(as_of, chosen) if as_of else export.data_end
        found = compare(champion.bundle, export, chosen, as_of=at, scored=scored, version=champion.version.number)
    for line in found.lines():
        say(line)
    if out is not None:
        write(found, out)
    if found.moved:
        raise typer.Exit(DRIFT)


def require_own(file: "Scored", champion: "Candidate") -> None:
    """Refuse scores that another model gave: they can't be held against this one's reference.

    Raises:
        NotComparable: they are of another model.
    """
    if file.bundle != champion.bundle.digest:
        raise NotComparable(
            f"{file.name} holds scores of version {file.model} (bundle {file.bundle[:19]}...), the champion is version "
            f"{champion.version.number} (bundle {champion.bundle.digest[:19]}...); name a file that the champion scored"
        )


def require_writable(out: Path) -> None:
    """Find out before any work whether the file can be written.

    Raises:
        UnreadableFile: it is a folder, or its folder is not there or may not be written.
    """
    beside = out.with_name(out.name + ".part")
    try:
        if out.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise UnreadableFile(f"{out} can't be written ({error.strerror}); name another file with --out") from error


def write(found: "DriftReport", out: Path) -> None:
    """The report as JSON, whole or not at all."""
    import json

    beside = out.with_name(out.name + ".part")
    try:
        beside.write_text(json.dumps(found.to_dict(), indent=1, allow_nan=False) + "\n", encoding="utf-8")
        beside.replace(out)
    except OSError as error:
        raise UnreadableFile(f"{out} can't be written ({error.strerror}); name another file with --out") from error
    say(f"wrote {out}")
