"""A file of points rules as the hand-made points of the lowest rungs: what of it fits, and what doesn't.

The points are weights of the model's own inputs (`training.points_prior`), so a value of a field and
a number of actions can be taken over; a rule of several conditions, or about a number, can't.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from features.encode import number_of
from features.errors import BadSettings
from features.settings import Settings
from training.points_file import Condition, Rule, read_rules

_COUNT = re.compile(r"(.+)_count_\d+(?:_\d+)?d")


def with_points(settings: Settings, folder: Path) -> tuple[Settings, tuple[str, ...]]:
    """The settings with the points of the file that `[model.prior] points_file` names, and which rules don't fit.

    Raises:
        BadSettings: points are given beside the file, or no rule of it fits.
        UnreadableFile: it is not there, or is no text.
        BadTable: a line is no rule.
    """
    prior = settings.model.prior
    if not prior.points_file:
        return settings, ()
    if prior.points:
        raise BadSettings("[model.prior] has both points and points_file; leave one of them out")
    path = folder / prior.points_file
    points, notes = points_of(read_rules(path))
    if not points:
        raise BadSettings(f"{path}: no rule is about a value of a field or a number of actions. {' '.join(notes)}")
    found = prior.model_copy(update={"points": points, "points_file": ""})
    return settings.model_copy(update={"model": settings.model.model_copy(update={"prior": found})}), notes


def points_of(rules: Iterable[Rule]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Points by `field = value` or kind of event, and a sentence for each rule that doesn't fit."""
    points: dict[str, float] = defaultdict(float)
    notes = []
    for rule in rules:
        terms = _terms(rule.conditions[0], rule.points) if len(rule.conditions) == 1 else {}
        for condition, worth in terms.items():
            points[condition] += worth
        if not terms:
            notes.append(
                f"Points rule of line {rule.line} ({rule.text!r}) is no hand-made point, for it isn't about one value "
                "of a field or a least number of actions."
            )
    return dict(points), tuple(notes)


def _terms(condition: Condition, points: float) -> dict[str, float]:
    """What one condition comes to; nothing where it doesn't fit."""
    if condition.operator in {"=", "in"}:
        return {f"{condition.column} = {value}": points for value in condition.values}
    kind = _COUNT.fullmatch(condition.column)
    if kind is None or condition.operator not in {">=", ">"}:
        return {}
    least = number_of(condition.values[0]) + (condition.operator == ">")
    # n actions earn log2(n + 1) times the points of the first
    return {kind[1]: points / math.log2(least + 1)} if least >= 1 else {}
