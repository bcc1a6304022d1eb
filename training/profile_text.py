"""The ideal customer profile and the source quality as a page: plain words and small tables."""

from collections.abc import Iterable, Mapping
from typing import Any

from training.markdown import in_cell, percent, table

MOST_VALUES = 5  #: of one field, and all that stand out; the rest is one row
MOST_NAMED = 3  #: values that stand out, in the list on top
MOST_KINDS = 8  #: of activities
FEW_WON = 30  #: below it the page warns
NAMES = {"size": "company size"}  #: of topics, where people say otherwise
LUCK = "By luck alone about one line in twenty would stand out."


def profile_page(card: Mapping[str, Any]) -> str:
    """The profile as a page of its own."""
    parts = profile_text(card) or ["This model's card has no customer profile: no outcome was there to count."]
    return "\n\n".join([f"# Customer profile of {in_cell(card['company'])}", *parts]) + "\n"


def profile_text(card: Mapping[str, Any]) -> list[str]:
    """The sections of the card; nothing where the card holds no profile."""
    told = card.get("profile")
    if not told:
        return []
    behaviour = _behaviour(told["behaviour"], card["horizon_days"])
    return [*_who(told), *behaviour, *_sources(card["source_quality"])]


def _who(told: Mapping[str, Any]) -> list[str]:
    few = told["won"] < FEW_WON
    warning = [f"Only {told['won']:,} leads were won: read this page as a first hint."] if few else []
    return [
        "## Who is won most often: the ideal customer profile",
        f"Counted are {told['leads']:,} leads that came early enough to know what became of them; {told['won']:,} of "
        "them were won. Each lead counts once, as it was last known before it was closed. The range holds the true "
        "share 95 times in 100 if leads decide apart; those of one account often don't, and then it is too narrow. "
        "Lines are in order of their share, pulled to the average where leads are few, so that "
        f"3 won of 4 don't lead the list. {LUCK}",
        *warning,
        *(["\n".join(f"- {_in_short(field)}" for field in told["fields"])] if told["fields"] else []),
        *(
            part
            for field in told["fields"]
            for part in (f"### {in_cell(_name(field).capitalize())}", _field_table(field))
        ),
    ]


def _name(field: Mapping[str, Any]) -> str:
    return NAMES.get(field["topic"], str(field["topic"]))


def _in_short(field: Mapping[str, Any]) -> str:
    """The values that stand out, or that none does."""
    head, average = f"**{in_cell(_name(field).capitalize())}**", percent(field["average"])
    above = [value for value in field["values"] if value["stands_out"] > 0][:MOST_NAMED]
    below = [value for value in reversed(field["values"]) if value["stands_out"] < 0][:MOST_NAMED]
    if not above and not below:
        return f"{head}: nothing stands out from the average of {average}."
    told = [f"{word} {_listed(values)}" for word, values in (("more often", above), ("less often", below)) if values]
    return f"{head}: {'; '.join(told)}; {average} on average."


def _listed(values: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(f"{in_cell(_words(value))} ({percent(value['share'])})" for value in values)


def _words(value: Mapping[str, Any]) -> str:
    return str(value["value"]).replace("_", " ")


def _field_table(field: Mapping[str, Any]) -> str:
    rest = [value for value in field["values"][MOST_VALUES:] if not value["stands_out"]]
    rest = rest if len(rest) > 1 else []  # a line for one is as long as its own line
    rows = [_value_row(_words(value), value) for value in field["values"] if value not in rest]
    others = f"{len(rest)} others"
    for name, values in ((others, rest), ("rare or not known", [field["not_known"]])):
        leads, won = (sum(value[key] for value in values) for key in ("leads", "won"))
        rows += [(name, f"{leads:,}", f"{won:,}", percent(won / leads), "", "")] if leads else []
    return table((_name(field), "leads", "won", "share won", "range", "against average"), rows)


def _value_row(name: str, value: Mapping[str, Any]) -> tuple[str, ...]:
    said = {1: "more often", 0: "", -1: "less often"}[value["stands_out"]]
    counts = (f"{value['leads']:,}", f"{value['won']:,}", percent(value["share"]))
    return (name, *counts, _range(value["low"], value["high"]), said)


def _range(low: float, high: float) -> str:
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def _behaviour(told: Mapping[str, Any] | None, horizon_days: float) -> list[str]:
    if told is None:
        return []
    kinds = told["kinds"] if len(told["kinds"]) <= MOST_KINDS + 1 else told["kinds"][:MOST_KINDS]
    rows = [
        (
            *(kind["label"], percent(kind["won_did"]), percent(kind["others_did"])),
            *(_times(kind, "won_times"), _times(kind, "others_times")),
        )
        for kind in kinds
    ]
    columns = ("activity", "won leads that did it", "other leads that did it", "how often, won", "how often, others")
    left_out = f" {len(told['kinds']) - len(kinds)} further activities are in `card.json`." * (kinds != told["kinds"])
    return [
        "## What they did before they were won",
        f"In the {told['days']} days before a moment of scoring: {told['won']:,} leads that were won within "
        f"{horizon_days:g} days after it, beside {told['others']:,} leads that were not. "
        "How often: the middle one (the median) of those who did it at all. "
        f"Activities that tell the two apart best come first.{left_out}",
        table(columns, rows),
    ]


def _times(kind: Mapping[str, Any], side: str) -> str:
    """How often they did it; nothing where nobody did, or on the card of an earlier release."""
    return "" if kind.get(side) is None else f"{kind[side]:g}"


def _sources(told: Mapping[str, Any] | None) -> list[str]:
    if told is None:
        return []
    fit = ", ".join(f"`{in_cell(name)}`" for name in told["fit_columns"]) or "nothing else"
    return [
        "## Which sources win more than their leads explain",
        f"Expected are the wins that leads of the same kind ({fit}) that had as much time have on average, "
        "whatever their source. 1.5 means: half as many wins again as expected. What is left may be the source, or "
        f"whatever goes with it, such as who follows up. {LUCK}",
        table(("source", "leads", "won", "expected", "won / expected", "range", "in words"), _source_rows(told)),
    ]


def _source_rows(told: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    unknown = [{"source": "rare or not known"} | told["not_known"]] if told["not_known"] else []
    words = {1: "more than explained", 0: "as explained", -1: "less than explained"}
    for one in (*told["sources"], *unknown):
        counts = (f"{one['leads']:,}", f"{one['won']:,}", f"{one['expected']:.1f}")
        ranged = (f"{one['ratio']:.2f}", f"{one['low']:.2f} to {one['high']:.2f}")
        yield (one["source"], *counts, *ranged, words[one["stands_out"]])
