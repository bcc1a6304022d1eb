"""Agree on what a qualified lead is: `policy try` shows the price of a threshold on the company's own past."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
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
from features.errors import BadSettings, NotEnoughData

if TYPE_CHECKING:
    from features.settings import Settings
    from features.tables import Export
    from models.bundle import Bundle
    from serving.policy_history import Replayed
    from serving.policy_try import Trial

app = typer.Typer(no_args_is_help=True, help="The definition of a qualified lead that marketing and sales share.")


class GradeName(StrEnum):
    """A fit that is asked for."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


Score = Annotated[float | None, typer.Option(min=0, max=100)]
Fit = Annotated[GradeName | None, typer.Option()]


@app.callback()
def policy() -> None:
    """The definition of a qualified lead that marketing and sales share."""


@app.command("try")
def try_(
    folder: Folder,
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    reps: Annotated[int | None, typer.Option(min=1, help="people who call; [capacity] unless given")] = None,
    calls_per_day: Annotated[int | None, typer.Option(min=1, help="first calls of each in a day")] = None,
    mql_min_score: Score = None,
    mql_min_fit: Fit = None,
    sql_min_score: Score = None,
    sql_min_fit: Fit = None,
    min_active_days: Annotated[int | None, typer.Option(min=1)] = None,
    idle_days: Annotated[float | None, typer.Option(min=1)] = None,
    since: Annotated[str | None, typer.Option(help="replay from this date on, in sample or not")] = None,
) -> None:
    """Replay a policy over history: whom it hands over, who of them was won, which wins it misses, at what load.

    Options change the [lifecycle] and [capacity] of the settings for this trial alone.
    """
    where, chosen = tracking(home, tracking_uri, make=False), settings_of(folder, settings)
    bounds = {
        "mql_min_score": mql_min_score,
        "mql_min_fit": mql_min_fit and mql_min_fit.value,
        "sql_min_score": sql_min_score,
        "sql_min_fit": sql_min_fit and sql_min_fit.value,
        "min_active_days": min_active_days,
        "idle_days": idle_days,
    }
    chosen = _with(chosen, "lifecycle", bounds)
    chosen = _with(chosen, "capacity", {"reps": reps, "calls_per_rep_per_day": calls_per_day})
    note, tried = _replay(folder, chosen, where, since)
    say(note)
    for line in sentences(tried[0]):
        say(line)
    _show(tried)


def _replay(folder: Path, chosen: "Settings", where: str, since: str | None) -> "tuple[str, tuple[Trial, ...]]":
    """Which time was replayed, in words, and the trials: the policy's own, then the price list's."""
    from serving.policy_history import Historian
    from serving.policy_reach import require_reachable
    from serving.policy_try import alternatives, try_policies
    from training.promotion import Candidate

    with progress() as step:
        step("fetching the champion")
        bundle = Candidate.fetch("champion", tracking_uri=where).bundle
        require_reachable(chosen.lifecycle, bundle.policy, chosen.kinds)
        step("reading the export")
        export = read(folder, chosen)
        time, note = time_of(export, chosen, bundle, since)
        pasts = Historian(bundle=bundle, settings=chosen, export=export, time=time).pasts(
            lambda done, total: step(f"replayed {done:,} of {total:,} leads")
        )
        policies = alternatives(chosen.lifecycle)
        return note, try_policies(pasts, policies, time=time, capacity=chosen.capacity)


def _with(settings: "Settings", section: str, bounds: Mapping[str, object]) -> "Settings":
    """The settings with these keys of a section, where they are given.

    Raises:
        BadSettings: the bounds don't agree with each other.
    """
    from pydantic import ValidationError

    from features.settings import Settings
    from features.settings.words import sentences as faults_in

    told = {key: value for key, value in bounds.items() if value is not None}
    stored = settings.model_dump()
    stored[section] |= told
    try:
        return Settings.model_validate(stored)
    except ValidationError as error:
        given = ", ".join(f"--{key.replace('_', '-')} {value}" for key, value in told.items())
        raise BadSettings(f"{given} can't be tried: {faults_in(error, Settings)}") from error


