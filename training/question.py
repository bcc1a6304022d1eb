"""The question that a model answers: what is predicted, and of which leads. Only equal questions can be compared."""

from collections.abc import Mapping
from typing import Any

from features.errors import NotComparable
from features.settings import Settings

Question = Mapping[str, Any]


def question(settings: Settings, *, flat: bool) -> dict[str, Any]:
    """The question by plain words, for the card; a flat export has neither horizon nor moments of scoring."""
    leads, cohort = settings.data.leads, settings.cohort
    asked: dict[str, Any] = {
        "company": settings.company.name,
        "export": "one row a lead, without times" if flat else "with times",
        "won by": [leads.closed_won_at, leads.closed_at, leads.result, sorted(leads.won_values)],
    }
    if flat:
        return asked
    asked |= {
        "horizon_days": settings.outcome.horizon_days,
        "reporting_delay_days": settings.outcome.reporting_delay_days,
        "cohort mode": cohort.mode,
    }
    return asked | ({"ages": [list(cohort.at_ages_days), cohort.age_from]} if cohort.mode == "ages" else {})


def require_equal(champion: Question, challenger: Question, here: Question) -> None:
    """Refuse models that answer different questions, or another than the settings at hand ask.

    What one of two doesn't tell is not held against it.

    Raises:
        NotComparable: with what differs.
    """
    for ours, theirs, who in (
        (champion, challenger, ("The champion's", "the challenger's")),
        (challenger, here, ("The models'", "the settings'")),
        (champion, here, ("The champion's", "the settings'")),
    ):
        for what in ours:
            if what in theirs and ours[what] != theirs[what]:
                raise NotComparable(
                    f"{who[0]} {what} is {ours[what]!r}, {who[1]} {theirs[what]!r}: they answer different questions; "
                    "train both on the same definition, and compare them on an export with its settings"
                )
