"""The gate: whether a challenger may take the champion's place, one condition a line, with numbers.

Both models answer the same recent leads, which neither learned from, each from the raw export by
its own view. Figures are compared resample by resample of whole leads and accounts, so that what
is hard for both cancels. The challenger has to be better in log loss or in PR AUC, with the
interval of the difference beyond zero, and no worse in anything beyond the margins of `[gate]`.
Being younger counts for nothing.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.rows import build_rows
from features.settings import Gate, Settings
from features.tables import Export
from models.bundle import Bundle
from training import metrics
from training.intervals import Interval
from training.paired import Mask, Metric, Paired, paired
from training.question import question, require_equal
from training.recent import Recent, recent
from training.slices import masks_of

Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]

#: what the gate judges by
JUDGED: Mapping[str, Metric] = {
    "log loss": metrics.log_loss,
    "PR AUC": metrics.pr_auc,
    "expected / observed": metrics.expected_over_observed,
    "calibration slope": metrics.calibration_slope,
}


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One thing that has to hold, and whether it does."""

    name: str
    passed: bool
    says: str  #: the numbers, in a sentence without its end
    slice: bool = False  #: whether it is about a part of the leads

    def line(self) -> str:
        """For a person."""
        return f"{'pass' if self.passed else 'FAIL'}  {self.name}: {self.says}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether the challenger may be promoted, and why."""

    conditions: tuple[Condition, ...]
    when: str  #: the recent window in words
    notes: tuple[str, ...] = ()
    window: tuple[int, int] | None = None  #: the first and last `as_of` of it; None where the gate couldn't judge

    @property
    def promote(self) -> bool:
        """Whether every condition holds."""
        return all(condition.passed for condition in self.conditions)

    @property
    def failed(self) -> tuple[Condition, ...]:
        """The conditions that don't hold."""
        return tuple(condition for condition in self.conditions if not condition.passed)

    def sentence(self) -> str:
        """The verdict and its reason."""
        if self.promote:
            return f"The challenger may be promoted: {self.conditions[-1].says}."
        return "The champion stays. " + " ".join(f"Failed: {c.name}: {c.says}." for c in self.failed)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for records."""
        conditions = [{"name": c.name, "passed": c.passed, "says": c.says} for c in self.conditions]
        return {"promote": self.promote, "when": self.when, "conditions": conditions, "notes": list(self.notes)}


@dataclass(frozen=True, kw_only=True)
class Contest:
    """The recent leads, what both models answered, and what follows."""

    recent: Recent
    log_odds: tuple[Floats, Floats]  #: the champion's, the challenger's; (n_pairs,) each
    figures: Mapping[str, Paired]
    verdict: Verdict


def gate(
    champion: Bundle,
    challenger: Bundle,
    export: Export,
    settings: Settings,
    *,
    figures: Mapping[str, Metric] = JUDGED,
    progress: Progress = lambda _: None,
) -> Contest:
    """Let both models answer the recent leads of the export, and judge.

    `figures` may name more metrics to report than those that the gate judges by.

    Raises:
        NotComparable: the models predict different things or for different leads.
        NotEnoughData: there is no recent lead whose result is known.
    """
    require_comparable(champion, challenger, export, settings)
    progress("choosing the recent leads that neither model learned from")
    window = recent(export, settings, champion=champion.card, challenger=challenger.card)
    progress(f"answering {len(window):,} pairs with both models")
    rows = (build_rows(champion.view, export, window.pairs), build_rows(challenger.view, export, window.pairs))
    log_odds = (champion.log_odds(rows[0]), challenger.log_odds(rows[1]))
    masks = masks_of(export, window.pairs, (champion.view, challenger.view), rows)
    progress("comparing them on resampled leads")
    return judge(window, log_odds, masks, settings.gate, figures={**JUDGED, **figures}, seed=settings.model.seed)


def judge(
    window: Recent,
    log_odds: tuple[Floats, Floats],
    masks: Mapping[str, Mask],
    rules: Gate,
    *,
    figures: Mapping[str, Metric] = JUDGED,
    seed: int,
) -> Contest:
    """The verdict on given answers (champion's, challenger's); `masks` are the slices that could be judged."""
    wins = window.wins()
    enough = Condition(
        name="recent wins",
        passed=wins >= rules.min_recent_wins,
        says=f"{wins:,} won of {window.leads:,} leads, {window.when}; at least {rules.min_recent_wins} are needed",
    )
    judged = {name: mask for name, mask in masks.items() if window.wins(mask) >= rules.min_slice_wins}
    overall, within = paired(
        window.label, window.weight, window.group, log_odds, figures, judged, rounds=rules.rounds, seed=seed
    )
    conditions = (enough, *_conditions(overall, within, rules)) if enough.passed else (enough,)
    first_last = int(window.pairs.as_of.min()), int(window.pairs.as_of.max())
    verdict = Verdict(conditions=conditions, when=window.when, notes=window.notes, window=first_last)
    return Contest(recent=window, log_odds=log_odds, figures=overall, verdict=verdict)


def require_comparable(champion: Bundle, challenger: Bundle, export: Export, settings: Settings) -> None:
    """Refuse models that predict different things, or for different leads, or not what the settings say.

    Raises:
        NotComparable: with what differs.
    """
    asked = question(settings, flat=export.flat)
    require_equal(_asked(champion, flat=export.flat), _asked(challenger, flat=export.flat), asked)


def _asked(bundle: Bundle, *, flat: bool) -> Mapping[str, Any]:
    told: dict[str, Any] = dict(bundle.card.get("question", {}))
    return told if flat else {"horizon_days": bundle.horizon_days, **told}


def _conditions(figures: Mapping[str, Paired], within: Mapping[str, Paired], rules: Gate) -> Iterable[Condition]:
    loss, area = figures["log loss"], figures["PR AUC"]
    yield _no_worse("log loss", loss, rules.log_loss_margin, sign=1)
    yield _no_worse("PR AUC", area, rules.pr_auc_margin, sign=-1)
    expected, slope = "expected / observed", "calibration slope"
    yield _no_farther(expected, figures[expected], _log_distance, rules.calibration_margin)
    yield _no_farther(slope, figures[slope], _distance, rules.slope_margin)
    for name, figure in within.items():
        yield _slice_not_worse(name, figure, rules.slice_margin)
    yield _better(loss.difference, area.difference)


def _no_worse(name: str, figure: Paired, margin: float, *, sign: int) -> Condition:
    """The end of the interval where the challenger is worst lies within the margin; `sign` 1 where less is better."""
    found, room = figure.difference, margin * abs(figure.champion.value)
    worst = found.high if sign > 0 else -found.low
    says = f"{_values(figure)}; its interval may reach {sign * room:+z.4f}, no farther"
    return Condition(name=f"{name} no worse", passed=bool(worst <= room), says=says)


def _slice_not_worse(name: str, figure: Paired, margin: float) -> Condition:
    found, room = figure.difference, margin * figure.champion.value
    passed = _not_shown(found, room)
    return Condition(name=f"log loss of {name} not worse", passed=passed, says=_against(figure, room), slice=True)


def _no_farther(name: str, figure: Paired, distance: Callable[[Floats], Floats], margin: float) -> Condition:
    """For calibration: the figure should be 1, and is not shown to be farther from it than the champion's."""
    farther, own = figure.farther(distance), figure.challenger.interval
    if math.isnan(figure.champion.value):  # it gives everybody one number
        told = f"{own.value:.3f}" if math.isfinite(own.value) else "none"
        says = f"{told}; the champion, who can't tell leads apart, has none to compare with"
        return Condition(name=f"{name} no farther from 1", passed=True, says=says)
    return Condition(
        name=f"{name} no farther from 1",
        passed=_not_shown(farther, margin),
        says=f"{own.value:.3f} ({own.low:.3f} to {own.high:.3f}) against {figure.champion.value:.3f}, "
        f"farther by {_signed(farther, 3)}; may be farther by {margin:.3f}",
    )


