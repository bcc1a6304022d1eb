"""Numbers that run: to today, until the closing, or along with the events.

`total_visits`, `days_in_crm`, `last_contact` as of the export know how long a lead has been there,
when it was closed and what it did afterwards. Dates are tested as days since the lead's creation.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from features.clock import DAY, NEVER
from training.leaks.case import Case
from training.leaks.fields import Field
from training.leaks.measures import rank_correlation, rank_correlation_within
from training.leaks.verdicts import Evidence

Floats = npt.NDArray[np.float64]

AGE_BINS = 20
FEWEST = 100  #: leads with a number
YOUNG_BINS = 4
STEADY = 0.9  #: rank correlation of the bins' means with age
YOUNGEST = 0.5  #: mean of the youngest leads against the mean of all
AT_ZERO = 0.2  #: the same of a lead of age 0, by a line through the youngest bins: a counter starts at zero
CLEAR = 0.15  #: rank correlation over leads
UNTIL_CLOSING = ((0.9, 5), (0.5, 3))  #: rank correlation with the time to closing -> weight
WITH_EVENTS = 0.9  #: rank correlation with what the events say as of the export


def counters(field: Field, case: Case) -> Iterator[Evidence]:
    """A number that grows with age, until closing, or with the events."""
    numbers = _days_or_numbers(field, case)
    if case.fates.flat or field.tracked or numbers is None or (~np.isnan(numbers)).sum() < FEWEST:
        return
    yield from _runs_to_today(numbers, case)
    yield from _runs_until_closing(numbers, case)
    yield from _runs_with_events(numbers, case)


def _days_or_numbers(field: Field, case: Case) -> Floats | None:
    if field.is_calendar:
        return None
    if field.moments is not None:
        known = (field.moments != NEVER) & case.fates.dated
        created = np.where(known, case.fates.created, 0)
        return np.where(known, (np.where(known, field.moments, 0) - created) / DAY, np.nan)
    return field.numbers if field.is_number else None


def _runs_to_today(numbers: Floats, case: Case) -> Iterator[Evidence]:
    """Nearly nothing for the youngest leads, more and more the older they are."""
    known = ~np.isnan(numbers) & ~np.isnan(case.fates.age)
    if known.sum() < FEWEST or np.unique(case.fates.age[known]).size < AGE_BINS:
        return
    value, age = numbers[known], case.fates.age[known]
    means, ages = _by_age(value, age)
    steady = rank_correlation(means, ages)
    clear = rank_correlation(value, age)
    if steady >= STEADY and clear >= CLEAR and _starts_at_zero(means, ages, float(value.mean())):
        yield Evidence(
            test="runs_to_today",
            ground="time",
            weight=5,
            numbers={"youngest": means[0], "oldest": means[-1], "rank_correlation_with_age": clear},
            sentence=f"It grows with the age of the lead at the export, from {means[0]:.3g} for the youngest leads to "
            f"{means[-1]:.3g} for the oldest: it counts up to today, so it knows what came after scoring. "
            "Leave it out, or bring what it counts as events.",
        )


def _by_age(value: Floats, age: Floats) -> tuple[Floats, Floats]:
    """Means of value and age in bins of equally many leads, the youngest first."""
    bins = np.argsort(np.argsort(age, kind="stable"), kind="stable") * AGE_BINS // len(age)
    sizes = np.bincount(bins, minlength=AGE_BINS)
    return np.bincount(bins, value, AGE_BINS) / sizes, np.bincount(bins, age, AGE_BINS) / sizes


def _starts_at_zero(means: Floats, ages: Floats, mean: float) -> bool:
    """A price index may rise with time as well, but a lead that came today has one."""
    _, at_zero = np.polyfit(ages[:YOUNG_BINS], means[:YOUNG_BINS], 1)
    return bool(0 <= means[0] <= YOUNGEST * mean and at_zero <= AT_ZERO * mean)


def _runs_until_closing(numbers: Floats, case: Case) -> Iterator[Evidence]:
    """Among closed leads, bigger the longer they were open; compared with leads that came at the same time."""
    here = case.fates.closed & ~np.isnan(numbers) & case.fates.dated
    if here.sum() < FEWEST:
        return
    found = rank_correlation_within(numbers[here], case.fates.open_days[here], case.won_or_not[here])
    weight = next((weight for bound, weight in UNTIL_CLOSING if found >= bound), 0)
    if weight:
        yield Evidence(
            test="runs_until_closing",
            ground="time",
            weight=weight,
            numbers={"rank_correlation_with_time_to_closing": found},
            sentence=f"Among closed leads it grows with the time they took to close (rank correlation {found:.2f}): "
            "it seems to be counted until the closing. Leave it out, or bring what it counts as events.",
        )


def _runs_with_events(numbers: Floats, case: Case) -> Iterator[Evidence]:
    """The same as a count over all events of the export, or as the time of the last one."""
    names, ranks = case.event_ranks
    value = numbers[case.sample]
    known = ~np.isnan(value)
    if known.sum() < FEWEST or not names:
        return
    found = np.abs(_correlations(rankdata(value[known]), ranks[:, known]))
    best, what = float(found.max()), names[int(found.argmax())]
    if best >= WITH_EVENTS:
        yield Evidence(
            test="runs_with_events",
            ground="time",
            weight=5,
            numbers={"rank_correlation": best},
            words={"what": what},
            sentence=f"It says the same as {what} at the time of the export (rank correlation {best:.2f}), much of "
            "which comes after scoring. Leave it out: the events themselves are read as of the time.",
        )


def _correlations(one: Floats, many: Floats) -> Floats:
    """Of `one` with each row of `many`; 0 where either never varies."""
    x, y = one - one.mean(), many - many.mean(axis=1, keepdims=True)
    spread = np.sqrt(float(x @ x) * (y * y).sum(axis=1))
    return np.asarray(np.where(spread > 0, y @ x / np.where(spread > 0, spread, 1.0), 0.0))
