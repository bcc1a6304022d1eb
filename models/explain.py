"""Why a lead has its score: contributions per field and event kind that add up exactly."""

from dataclasses import dataclass

from features.definitions import Family
from features.stages import Stage
from models.answers import Answers
from models.arrays import Floats
from models.bundle import Bundle
from models.evidence import Counted, Evidence
from models.groups import Groups

WEAK = 0.05  #: log-odds; a weaker contribution is no reason, unless there is no other
LEAST_PART = 0.25  #: of what the group's strongest column adds: what a column must add to speak for the group


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What one field or event kind adds to the log-odds."""

    group: str  #: the field or event kind
    family: Family
    stage: Stage | None  #: what the kind is evidence for; None for fields and for all activity together
    contribution: float  #: log-odds added, summed over the group's columns
    column: str  #: the group's column that speaks for it
    value: float  #: of that column; a code for categories, NaN for missing
    evidence: Counted | None  #: what happened to leads with such a value, where that says the same


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
    """Explain answer `i`, given its row of shape (n_columns,): at most `top` reasons up and `top` down.

    In plain lists: for the few dozen groups of one lead numpy's calls would cost more than the work.
    """
    groups, contributions = bundle.groups, answers.contributions[i].tolist()
    sums = groups.sums_of_one(contributions)
    chosen = _strongest(sums, top)
    rest = set(range(len(sums))).difference(chosen)
    values = row.tolist()
    return Explanation(
        base_value=answers.base_value,
        log_odds=float(answers.log_odds[i]),
        fit=sum(sums[g] for g in groups.of_fit),
        engagement=sum(sums[g] for g in groups.of_engagement),
        by_stage={stage: sum(sums[g] for g in own) for stage, own in groups.of_stage.items()},
        reasons=tuple(_reason(bundle, values, contributions, g, sums[g]) for g in chosen),
        remainder=sum(sums[g] for g in rest),
    )


def _strongest(sums: list[float], top: int) -> list[int]:
    """The `top` groups that add most and the `top` that take most, the strongest first; ties in the view's order.

    Weak ones are left out, but for the strongest of all.
    """
    chosen: list[int] = []
    up = down = 0
    for g in sorted(range(len(sums)), key=lambda g: -abs(sums[g])):
        if chosen and abs(sums[g]) < WEAK:
            break
        if sums[g] > 0 and up < top:
            up += 1
            chosen.append(g)
        elif sums[g] < 0 and down < top:
            down += 1
            chosen.append(g)
    return chosen


def _reason(bundle: Bundle, row: list[float], contributions: list[float], g: int, total: float) -> Reason:
    group = bundle.groups.all[g]
    column, evidence = _speaker(bundle, row, contributions, g, total)
    return Reason(
        group=group.name,
        family=group.family,
        stage=group.stage,
        contribution=total,
        column=bundle.view.names[column],
        value=row[column],
        evidence=evidence,
    )


def _speaker(
    bundle: Bundle, row: list[float], contributions: list[float], g: int, total: float
) -> tuple[int, Counted | None]:
    """The column that speaks for a group, and its evidence.

    It is the strongest in the group's direction that evidence supports, or the strongest without evidence.
    """
    furthest = max if total > 0 else min
    columns = _telling(bundle.groups, row, g)
    strongest = furthest(columns, key=contributions.__getitem__)
    if contributions[strongest] * total <= 0:
        columns = bundle.groups.columns[g]
        strongest = furthest(columns, key=contributions.__getitem__)
    evidence = _support(bundle.evidence, row, strongest, total)
    if evidence is not None or len(columns) == 1:
        return strongest, evidence
    least = LEAST_PART * abs(contributions[strongest])
    others = [c for c in columns if (contributions[c] if total > 0 else -contributions[c]) >= least]
    for column in sorted(others, key=lambda c: -abs(contributions[c])):
        evidence = _support(bundle.evidence, row, column, total)
        if evidence is not None:
            return column, evidence
    return strongest, None


def _telling(groups: Groups, row: list[float], g: int) -> tuple[int, ...]:
    """The group's columns that can be put into words for this lead."""
    columns = groups.spoken[g]
    for change in groups.changes[g]:
        if row[change] == 0:
            columns = tuple(c for c in columns if c != change) or columns
    return columns


def _support(evidence: Evidence, row: list[float], column: int, total: float) -> Counted | None:
    counted = evidence.about(column, row[column])
    return counted if counted is not None and counted.supports(total) else None
