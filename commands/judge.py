"""Judge a model on the past: `evaluate`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.source import FromService, MaybeFolder, source_of
from commands.terminal import DEFAULT_HOME, Home, SettingsFile, now, progress, say
from features.errors import UnreadableFile

if TYPE_CHECKING:
    from features.settings import Settings
    from training.evaluation_report import Sheet
    from training.examine import Examination
    from training.openings import Look, Opening

LEAST_WIDTH = 130  #: columns that a table of intervals needs


def evaluate(
    folder: MaybeFolder = None,
    from_service: FromService = False,
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    origins: Annotated[int | None, typer.Option(min=1, max=24, help="moments from which to look ahead")] = None,
    points: Annotated[Path | None, typer.Option(help="the company's own points rules: condition,points")] = None,
    scores: Annotated[list[Path] | None, typer.Option(help="past scores to hold against what came")] = None,
    out: Annotated[Path | None, typer.Option(help="Markdown report to write")] = None,
    pictures: Annotated[Path | None, typer.Option(help="folder for the pictures")] = None,
    keep_closed: Annotated[bool, typer.Option("--keep-closed", help="don't look at the test period")] = False,
) -> None:
    """Backtest from several moments of the past, then the test period, slices, calibration, learning curve.

    Each look at the test period is recorded in the home folder and counted; --keep-closed doesn't look.
    """
    from training.evaluation_report import sheets
    from training.examine import examine
    from training.maturity import all_matured

    source = source_of(folder, home, from_service=from_service)
    chosen = source.settings(settings)
    rules = source.points_file(chosen, points)
    with progress() as step:
        step("reading the export")
        export = source.read(chosen)
        past = all_matured(scores or (), export, chosen)
        found = examine(
            export,
            chosen,
            open_test=None if keep_closed else _recorded(home),
            dataset=source.describe(chosen, export).digest,
            points_file=rules,
            origins=origins,
            progress=step,
        )
    findings = sheets(found, past)
    for sheet in findings:
        _show(sheet)
    _keep(found, findings, out, pictures)


def points_file(folder: Path, settings: "Settings", named: Path | None = None) -> Path | None:
    """The company's points rules: as named, or where the settings say they lie in the export's folder.

    Raises:
        UnreadableFile: the file is not there or no text.
        BadTable: a line is no rule.
    """
    from training.points_file import read_rules

    own = folder / settings.evaluation.points_file if settings.evaluation.points_file else None
    file = named or own
    if file is not None:
        read_rules(file)  # before any long work
    return file


def _recorded(home: Path) -> "Callable[[Look], Opening]":
    """Opens the test period: writes the look down in the home folder, with the time it is."""
    from training.openings import record_opening

    return lambda look: record_opening(home, look, now())


def _show(sheet: "Sheet") -> None:
    """A finding on the screen."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    console.width = max(console.width, LEAST_WIDTH)
    console.print(f"\n[bold]{escape(sheet.title)}[/bold]")
    for sentence in sheet.sentences:
        console.print(f"  {escape(sentence)}", soft_wrap=True)
    if sheet.rows:
        table = Table()
        for i, column in enumerate(sheet.columns):
            table.add_column(escape(column), justify="left" if i == 0 else "right")
        for row in sheet.rows:
            table.add_row(*map(escape, row))
        console.print(table)


def _keep(found: "Examination", findings: "Sequence[Sheet]", out: Path | None, pictures: Path | None) -> None:
    """Write the report with its pictures, beside it unless a folder is named."""
    from training.evaluation_pictures import draw_evaluation
    from training.evaluation_report import markdown

    folder = pictures or (out.parent / f"{out.stem}_pictures" if out else None)
    if folder is None:
        return
    try:
        drawn = draw_evaluation(found, folder)
        if out:
            addresses = {name: _address(path, out.parent) for name, path in drawn.items()}
            title = f"How good is the lead scoring of {found.case.settings.company.name}?"
            out.write_text(markdown(title, findings, addresses), encoding="utf-8")
            say(f"wrote {out}")
    except OSError as error:
        raise UnreadableFile(f"{error.filename} can't be written ({error.strerror}); name another place") from error
    say(f"drew {len(drawn)} pictures into {folder}")


def _address(picture: Path, folder: Path) -> str:
    import os

    return Path(os.path.relpath(picture, folder)).as_posix()
