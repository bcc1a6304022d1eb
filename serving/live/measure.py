"""What a model says of a lead at a moment, in numbers alone, and how two such measures differ group by group."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.lead import Lead
from features.request import NOTHING_KNOWN
from features.rows import lead_row
from models.groups import Group
from serving.language import Language
from serving.predict import Case, Predictor
from serving.wording import sentence

SAME = 1e-12  #: log-odds; a smaller change of a group is rounding


@dataclass(frozen=True, kw_only=True)
class Measured:
    """`log_odds == base_value + sum of groups`."""

    predictor: Predictor
    case: Case  #: without attributes that no model may read
    row: list[float]
    contributions: list[float]  #: by column
    groups: dict[Group, float]  #: their sums
    base_value: float
    log_odds: float


@dataclass(frozen=True, kw_only=True)
class GroupChange:
    """What one field or kind of event added or took."""

    field: str  #: as in an answer's reasons; "base_value" is where a model starts
    family: str | None
    change: float  #: log-odds
    text: str  #: what is so now


Words = Callable[[Language], str]


def measure(predictor: Predictor, lead: Lead, as_of: int) -> Measured:
    """What the model of this predictor says of the lead; one row at a time, so that equal rows are equal bit by bit."""
    case = predictor.readable(Case(lead=lead, as_of=as_of, facts=NOTHING_KNOWN))
    bundle = predictor.bundle
    row = lead_row(bundle.view, case.lead, as_of)
    answers = bundle.answer(np.array([row]))
    contributions = answers.contributions[0].tolist()
    sums = bundle.groups.sums_of_one(contributions)
    return Measured(
        predictor=predictor,
        case=case,
        row=row.tolist(),
        contributions=contributions,
        groups=dict(zip(bundle.groups.all, sums, strict=True)),
        base_value=answers.base_value,
        log_odds=float(answers.log_odds[0]),
    )


def differences(before: Measured, after: Measured, language: Language) -> tuple[GroupChange, ...]:
    """What changed between two measures by one model, the strongest first; together they are the whole difference."""
    moved = {group: after.groups[group] - before.groups[group] for group in after.groups}
    found = [
        GroupChange(
            field=group.name,
            family=group.family,
            change=change,
            text=_said(after, group, change, [a - b for a, b in _columns(before, after)], language),
        )
        for group, change in moved.items()
        if abs(change) > SAME
    ]
    return strongest(found)


def strongest(found: list[GroupChange]) -> tuple[GroupChange, ...]:
    """In the order of what they changed."""
    return tuple(sorted(found, key=lambda one: (-abs(one.change), one.field, one.family or "")))


def said_of(measured: Measured, group: Group, change: float, language: Language) -> str:
    """What is so of a group, by the column that adds or takes most."""
    return _said(measured, group, change, measured.contributions, language)


def _columns(before: Measured, after: Measured) -> "zip[tuple[float, float]]":
    return zip(after.contributions, before.contributions, strict=True)


def _said(measured: Measured, group: Group, change: float, moved: list[float], language: Language) -> str:
    """The sentence of the column that moved furthest the way the group did."""
    groups, predictor = measured.predictor.bundle.groups, measured.predictor
    columns = groups.spoken[groups.all.index(group)]
    column = max(columns, key=lambda c: moved[c] if change > 0 else -moved[c])
    definition = predictor.bundle.view.definitions[column]
    return sentence(definition, measured.row[column], predictor.about(measured.case, language), raises=change > 0)
