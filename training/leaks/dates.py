"""Dates that lie at the closing, after it, or after the lead's creation: nobody knew them when it came."""

from collections.abc import Iterator

import numpy as np

from features.clock import DAY, NEVER
from training.leaks.case import Case
from training.leaks.fates import FEWEST
from training.leaks.fields import Field
from training.leaks.verdicts import Evidence

SHARE_AT = 0.3  #: of the closed leads with a date, for one that goes with the closing
SHARE_LATER = 0.2  #: of the leads with a date, for one that is written later
SETTLED_DAYS = 3  #: leads that were open shorter say nothing: creation and closing fall together


def dates(field: Field, case: Case) -> Iterator[Evidence]:
    """Where the dates of the column lie in the life of the lead."""
    if case.fates.flat or field.tracked or field.moments is None or field.is_calendar:
        return
    fates = case.fates
    known = (field.moments != NEVER) & fates.dated
    settled = known & fates.closed & (fates.open_days > SETTLED_DAYS)
    if settled.sum() >= FEWEST:
        distance = (field.moments[settled] - fates.closed_at[settled]) / DAY
        at, after = float((np.abs(distance) <= 1).mean()), float((distance > 1).mean())
        yield from _at_closing(at, after)
    later = (field.moments > np.where(known, fates.created, 0) + DAY) & (field.moments <= fates.end)
    share = float(later[known].mean()) if known.any() else 0.0
    if share >= SHARE_LATER:
        yield Evidence(
            test="date_after_creation",
            ground="time",
            weight=2,
            numbers={"share": share},
            sentence=f"{share:.0%} of its dates lie after the lead's creation: it was written later. "
            "Bring it as an event, which is read as of the time.",
        )


def _at_closing(at: float, after: float) -> Iterator[Evidence]:
    if at >= SHARE_AT:
        yield Evidence(
            test="date_of_closing",
            ground="time",
            weight=5,
            numbers={"at": at, "after": after},
            sentence=f"{at:.0%} of its dates lie within a day of the closing: it is the closing under another name. "
            "Leave it out, or name it as the date of the result.",
        )
    elif after >= SHARE_AT:
        yield Evidence(
            test="date_after_closing",
            ground="time",
            weight=3,
            numbers={"at": at, "after": after},
            sentence=f"{after:.0%} of the closed leads' dates lie after the closing: it is written when the result is "
            "known, unless it is a plan. Leave it out.",
        )
