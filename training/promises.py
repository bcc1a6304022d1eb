"""For the card: whether promises were kept on the test period, and for whom; as data and as Markdown."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from training.calibration_band import Calibration
from training.dataset import Dataset
from training.markdown import in_cell, percent, table
from training.metrics import Ranked
from training.prepare import Prepared
from training.slices import AGES_OVERLAP, LEAD_AGE, slices

Interval = Mapping[str, float | None]


def promise_facts(ready: Prepared, test: Dataset, log_odds: npt.NDArray[np.float64]) -> dict[str, Any]:
    """Calibration by bins, and each slice with enough wins, on the pairs of the test period."""
    calibration = Calibration.of(Ranked.of(test.label, log_odds, test.weight), test.group)
    return {
        "reliability": calibration.to_dict(),
        "slices": [one.to_dict() for one in slices(ready.export, ready.settings, test, log_odds)],
    }


def reliability_text(card: Mapping[str, Any]) -> list[str]:
    """The section on promises; nothing where the card holds none."""
    told = card.get("reliability")
    if not told:
        return []
    rows = [
        (
            *(percent(b["expected"]), f"{percent(b['low'])} to {percent(b['high'])}", percent(b["observed"])),
            *(f"{b['cases']:,}", "yes" if b["kept"] else "no"),
        )
        for b in told["bins"]
    ]
    return [
        "## Are its promises kept?",
        f"On the test period, from the least to the most likely leads: {told['verdict']}",
        table(("promised", "luck alone gives", "won", "leads or accounts", "kept"), rows),
    ]


def slices_text(card: Mapping[str, Any]) -> list[str]:
    """The section on slices; nothing where the card holds none."""
    told = card.get("slices")
    if not told:
        return []
    judged = [one for one in told if one["auc"] is not None]
    rows = [
        (
            *(one["field"], one["value"], f"{one['leads']:,}", f"{one['wins']:,}"),
            *(_cell(one["auc"]), _cell(one["expected_over_observed"]), one["verdict"]),
        )
        for one in judged
    ]
    columns = ("field", "value", "leads", "won", "ROC AUC", "expected / observed", "in words")
    overlap = f" {AGES_OVERLAP}" if any(one["field"] == LEAD_AGE for one in told) else ""
    return [
        "## Is it as good for everybody?",
        f"On the test period: {len(judged)} slices have enough won leads, {len(told) - len(judged)} are too small to "
        f"judge. By luck alone about {len(judged) / 20:.1f} would stand out.{overlap}",
        *([table(columns, rows)] if rows else []),
        *_too_small(told),
    ]


def _too_small(told: list[Mapping[str, Any]]) -> list[str]:
    """Per field the values with too few wins."""
    small: dict[str, list[str]] = {}
    for one in told:
        if one["auc"] is None:
            small.setdefault(one["field"], []).append(f"{in_cell(one['value'])} ({one['wins']} of {one['leads']:,})")
    lines = [f"- {in_cell(field)}: {', '.join(values)}" for field, values in small.items()]
    return ["Too small to judge (won leads of leads):\n\n" + "\n".join(lines)] if lines else []


def _cell(found: Interval) -> str:
    if found["value"] is None:
        return "n/a"
    ends = "" if found["low"] is None else f" ({found['low']:.2f} to {found['high']:.2f})"
    return f"{found['value']:.2f}{ends}"
