"""Columns that moved, in the reader's language: which values gained leads, and from what share to what share."""

from dataclasses import dataclass

from models.reference import MISSING, UNLISTED
from serving.language import Language
from serving.live.column_drift import Columns, Moved

SHOWN = 12  #: columns that moved, in full
NEAREST = 5  #: shown of those that did not, by how near they are to their bars


@dataclass(frozen=True, kw_only=True)
class ColumnTold:
    """One column for a row of the page."""

    name: str
    gained: str  #: values that gained most
    shares: tuple[float, float]  #: of these, then and now
    missing: tuple[float, float] | None  #: share of leads without a value, where that changed
    new_values: tuple[str, ...]
    psi: float
    bar: float
    added: float  #: log-odds
    affected: float
    bins: tuple[tuple[float, float], ...]  #: shares then and now, for the drawing


def told(columns: Columns, language: Language) -> tuple[list[ColumnTold], list[ColumnTold]]:
    """The columns that moved, and of the others the nearest to their bars."""
    moved = [_told(one, language) for one in columns.moved[:SHOWN]]
    rest = [one for one in columns.columns if not one.moved][:NEAREST]
    return moved, [_told(one, language) for one in rest]


def _told(one: Moved, language: Language) -> ColumnTold:
    fuller, (then, now) = one.fuller, one.missing
    return ColumnTold(
        name=one.name,
        gained=bin_said(one, fuller, language),
        shares=(one.then[fuller], one.now[fuller]),
        missing=(then, now) if abs(now - then) >= 0.01 and fuller != len(one.then) + MISSING else None,
        new_values=one.new_values,
        psi=one.psi,
        bar=one.bar,
        added=one.added,
        affected=one.affected,
        bins=tuple(zip(one.then, one.now, strict=True)),
    )


def bin_said(one: Moved, at: int, language: Language) -> str:
    """A bin of a column in words."""
    edges, bins = one.column.edges, len(one.then)
    if at == bins + MISSING:
        return language.say("no value")
    if edges is None:
        return one.categories[at] if at < bins + UNLISTED else language.say("not seen in training")
    if not edges:
        return language.say("any number")
    if at == 0:
        return language.say("up to {most}", most=_number(edges[0], language))
    if at == len(edges):
        return language.say("above {least}", least=_number(edges[-1], language))
    return language.say(
        "above {least} up to {most}", least=_number(edges[at - 1], language), most=_number(edges[at], language)
    )


def _number(edge: float, language: Language) -> str:
    return language.number(float(f"{edge:.4g}"))