def time_of(export: "Export", settings: "Settings", bundle: "Bundle", since: str | None) -> "tuple[Replayed, str]":
    """Which time is replayed, and whether the model had learned from it.

    Raises:
        NotEnoughData: the export tells no times, or ends before the model stopped learning.
    """
    from features.clock import days, from_micros
    from serving.policy_history import Replayed
    from training.recent import learned_until

    if export.flat:
        raise NotEnoughData("this export tells no times (one row a lead), so no policy can be replayed over it")
    gap = days(settings.outcome.horizon_days) + days(settings.outcome.reporting_delay_days)
    unseen = learned_until(bundle.card) + gap
    start = moment(since, settings) if since else unseen
    if start >= export.data_end - days(7):
        raise NotEnoughData(
            f"the time to replay would start {from_micros(start):%Y-%m-%d}, the data end "
            f"{from_micros(export.data_end):%Y-%m-%d}; bring later data, or name an earlier date with --since"
        )
    time = Replayed(start=start, end=export.data_end, every_days=min(7.0, settings.cohort.every_days))
    when = f"{from_micros(start):%Y-%m-%d} to {from_micros(export.data_end):%Y-%m-%d}"
    if start < unseen:
        return time, (
            f"Replayed {when}, IN SAMPLE: the model knew how leads ended until {from_micros(unseen):%Y-%m-%d}, "
            "so these figures flatter it"
        )
    return time, f"Replayed {when}, out of sample: later than all that the champion learned from"


def sentences(trial: "Trial") -> tuple[str, ...]:
    """What the policy would have done, for a person."""
    from training.metrics import jeffreys

    handed, decided = len(trial.handed_over), trial.won + trial.lost
    asked, asked_won = trial.asked
    low, high = jeffreys(trial.won, decided) if decided else (0.0, 1.0)
    share = f" ({trial.won / decided:.1%} of the decided, 95 % interval {low:.1%} to {high:.1%})" if decided else ""
    return (
        f"It hands over {handed:,} of {trial.leads:,} leads: {trial.won:,} were won, {trial.lost:,} lost, "
        f"{trial.open:,} are still open{share}",
        f"  {asked:,} of them asked for sales themselves ({asked_won:,} won), "
        f"{handed - asked:,} by their score ({trial.won - asked_won:,} won)",
        f"It misses {trial.missed:,} of {trial.wins:,} wins",
        _load(trial),
        f"  sales can call {len(trial.called):,} of the {handed:,}: {trial.won_called:,} of the {trial.won:,} wins "
        "among them",
    )


def _load(trial: "Trial") -> str:
    """A week's load against capacity."""
    backlog, *later = trial.load
    over = sum(week > trial.calls_per_week for week in trial.load)
    mean = sum(later) / len(later) if later else 0.0
    return (
        f"Capacity {trial.calls_per_week:,} first calls a week: {backlog:,} leads in the first week (the backlog), "
        f"then {mean:.1f} a week, at most {max(later, default=0):,}; {over} of {len(trial.load)} weeks over capacity"
    )


COLUMNS = ("score", "fit", "leads", "a week", "won", "of decided", "wins missed", "calls a win")


def _show(tried: "Sequence[Trial]") -> None:
    """The price list: one row for each policy, by score and then fit; the one tried is marked."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="What other sql_min_score and sql_min_fit would hand over, and miss")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for trial in sorted(tried, key=lambda t: (t.policy.sql_min_score, t.policy.sql_min_fit)):
        table.add_row(*_row(trial, chosen=trial is tried[0]))
    Console().print(table)


def _row(trial: "Trial", *, chosen: bool) -> tuple[str, ...]:
    decided, called = trial.won + trial.lost, len(trial.called)
    return (
        f"{'> ' if chosen else ''}{trial.policy.sql_min_score:g}",
        trial.policy.sql_min_fit,
        f"{len(trial.handed_over):,}",
        f"{trial.per_week:.1f} ({trial.per_week / trial.calls_per_week:.0%})",
        f"{trial.won:,}",
        f"{trial.won / decided:.1%}" if decided else "-",
        f"{trial.missed:,} of {trial.wins:,}",
        f"{called / trial.won_called:.1f}" if trial.won_called else "-",
    )