def _not_shown(worse: Interval, room: float) -> bool:
    """Where few wins rarely prove that nothing is worse: neither the value nor the whole interval says that it is."""
    return bool(worse.high <= room or (worse.value <= room and worse.low <= 0))


def _against(figure: Paired, room: float) -> str:
    return f"{_values(figure)}; may be worse by {room:.4f}"


def _values(figure: Paired) -> str:
    return f"{figure.challenger.value:.4f} against {figure.champion.value:.4f}, {_signed(figure.difference)}"


def _better(loss: Interval, area: Interval) -> Condition:
    gain = Interval(low=-loss.high, value=-loss.value, high=-loss.low)
    return Condition(
        name="better in log loss or PR AUC",
        passed=bool(gain.low > 0 or area.low > 0),
        says=f"log loss better by {_signed(gain)}, PR AUC by {_signed(area)}; one has to lie above zero",
    )


def _distance(values: Floats) -> Floats:
    return np.abs(values - 1)


def _log_distance(values: Floats) -> Floats:
    return np.abs(np.log(values))


def _signed(found: Interval, digits: int = 4) -> str:
    if not math.isfinite(found.low):
        return f"{found.value:+z.{digits}f} (no interval)"
    return f"{found.value:+z.{digits}f} ({found.low:+z.{digits}f} to {found.high:+z.{digits}f})"
