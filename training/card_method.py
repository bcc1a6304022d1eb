"""The card's words on how it was learned: what counts as won, who is scored when, what was kept out and why."""

from collections.abc import Mapping
from typing import Any

from training.markdown import in_cell, table

SAID = {"refuse": "kept out", "suspicious": "suspicious", "kept_out": "kept out anyhow"}
TREATED = {
    "negative": "counts as not won",
    "censored": "no label from then on",
    "left_out": "left out",
    "as_it_ended": "as it ended",
}
WHAT = {"column": "field", "kind": "kind of activity", "result": "the result itself"}


def method_text(card: Mapping[str, Any]) -> list[str]:
    """The label, the cohort and the end of the data."""
    if card.get("flat"):
        said = (
            "A lead counts as won as its row says. The export has one row a lead and no times: that nothing was "
            "known too early can't be shown. Earlier rows train, later rows test."
        )
        return ["## What counts as won", said]
    if "cohort" not in card:
        return []
    return ["## What counts as won", f"{_label(card)} {_cohort(card['cohort'])} The data ends at {card['data_end']}."]


def _label(card: Mapping[str, Any]) -> str:
    asked = card["question"]
    column = next((name for name in asked.get("won by", ())[:3] if name), "")
    by = f" (`{in_cell(column)}`)" if column else ""
    late = asked.get("reporting_delay_days") or 0
    delay = f", plus {late:g} days in which a win may be written down late" if late else ""
    return (
        f"A lead counts as won at a moment if it was won{by} within the next {card['horizon_days']:g} days; "
        f"moments whose {card['horizon_days']:g} days have not passed{delay} are not used."
    )


def _cohort(cohort: Mapping[str, Any]) -> str:
    if cohort["mode"] == "ages":
        ages = ", ".join(f"{age:g}" for age in cohort["at_ages_days"])
        return f"Leads that were open then are looked at {ages} days after `{in_cell(cohort['age_from'])}`."
    return (
        f"Every {cohort['every_days']:g} days all open leads are looked at, as a service would; of one lead at most "
        f"{cohort['pairs_per_lead']} such moments (pairs) are learned from."
    )


def feedback_text(card: Mapping[str, Any]) -> list[str]:
    """How many leads sales turned down, by reason, and what that made of their labels; nothing where it did not."""
    told = card.get("feedback")
    if not told:
        return []
    rows = [(in_cell(t["reason"]), TREATED[t["treatment"]], f"{t['leads']:,}", f"{t['pairs_out']:,}") for t in told]
    return [
        "Turned down by sales and never won. What sales says is a label at most, never a feature.",
        table(("reason", "treatment", "leads", "pairs left out"), rows),
    ]


def leaks_text(card: Mapping[str, Any]) -> list[str]:
    """What could have known the outcome, with the heaviest evidence; nothing where nobody looked."""
    told = card.get("leaks")
    if told is None:
        return []
    is_fine = [one["verdict"] == "fine" and one["what"] != "result" for one in told["findings"]]
    shown = [one for one, fine in zip(told["findings"], is_fine, strict=True) if not fine]
    rows = [_finding(one, told["kept"]) for one in shown]
    said = f"{sum(is_fine)} fields and kinds of activity are fine."
    return [
        "## What could have known the outcome",
        "What is suspicious takes part all the same, unless its line says otherwise: people decide.",
        *([table(("name", "what", "verdict", "why"), rows)] if rows else []),
        f"{'All others: ' if rows else ''}{said}",
        *told["notes"],
    ]


def _finding(found: Mapping[str, Any], kept: list[str]) -> tuple[str, ...]:
    if found["what"] == "result":
        return (f"`{found['name']}`", WHAT["result"], "never a feature", "")
    held = found["verdict"] == "refuse" and found["name"] in kept
    verdict = "could know it, kept because the settings say so" if held else SAID[found["verdict"]]
    why = found["evidence"][0]["sentence"] if found["evidence"] else ""
    return (f"`{found['name']}`", WHAT[found["what"]], verdict, why)


def model_text(card: Mapping[str, Any]) -> list[str]:
    """Of what the model consists; nothing where the card doesn't say."""
    if "table_bytes" not in card:
        return []
    trees = card["trees"]
    told = f"a logistic model and {trees} trees, whose mean answers" if trees else "a logistic model; trees stayed off"
    table_of = f" Exact explanations need a table of {card['table_bytes']:,} bytes." if card["table_bytes"] else ""
    return ["## The model", f"{card['features']} columns; {told}. Calibrated on {card['calibrated_on']}.{table_of}"]
