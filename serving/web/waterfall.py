"""The way from the average lead's score to this one's: a bar for each reason, in whole points that add up exactly.

A score is a percentile, so log-odds don't turn into points by themselves. Each reason gets the share of the
difference of the two scores that it has of the difference of log-odds: whatever the order of the reasons, twice the
log-odds are twice the points, and all of them together are the difference (Aumann and Shapley's split of a function
of a sum). Fractions go where they are largest, so that whole numbers add up too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

from models.policy import ScorePolicy

SMALL = 1e-6  #: log-odds; where both leads are this close the slope there tells what a reason is worth
STEP = 0.05  #: log-odds on both sides, for that slope


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One reason, and where its bar begins and ends."""

    text: str | None  #: None for all that has no reason of its own
    evidence: str | None
    points: int
    start: int
    end: int

    @property
    def raises(self) -> bool:
        """Whether it adds to the score."""
        return self.points > 0


@dataclass(frozen=True, kw_only=True)
class Waterfall:
    """`average + sum of fit + sum of engagement == score`."""

    average: int
    score: int
    fit: tuple[Bar, ...]
    engagement: tuple[Bar, ...]

    @property
    def fit_points(self) -> int:
        """What all that it is adds."""
        return sum(bar.points for bar in self.fit)

    @property
    def engagement_points(self) -> int:
        """What all that it does adds."""
        return sum(bar.points for bar in self.engagement)

    @property
    def ends(self) -> tuple[int, int]:
        """The least and the most that the drawing has to hold."""
        ends = [place for bar in (*self.fit, *self.engagement) for place in (bar.start, bar.end)]
        return min(0, *ends, self.average), max(100, *ends, self.average)


def waterfall(answer: Mapping[str, Any], policy: ScorePolicy) -> Waterfall:
    """The waterfall of an answer."""
    explained = answer["explanation"]
    average = round(policy.score(explained["base_value"]))
    families = [_parts(explained["reasons"], family, answer[family]["log_odds"]) for family in ("fit", "engagement")]
    worth = points_per_log_odds(policy, explained["base_value"], explained["log_odds"])
    parts = [part for family in families for part in family]
    points = whole_parts([value * worth for _, _, value in parts], answer["score"] - average)
    bars, place = [], average
    for (text, evidence, _), added in zip(parts, points, strict=True):
        bars.append(Bar(text=text, evidence=evidence, points=added, start=place, end=place + added))
        place += added
    of_fit = len(families[0])
    return Waterfall(average=average, score=answer["score"], fit=tuple(bars[:of_fit]), engagement=tuple(bars[of_fit:]))


def points_per_log_odds(policy: ScorePolicy, before: float, after: float) -> float:
    """How many points of score a unit of log-odds is worth on the straight way between two leads."""
    if abs(after - before) > SMALL:
        return (policy.score(after) - policy.score(before)) / (after - before)
    return (policy.score(before + STEP) - policy.score(before - STEP)) / (2 * STEP)


def whole_parts(values: Sequence[float], total: int) -> list[int]:
    """Whole numbers near to the values that add up to `total`, which is near to the sum of the values."""
    parts = [floor(value) for value in values]
    missing = total - sum(parts)
    order = sorted(range(len(values)), key=lambda i: (parts[i] - values[i], i))
    if missing < 0:
        order.reverse()
    for turn in range(abs(missing)):
        parts[order[turn % len(order)]] += 1 if missing > 0 else -1
    return parts


def _parts(
    reasons: Sequence[Mapping[str, Any]], family: str, total: float
) -> list[tuple[str | None, str | None, float]]:
    """The reasons of one family, those that raise first, the strongest first; then what is left of its total."""
    own = [reason for reason in reasons if reason["family"] == family]
    own.sort(key=lambda reason: (reason["contribution"] < 0, -abs(reason["contribution"])))
    parts = [(r["text"], (r["evidence"] or {}).get("text"), r["contribution"]) for r in own]
    return [*parts, (None, None, total - sum(value for _, _, value in parts))]
