"""The model card: what was learned from what, how good it is, and what it must not be used for."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from features.clock import iso
from training.card_method import feedback_text, leaks_text, method_text, model_text
from training.dataset import Dataset
from training.fairness import fairness_text
from training.fit import Fitted
from training.followed import Followed
from training.prepare import Prepared
from training.profile import profile_facts
from training.profile_text import profile_text
from training.promises import promise_facts, reliability_text, slices_text
from training.question import question
from training.rungs import Rung
from training.source_quality import source_facts

#: how probabilities were calibrated -> the limit that follows from it
CALIBRATED = {
    "later leads": "Its probabilities were calibrated on later leads whose outcome is known; younger leads may differ.",
    "held-out leads": "Its probabilities were calibrated on the training leads, each answered by experts that had not "
    "seen it (cross-fitting), not on later ones; leads of another time may differ.",
    "nothing": "Its probabilities are hand-made: no outcome has confirmed them.",
}


def limits(calibrated_on: str) -> tuple[str, ...]:
    """The four sentences that hold for every lead-scoring model."""
    return (
        "It tells how likely a lead is to be won under today's sales practice, "
        "not what would happen if practice changed.",
        CALIBRATED[calibrated_on],
        "It is valid for leads like those that were contacted in the past.",
        "It is not causal: a lead that is pushed to do what raises the score is not thereby likelier to buy.",
    )


def data_facts(ready: Prepared, parts: Mapping[str, Dataset | None]) -> dict[str, Any]:
    """What was learned from what."""
    settings, export = ready.settings, ready.export
    return {
        "company": settings.company.name,
        "horizon_days": settings.outcome.horizon_days,
        "question": question(settings, flat=export.flat),
        "cohort": settings.cohort.model_dump(mode="json"),
        "flat": export.flat,
        "data_end": None if export.flat else iso(export.data_end),
        "parts": {name: _part(part, flat=export.flat) for name, part in parts.items() if part is not None},
        "dropped": dict(ready.chosen.dropped),
        "feedback": [one.to_dict() for one in ready.chosen.treated],
        "leaks": ready.leaks.to_dict(),
        "without_history": [] if export.flat else list(ready.without_history),
        "resampled": "accounts" if export.leads["account_id"].notna().any() else "leads",
    }


def calibration_facts(fitted: Fitted) -> dict[str, Any]:
    """How the probabilities came about."""
    platt, grown, trees = fitted.platt["both"], fitted.experts.grown, fitted.experts.trees
    return {
        "calibrated_on": "held-out leads" if fitted.cross_fitted else "later leads",
        "calibration": {"a": platt.a, "b": platt.b},
        "linear_strength": fitted.strength,
        "trees": grown.trees if grown else 0,
        "table_bytes": trees.table_bytes if trees else 0,
    }


def counted_facts(
    ready: Prepared, past: Dataset, calibrate: Dataset | None, test: Dataset, log_odds: npt.NDArray[np.float64]
) -> dict[str, Any]:
    """For whom it is as good as it says, who was won most often, and which sources win more than expected."""
    followed = Followed.of(ready)
    before_test = (past,) if calibrate is None else (past, calibrate)
    return {
        **promise_facts(ready, test, log_odds),
        "profile": profile_facts(ready, followed, before_test),
        "source_quality": source_facts(followed, ready.settings.model),
    }


def _part(part: Dataset, *, flat: bool) -> dict[str, Any]:
    first, last = int(part.as_of.min()), int(part.as_of.max())
    return {
        "pairs": len(part),
        "leads": len(np.unique(part.lead)),
        "won": part.wins,
        "from": f"row {first + 1}" if flat else iso(first),
        "until": f"row {last + 1}" if flat else iso(last),
    }


def card_text(card: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    quality = _quality(card) if card["contest"] else ["## Quality", card["verdict"]]
    parts = [
        *(*_head(card), *method_text(card), *_data(card), *leaks_text(card)),
        *(*quality, *reliability_text(card), *slices_text(card), *fairness_text(card)),
        *(*profile_text(card), *model_text(card), *_limits(card)),
    ]
    return "\n\n".join(parts) + "\n"


def _head(card: Mapping[str, Any]) -> list[str]:
    return [
        f"# Lead scoring model of {card['company']}",
        f"Predicts, for a lead that is open at a moment, the probability that it is won within "
        f"{card['horizon_days']:g} days of that moment.",
        rung_sentence(card["rung"]),
    ]


def rung_sentence(rung: Mapping[str, Any]) -> str:
    """Where the model stands on the ladder of small data."""
    return Rung(name=rung["name"], why=rung["why"], up=rung["up"]).sentence


def _data(card: Mapping[str, Any]) -> list[str]:
    rows = [
        f"| {part} | {d['pairs']:,} | {d['leads']:,} | {d['won']:,} | {d['from']} | {d['until']} |"
        for part, d in card["parts"].items()
    ]
    table = ["| part | pairs | leads | won | scored from | until |", "|---|---|---|---|---|---|", *rows]
    dropped = [f"- {count:,} {what}" for what, count in card["dropped"].items() if count]
    return [
        "## Data",
        "\n".join(table),
        "Left out:\n\n" + ("\n".join(dropped) or "- nothing"),
        *feedback_text(card),
        *(["\n".join(f"- {note}" for note in card["notes"])] if card["notes"] else []),
        *([_without_history(card["without_history"])] if card["without_history"] else []),
    ]


def _without_history(names: list[str]) -> str:
    """Which fields may hold what was written later (design: time)."""
    return (
        f"Fields without a history, whose value of today counts as known at creation: {', '.join(names)}. "
        "They faced the leak detector; a table of `attribute_changes` would show when they were written."
    )


def _quality(card: Mapping[str, Any]) -> list[str]:
    metrics = list(next(iter(card["contest"].values())))
    head = ["| on the test period | " + " | ".join(metrics) + " |", "|---|" + "---|" * len(metrics)]
    rows = [
        f"| {name} | " + " | ".join(_cell(measured[m]) for m in metrics) + " |"
        for name, measured in card["contest"].items()
    ]
    absent = [f"- {name}: not in the table, for {why}" for name, why in card["absent"].items()]
    return [
        "## Quality",
        card["verdict"],
        *([card["against_best"]["sentence"]] if card.get("against_best") else []),
        "\n".join(head + rows),
        f"Intervals hold 95 % and resample whole {card['resampled']}. At capacity: the best "
        f"{100 * card['capacity_share']:.3g} % of the open leads, as many as sales can call in a week.",
        *(["\n".join(absent)] if absent else []),
    ]


def _cell(measured: Mapping[str, float | None]) -> str:
    if measured["value"] is None:
        return "n/a"
    if measured["low"] is None:
        return f"{measured['value']:.3f}"
    return f"{measured['value']:.3f} ({measured['low']:.3f} to {measured['high']:.3f})"


def _limits(card: Mapping[str, Any]) -> list[str]:
    return ["## Limits", "\n".join(f"- {sentence}" for sentence in limits(card["calibrated_on"]))]
