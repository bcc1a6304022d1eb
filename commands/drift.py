"""Whether the world moved, and a new model if it pays: `drift`, `retrain`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.alone import alone
from commands.decisions import Place, champion_of
from commands.source import FromService, MaybeFolder, source_of
from commands.terminal import (
    DEFAULT_HOME,
    Home,
    SettingsFile,
    Tracking,
    moment,
    now,
    progress,
    remember,
    say,
    tracking,
)
from features.errors import NotComparable, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.tables import Export
    from training.drift_report import DriftReport
    from training.maturity import Scored
    from training.promotion import Candidate
    from training.retrain import Retrained

DRIFT = 10  #: exit code for schedulers


def drift(
    folder: MaybeFolder = None,
    from_service: FromService = False,
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

    source = source_of(folder, home, from_service=from_service)
    if out is not None:
        require_writable(out)
    champion = Candidate.fetch("champion", tracking_uri=tracking(home, tracking_uri, make=False))
    scored = [read_scores(path) for path in scores or ()]
    for file in scored:
        require_own(file, champion)
    chosen = source.settings(settings)
    with progress() as step:
        step("reading the export")
        export = source.read(chosen)
        step("comparing")
        at = moment(as_of, chosen) if as_of else export.data_end
        _require_known(at, export)
        found = compare(champion.bundle, export, chosen, as_of=at, scored=scored, version=champion.version.number)
    for line in found.lines():
        say(line)
    if out is not None:
        write(found, out)
    if found.moved:
        raise typer.Exit(DRIFT)


def _require_known(at: int, export: "Export") -> None:
    """Refuse a moment of which the export can't tell: everybody would seem to have fallen silent."""
    from features.clock import iso
    from features.errors import BadSettings

    if not export.flat and at > export.data_end:
        raise BadSettings(
            f"--as-of {iso(at)} lies after the end of the data, {iso(export.data_end)}: nobody knows what leads did "
            "in between; name an earlier moment or bring a newer export"
        )


def retrain(
    folder: MaybeFolder = None,
    from_service: FromService = False,
    force: Annotated[bool, typer.Option("--force", help="train although no new outcome has matured")] = False,
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
) -> None:
    """Check, look for drift and leaks, train, compare, and promote or not: the whole cycle, unattended.

    The last line is JSON. Exit code 10 says that the world moved and the old champion still answers.
    """
    source, where = source_of(folder, home, from_service=from_service), tracking(home, tracking_uri)
    with alone(home, "retrain"), progress() as step:
        chosen = source.settings(settings)
        rules = source.points_file(chosen)
        step("reading the export")
        export = source.read(chosen)
        data = source.describe(chosen, export)
        place = Place(home=home, where=where, data=data, settings=chosen, command="retrain")
        found = _cycle(place, export, rules, step, force=force)
    for line in found.lines():
        say(line)
    say(json.dumps(found.to_dict(), ensure_ascii=False, allow_nan=False))
    if found.needs_a_look:
        raise typer.Exit(DRIFT)


def _cycle(
    place: Place, export: "Export", rules: Path | None, step: "Callable[[str], None]", *, force: bool
) -> "Retrained":
    from training.retrain import Retrained, leaks_of, log_no_op, survey

    champion, chosen = champion_of(place.where), place.settings
    step("checking, and looking for drift")
    before = survey(champion, export, chosen)
    if champion is not None and before.news is not None and not before.news.outcomes and not force:
        log_no_op(champion, before.news.sentence(), chosen, tracking_uri=place.where)
        return Retrained(word="no_op", why=before.news.sentence(), version=None, before=before)
    new = _registered(place, export, rules, step)
    decision = place.settle(new, champion, export, step)
    return Retrained(
        word="promoted" if decision.promote else "kept",
        why=decision.why,
        version=new.version.number,
        before=before,
        leaks=leaks_of(new.bundle.card, champion.bundle.card if champion else None),
    )


def _registered(place: Place, export: "Export", rules: Path | None, step: "Callable[[str], None]") -> "Candidate":
    """Train and register, as `train` does."""
    from training.examine import look_of
    from training.openings import record_opening
    from training.promotion import Candidate
    from training.record import record
    from training.train import train

    chosen, data = place.settings, place.data
    trained = train(export, chosen, points_file=rules, progress=step)
    say(record_opening(place.home, look_of(trained, export, chosen, data.digest, "retrain"), now()).sentence())
    step("registering with MLflow")
    version = record(trained, settings=chosen, data=data, tracking_uri=place.where)
    remember(chosen, place.home)
    return Candidate(version=version, bundle=trained.bundle)


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
    beside = out.with_name(out.name + ".part")
    try:
        beside.write_text(json.dumps(found.to_dict(), indent=1, allow_nan=False) + "\n", encoding="utf-8")
        beside.replace(out)
    except OSError as error:
        raise UnreadableFile(f"{out} can't be written ({error.strerror}); name another file with --out") from error
    say(f"wrote {out}")
