"""Which model answers: `compare`, `promote`, `rollback`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.alone import alone
from commands.decisions import Place, champion_of, tell, tell_conditions, tell_notes
from commands.terminal import (
    DEFAULT_HOME,
    Home,
    SettingsFile,
    Tracking,
    now,
    progress,
    read,
    say,
    settings_of,
    tracking,
)
from features.errors import BadSettings, NotComparable

if TYPE_CHECKING:
    from features.settings import Settings
    from features.tables import Export
    from training.compare import Comparison
    from training.promotion import Candidate
    from training.swap_set import SwapSet


WAIT_SECONDS = 2  #: for another command of this home


def compare(
    named: Annotated[
        list[str],
        typer.Argument(
            metavar="[CHAMPION] [CHALLENGER] FOLDER",
            help="two aliases, versions' numbers or runs' ids, the champion and the challenger unless given; "
            "then the folder of the export",
        ),
    ],
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    out: Annotated[
        Path | None, typer.Option(help="write the leads that change band, .parquet or .csv, with exact reasons")
    ] = None,
) -> None:
    """Compare two models on recent leads: figures, the gate's verdict, and who would be called instead."""
    from training.compare import compare as side_by_side
    from training.promotion import Candidate
    from training.record import describe

    _require_format(out)
    names, folder = _names_and_folder(named)
    where = tracking(home, tracking_uri, make=False)
    both = [Candidate.fetch(name, tracking_uri=where) for name in names]
    _require_two(names, both)
    chosen = settings_of(folder, settings)
    with progress() as step:
        step("reading the export")
        found = side_by_side(both[0].bundle, both[1].bundle, read(folder, chosen), chosen, step)
    place = Place(home=home, where=where, data=describe(folder, chosen), settings=chosen, command="compare")
    place.write_down_look(both[1], found.contest.verdict)
    _show(both, found)
    if out:
        _write(found, out)


def promote(
    version: Annotated[str, typer.Argument(help="challenger, previous, a version's number, or a run's id")],
    folder: Annotated[Path | None, typer.Argument(help="folder of the export on which the gate compares")] = None,
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    override: Annotated[bool, typer.Option("--override", help="promote against the gate; needs --reason")] = False,
    reason: Annotated[str, typer.Option(help="why the gate is overridden; kept with the version")] = "",
    experimental: Annotated[
        bool, typer.Option("--experimental", help="promote although it learned from few won leads")
    ] = False,
) -> None:
    """Make a version the champion if the gate lets it; the champion before it is kept as `previous`."""
    from training.promotion import Candidate, carry_out, decide, require_promotable
    from training.record import describe

    if override != bool(reason.strip()):
        raise BadSettings("--override needs a reason, and a reason needs --override: --override --reason 'why'")
    where = tracking(home, tracking_uri, make=False)
    candidate = Candidate.fetch(version, tracking_uri=where)
    chosen = _settings_for(folder, settings, home)
    with alone(home, "promote", wait_seconds=WAIT_SECONDS), progress() as step:
        before = champion_of(where)
        require_promotable(candidate, before)
        decision = decide(
            candidate,
            before,
            lambda: _export_of(folder, chosen),
            chosen.gate,
            experimental=experimental,
            reason=reason.strip() or None,
            progress=step,
        )
        if folder is not None:
            place = Place(home=home, where=where, data=describe(folder, chosen), settings=chosen, command="promote")
            place.write_down_look(candidate, decision.verdict)
        carry_out(candidate, decision, at=now(), tracking_uri=where)
    tell(candidate, decision)


def rollback(home: Home = DEFAULT_HOME, tracking_uri: Tracking = None) -> None:
    """Make the champion before this one the champion again; twice goes forth again."""
    from models import registry
    from models.mlflow_client import require_there

    where = tracking(home, tracking_uri, make=False)
    require_there(where)
    with alone(home, "rollback", wait_seconds=WAIT_SECONDS):
        champion, before = registry.rollback(tracking_uri=where)
        registry.write_tags(before.number, {"rolled_back_at": now().isoformat(timespec="seconds")}, tracking_uri=where)
    say(f"version {champion.number} is the champion again; version {before.number} is kept as `previous`")


