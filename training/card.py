"""The model card: what was learned from what, how good it is, and what it must not be used for."""

from collections.abc import Mapping
from typing import Any

#: the four sentences that hold for every lead-scoring model
LIMITS = (
    "It tells how likely a lead is to be won under today's sales practice, not what would happen if practice changed.",
    "Its probabilities were calibrated on later leads whose outcome is known; younger leads may differ.",
    "It is valid for leads like those that were contacted in the past.",
    "It is not causal: a lead that is pushed to do what raises the score is not thereby likelier to buy.",
)


def card_text(card: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    return "\n\n".join([*_head(card), *_data(card), *_quality(card), *_limits()]) + "\n"


def _head(card: Mapping[str, Any]) -> list[str]:
    return [
        f"# Lead scoring model of {card['company']}",
        f"Predicts, for a lead that is open at a moment, the probability that it is won within "
        f"{card['horizon_days']:g} days of that moment.",
    ]


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
        *(["\n".join(f"- {note}" for note in card["notes"])] if card["notes"] else []),
    ]


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
        "\n".join(head + rows),
        "Intervals hold 95 % and resample whole leads.",
        *(["\n".join(absent)] if absent else []),
    ]


def _cell(measured: Mapping[str, float | None]) -> str:
    if measured["value"] is None:
        return "n/a"
    if measured["low"] is None:
        return f"{measured['value']:.3f}"
    return f"{measured['value']:.3f} ({measured['low']:.3f} to {measured['high']:.3f})"


def _limits() -> list[str]:
    return ["## Limits", "\n".join(f"- {sentence}" for sentence in LIMITS)]
