"""What a model says of a lead at a moment, in numbers alone, and how two such measures differ group by group."""

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
    was: str | None = None  #: the same of before, where it reads otherwise


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
    moved = [now - was for now, was in zip(after.contributions, before.contributions, strict=True)]
    changes = {group: after.groups[group] - before.groups[group] for group in after.groups}
    return strongest(
        [
            _changed(before, after, group, change, moved, language)
            for group, change in changes.items()
            if abs(change) > SAME
        ]
    )


def _changed(
    before: Measured, after: Measured, group: Group, change: float, moved: list[float], language: Language
) -> GroupChange:
    column = _furthest(after, group, change, moved)
    text = _said(after, column, language, raises=change > 0)
    was = _said(before, column, language, raises=change > 0)
    return GroupChange(
        field=group.name, family=group.family, change=change, text=text, was=None if was == text else was
    )


def strongest(found: list[GroupChange]) -> tuple[GroupChange, ...]:
    """In the order of what they changed."""
    return tuple(sorted(found, key=lambda one: (-abs(one.change), one.field, one.family or "")))


def said_of(measured: Measured, group: Group, change: float, language: Language) -> str:
    """What is so of a group, by the column that adds or takes most."""
    return _said(measured, _furthest(measured, group, change, measured.contributions), language, raises=change > 0)


def _furthest(measured: Measured, group: Group, change: float, moved: list[float]) -> int:
    """The column of the group that moved furthest the way the group did, of those that can be put into words."""
    groups = measured.predictor.bundle.groups
    columns = groups.spoken[groups.all.index(group)]
    return max(columns, key=lambda c: moved[c] if change > 0 else -moved[c])


def _said(measured: Measured, column: int, language: Language, *, raises: bool) -> str:
    definition = measured.predictor.bundle.view.definitions[column]
    about = measured.predictor.about(measured.case, language)
    return sentence(definition, measured.row[column], about, raises=raises)
