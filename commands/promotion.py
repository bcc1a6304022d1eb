"""Which model answers: `compare`, `promote`, `rollback`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
from features.errors import BadSettings, NotPromoted

if TYPE_CHECKING:
    from features.settings import Settings
    from features.tables import Export
    from training.compare import Comparison
    from training.gate import Condition, Verdict
    from training.promotion import Candidate, Decision
    from training.swap_set import SwapSet


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

    _require_format(out)
    names, folder = _names_and_folder(named)
    where = tracking(home, tracking_uri)
    both = [Candidate.fetch(name, tracking_uri=where) for name in names]
    chosen = settings_of(folder, settings)
    with progress() as step:
        step("reading the export")
        found = side_by_side(both[0].bundle, both[1].bundle, read(folder, chosen), chosen, step)
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

    if override != bool(reason.strip()):
        raise BadSettings("--override needs a reason, and a reason needs --override: --override --reason 'why'")
    where = tracking(home, tracking_uri)
    candidate, before = Candidate.fetch(version, tracking_uri=where), _champion(where)
    require_promotable(candidate, before)
    chosen = _settings_for(folder, settings, home)
    with progress() as step:
        decision = decide(
            candidate,
            before,
            lambda: _export_of(folder, chosen),
            chosen.gate,
            experimental=experimental,
            reason=reason.strip() or None,
            progress=step,
        )
    carry_out(candidate, decision, at=now(), tracking_uri=where)
    _tell(candidate, decision)


def rollback(home: Home = DEFAULT_HOME, tracking_uri: Tracking = None) -> None:
    """Make the champion before this one the champion again; twice goes forth again."""
    from models import registry

    where = tracking(home, tracking_uri)
    champion, before = registry.rollback(tracking_uri=where)
    registry.write_tags(before.number, {"rolled_back_at": now().isoformat(timespec="seconds")}, tracking_uri=where)
    say(f"version {champion.number} is the champion again; version {before.number} is kept as `previous`")


def _names_and_folder(named: list[str]) -> tuple[tuple[str, str], Path]:
    """Of FOLDER, CHALLENGER FOLDER, or CHAMPION CHALLENGER FOLDER."""
    *names, folder = named
    if len(names) > 2:
        raise BadSettings(f"compare takes two models and a folder, not {' '.join(named)!r}")
    defaults = ("champion", "challenger")
    champion, challenger = (*defaults[: 2 - len(names)], *names)
    return (champion, challenger), Path(folder)


def _champion(where: str) -> "Candidate | None":
    from models import registry
    from training.promotion import Candidate

    found = registry.find("champion", tracking_uri=where)
    return None if found is None else Candidate.fetch(found.number, tracking_uri=where)


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


def _tell(candidate: "Candidate", decision: "Decision") -> None:
    """Say what happened; a refusal is an error with every condition that failed."""
    _conditions((*decision.conditions, *(decision.verdict.conditions if decision.verdict else ())))
    if decision.verdict:
        _notes(decision.verdict)
    number = candidate.version.number
    failed = " ".join(f"{c.name}: {c.says}." for c in decision.failed)
    if not decision.promote:
        raise NotPromoted(
            f"version {number} is refused. {failed} `ripeness promote --override --reason` records why not"
        )
    kept = f"; version {decision.against} is kept as `previous`" if decision.against else ""
    say(f"version {number} is the champion, {decision.word}{kept}")
    if decision.experimental:
        say("it is experimental: it learned from too few won leads for its figures to mean much")


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
    _notes(contest.verdict)
    wins = contest.recent.wins()
    table = Table(f"{contest.recent.leads:,} leads, {wins:,} won", "champion", "challenger", "difference (95 %)")
    for name, figure in contest.figures.items():
        apart = figure.difference
        cells = (f"{figure.champion.value:.4f}", f"{figure.challenger.value:.4f}")
        table.add_row(name, *cells, f"{apart.value:+.4f} ({apart.low:+.4f} to {apart.high:+.4f})")
    Console().print(table)
    _conditions(contest.verdict.conditions)
    say(contest.verdict.sentence())
    _swaps("recent leads, whose result is known", found.recent)
    if found.today is not None:
        _swaps("leads open at the end of the data", found.today)


def _conditions(conditions: "tuple[Condition, ...]") -> None:
    """Each in a line; slices that pass in one line together."""
    quiet = [c for c in conditions if c.passed and c.slice]
    for condition in conditions:
        if condition not in quiet:
            say(f"  {condition.line()}")
    if quiet:
        say(f"  pass  {len(quiet)} slices not worse")


def _notes(verdict: "Verdict") -> None:
    for note in verdict.notes:
        say(f"  {note}")


def _swaps(title: str, swaps: "SwapSet") -> None:
    say(f"{title}: {len(swaps.table):,} of {swaps.leads:,} change band")
    for moves in swaps.moves():
        say(f"  {moves.line()}")


def _require_format(out: Path | None) -> None:
    if out is not None and out.suffix not in {".parquet", ".csv"}:
        raise BadSettings(f"--out {out} is neither .parquet nor .csv; name a file that is")


def _write(found: "Comparison", out: Path) -> None:
    import pandas as pd

    parts = {"recent": found.recent} | ({"open": found.today} if found.today is not None else {})
    full = pd.concat([swaps.full().assign(leads=name) for name, swaps in parts.items()], ignore_index=True)
    try:
        full.to_csv(out, index=False) if out.suffix == ".csv" else full.to_parquet(out, index=False)
    except OSError as error:
        raise BadSettings(f"--out {out} can't be written ({error.strerror}); name another file") from error
    say(f"wrote {len(full):,} rows to {out}")
