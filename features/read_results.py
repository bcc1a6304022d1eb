"""What a lead's row says of its end: won, lost or open, and when."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from features.clock import NEVER, iso
from features.columns import Text, text_of
from features.encode import Reading
from features.errors import BadTable
from features.read_tables import Bools, Ints, RawTable, Sieve
from features.settings import LeadsFile, Settings
from features.time_columns import TimeColumns
from features.times import day_start

_WON = """1 true yes y won closedwon converted conversion customer purchased bought paid success sold signed deal
    si sì vero vinto vinta chiusovinto chiusavinta convertito convertita cliente acquistato venduto"""
_LOST = """0 false no n lost closedlost notconverted churned rejected failed failure disqualified dead
    falso perso persa chiusoperso chiusapersa nonconvertito squalificato rifiutato"""
WON_WORDS = frozenset(_WON.split())  #: of a result column that mean "won", when the settings name none
LOST_WORDS = frozenset(_LOST.split())


@dataclass(frozen=True, kw_only=True)
class Results:
    """One entry per row of the leads file."""

    won_at: Ints  #: microseconds, NEVER when not won
    lost_at: Ints
    label: npt.NDArray[np.float64]  #: of a flat export: 1, 0, or NaN for open
    notes: tuple[str, ...] = ()


def plain(word: str) -> str:
    """A word for comparison: "Closed - Won" and "closed_won" are both "closedwon"."""
    return "".join(c for c in word.lower() if c.isalnum())


def is_flat(settings: Settings) -> bool:
    """One row per lead and no time of any result: nothing can be placed in time."""
    spec = settings.data.leads
    if spec.closed_won_at or spec.closed_lost_at or spec.closed_at:
        return False
    return spec.result is not None or (spec.created_at is None and settings.data.events is None)


def results_of(raw: RawTable, times: TimeColumns, sieve: Sieve, settings: Settings) -> Results:
    """Read the results, refusing rows whose times contradict each other.

    Raises:
        BadTable: no value of the result column is one of those that mean "won".
    """
    spec = settings.data.leads
    label, notes = np.full(len(raw), np.nan), list[str]()
    won_at, lost_at = _at(times, "closed_won_at", len(raw)), _at(times, "closed_lost_at", len(raw))
    if spec.result is not None and spec.closed_won_at is None:
        missing = Reading.of(spec.result, settings.data.missing_words, settings.data.keep_na).missing_words
        text = text_of(raw.column(spec.result, "data.leads.result"), missing)
        won, lost, notes = _told(raw, text, spec, every_other_lost=is_flat(settings))
        label = np.where(won, 1.0, np.where(lost, 0.0, np.nan))
    elif spec.closed_at is not None:
        raise BadTable(
            f"data.leads.closed_at names {spec.closed_at!r} but no column tells won from lost; "
            "name it as `result`, or name the dates as closed_won_at and closed_lost_at"
        )
    if spec.result is not None and spec.closed_at is not None:
        closed_at = _at(times, "closed_at", len(raw))
        notes += _require_dates(raw, label, closed_at, sieve, spec)
        won_at, lost_at = np.where(label == 1, closed_at, won_at), np.where(label == 0, closed_at, lost_at)
    (won_at, lost_at), shifted = _not_before_creation(raw, times, sieve, settings, (won_at, lost_at))
    if not is_flat(settings):
        label = np.full(len(raw), np.nan)
    return Results(won_at=won_at, lost_at=lost_at, label=label, notes=tuple(notes + shifted))


def _at(times: TimeColumns, key: str, rows: int) -> Ints:
    return times.times[key].micros if key in times.times else np.full(rows, NEVER)


def _told(raw: RawTable, text: Text, spec: LeadsFile, *, every_other_lost: bool) -> tuple[Bools, Bools, list[str]]:
    """Which rows the result column calls won and lost, by the settings' words or by common ones."""
    notes = []
    won_words = frozenset(map(plain, spec.won_values)) or WON_WORDS
    won = text.where(lambda word: plain(word) in won_words)
    values = list(text.counts())
    shown = ", ".join(map(repr, values[:10])) or "none at all"
    if not won.any() and values:
        raise BadTable(
            f"{raw.name}: no value of {spec.result} says that a lead was won; its values are {shown}. "
            "Put those that mean won into `won_values` under [data.leads] in ripeness.toml"
        )
    if not spec.won_values:
        words = ", ".join(repr(word) for word in values if plain(word) in won_words)
        notes.append(f"{raw.name}: {spec.result} {words} is taken for won")
    lost_words = frozenset(map(plain, spec.lost_values))
    if not lost_words and not every_other_lost:
        lost_words = LOST_WORDS
    lost = text.where(lambda word: plain(word) in lost_words) if lost_words else ~won & ~text.missing
    return won, lost & ~won, notes


def _require_dates(
    raw: RawTable, label: npt.NDArray[np.float64], closed_at: Ints, sieve: Sieve, spec: LeadsFile
) -> list[str]:
    """A win without its date can't be placed in time; a loss without one counts as open till the end."""
    undated = closed_at == NEVER
    sieve.refuse(
        (label == 1) & undated,
        f"{spec.result} says won but {spec.closed_at} is missing, so nobody can tell when; fill the date in",
        lambda _row: f"no {spec.closed_at}",
    )
    notes, lost, odd = [], int(((label == 0) & undated).sum()), int((np.isnan(label) & ~undated).sum())
    if lost:
        notes.append(f"{raw.name}: {lost:,} lost leads have no {spec.closed_at}; they count as open until the end")
    if odd:
        notes.append(
            f"{raw.name}: {odd:,} leads have a {spec.closed_at} but a {spec.result} that is neither won nor lost; "
            "they count as open (see won_values and lost_values)"
        )
    return notes


def _not_before_creation(
    raw: RawTable, times: TimeColumns, sieve: Sieve, settings: Settings, closings: tuple[Ints, Ints]
) -> tuple[tuple[Ints, Ints], list[str]]:
    """Refuse results before the lead's creation. A result of the same day, known by the day only, moves to it."""
    created = _at(times, "created_at", len(raw))
    by_day = any(
        times.times[key].by_day for key in ("closed_won_at", "closed_lost_at", "closed_at") if key in times.times
    )
    moved, notes = [], []
    for word, at in zip(("won", "lost"), closings, strict=True):
        early = (at != NEVER) & (created != NEVER) & (at < created)
        same_day = early & by_day
        if same_day.any():
            same_day[same_day] = at[same_day] >= day_start(created[same_day], settings.company.zone)
        if same_day.any():
            notes.append(
                f"{raw.name}: {int(same_day.sum()):,} leads were {word} on the day of their creation, at an hour that "
                "isn't known; they count as decided at once"
            )
        show = partial(_both_dates, word, at, created)
        sieve.refuse(early & ~same_day, f"the lead was {word} before it was created; correct one of both dates", show)
        moved.append(np.where(same_day, created, at))
    return (moved[0], moved[1]), notes


def _both_dates(word: str, at: Ints, created: Ints, row: int) -> str:
    return f"{word} {iso(at[row])}, created {iso(created[row])}"