def _require_two(names: tuple[str, str], both: "list[Candidate]") -> None:
    number = both[0].version.number
    if number == both[1].version.number:
        raise NotComparable(
            f"{names[0]} and {names[1]} are both version {number}: there is nothing to compare; name two versions"
        )


def _names_and_folder(named: list[str]) -> tuple[tuple[str, str], Path]:
    """Of FOLDER, CHALLENGER FOLDER, or CHAMPION CHALLENGER FOLDER."""
    *names, folder = named
    if len(names) > 2:
        raise BadSettings(f"compare takes two models and a folder, not {' '.join(named)!r}")
    defaults = ("champion", "challenger")
    champion, challenger = (*defaults[: 2 - len(names)], *names)
    return (champion, challenger), Path(folder)


def _settings_for(folder: Path | None, chosen: Path | None, home: Path) -> "Settings":
    """Those of the folder; without one, those of the last training."""
    from commands.terminal import service_settings

    return settings_of(folder, chosen) if folder else service_settings(chosen, home)


def _export_of(folder: Path | None, settings: "Settings") -> "tuple[Export, Settings]":
    if folder is None:
        raise BadSettings(
            "there is a champion to compare with: name the folder of the export, `promote VERSION FOLDER`"
        )
    return read(folder, settings), settings


def _show(both: "list[Candidate]", found: "Comparison") -> None:
    from rich.console import Console
    from rich.table import Table

    from training.promotion import told

    for role, candidate in zip(("champion", "challenger"), both, strict=True):
        card = candidate.bundle.card
        learned = card["parts"]["train"]
        line = f"{role}: version {candidate.version.number}, learned from {learned['won']:,} won leads"
        say(f"{line} up to {learned['until']}")
        if (decided := told(candidate.version)) is not None:
            say(f"  {decided}")
    contest = found.contest
    tell_notes(contest.verdict.notes)
    wins = contest.recent.wins()
    table = Table(f"{contest.recent.leads:,} leads, {wins:,} won", "champion", "challenger", "difference (95 %)")
    for name, figure in contest.figures.items():
        apart = figure.difference
        cells = (f"{figure.champion.value:.4f}", f"{figure.challenger.value:.4f}")
        table.add_row(name, *cells, f"{apart.value:+z.4f} ({apart.low:+z.4f} to {apart.high:+z.4f})")
    Console().print(table)
    tell_conditions(contest.verdict.conditions)
    say(contest.verdict.sentence())
    _swaps("recent leads, whose result is known", found.recent)
    if found.today is not None:
        _swaps("leads open at the end of the data", found.today)


def _swaps(title: str, swaps: "SwapSet") -> None:
    say(f"{title}: {len(swaps.table):,} of {swaps.leads:,} change band")
    for moves in swaps.moves():
        say(f"  {moves.line()}")


def _require_format(out: Path | None) -> None:
    if out is not None and out.suffix not in {".parquet", ".csv"}:
        raise BadSettings(f"--out {out} is neither .parquet nor .csv; name a file that is")


def _write(found: "Comparison", out: Path) -> None:
    import pandas as pd

    from features.spreadsheets import safe_table

    parts = {"recent": found.recent} | ({"open": found.today} if found.today is not None else {})
    full = pd.concat([swaps.full().assign(leads=name) for name, swaps in parts.items()], ignore_index=True)
    try:
        safe_table(full).to_csv(out, index=False) if out.suffix == ".csv" else full.to_parquet(out, index=False)
    except OSError as error:
        raise BadSettings(f"--out {out} can't be written ({error.strerror}); name another file") from error
    say(f"wrote {len(full):,} rows to {out}")
