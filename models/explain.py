"""Why a lead has its score: contributions per field and event kind that add up exactly."""

from dataclasses import dataclass

import numpy as np

from features.definitions import Family
from features.stages import Stage
from models.answers import Answers
from models.arrays import Floats
from models.bundle import Bundle
from models.evidence import Counted


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What one field or event kind adds to the log-odds."""

    group: str  #: the field or event kind
    family: Family
    stage: Stage | None  #: what the kind is evidence for; None for fields and for all activity together
    contribution: float  #: log-odds added, summed over the group's columns
    column: str  #: the group's column that adds most in this direction
    value: float  #: of that column; a code for categories, NaN for missing
    evidence: Counted | None  #: what happened to leads with such a value


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """`base_value + sum of reasons + remainder == log_odds`, and `base_value + fit + engagement == log_odds`."""

    base_value: float  #: log-odds before any evidence
    log_odds: float
    fit: float
    engagement: float
    by_stage: dict[str, float]  #: log-odds of engagement by the stage that it is evidence for
    reasons: tuple[Reason, ...]  #: the strongest first
    remainder: float  #: all groups without a reason of their own


def explain(bundle: Bundle, row: Floats, answers: Answers, i: int = 0, top: int = 5) -> Explanation:
    """Explain answer `i`, given its row of shape (n_columns,): at most `top` reasons up and `top` down."""
    contributions = answers.contributions[i]
    groups = bundle.groups
    sums = groups.sums(contributions[None, :])[0]
    chosen = _strongest(sums, top)
    rest = np.ones(len(sums), dtype=np.bool_)
    rest[chosen] = False
    return Explanation(
        base_value=answers.base_value,
        log_odds=float(answers.log_odds[i]),
        fit=float(sums[groups.is_fit].sum()),
        engagement=float(sums[~groups.is_fit].sum()),
        by_stage=_by_stage(bundle, sums),
        reasons=tuple(_reason(bundle, row, contributions, g, float(sums[g])) for g in chosen),
        remainder=float(sums[rest].sum()),
    )


def _strongest(sums: Floats, top: int) -> list[int]:
    """The `top` groups that add most and the `top` that take most, the strongest first; ties in the view's order."""
    order = [int(g) for g in np.argsort(-np.abs(sums), kind="stable")]
    up = [g for g in order if sums[g] > 0][:top]
    down = [g for g in order if sums[g] < 0][:top]
    return sorted(up + down, key=order.index)


def _by_stage(bundle: Bundle, sums: Floats) -> dict[str, float]:
    totals: dict[str, float] = {}
    for group, value in zip(bundle.groups.all, sums.tolist(), strict=True):
        if group.stage is not None:
            totals[group.stage.value] = totals.get(group.stage.value, 0.0) + value
    return {stage.value: totals[stage.value] for stage in Stage if stage.value in totals}


def _reason(bundle: Bundle, row: Floats, contributions: Floats, g: int, total: float) -> Reason:
    group, columns = bundle.groups.all[g], bundle.groups.columns[g]
    column = int(columns[np.argmax(contributions[columns] * np.sign(total))])
    value = float(row[column])
    return Reason(
        group=group.name,
        family=group.family,
        stage=group.stage,
        contribution=total,
        column=bundle.view.names[column],
        value=value,
        evidence=bundle.evidence.about(column, value),
    )
