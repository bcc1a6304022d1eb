"""Kinds of events: after the outcome, crowding at it, by sales or a system.

Features see only what was known by `as_of`, and a closed lead is not scored, so that an event
after the outcome does no harm by itself. A count over all time would know it; and a kind that
exists only afterwards is the outcome under another name.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from features.clock import DAY
from features.column_names import name_words
from training.leaks.case import Case
from training.leaks.event_totals import Events
from training.leaks.fates import FEWEST
from training.leaks.report import Finding
from training.leaks.verdicts import Evidence
from training.leaks.words import OURS

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

SHARE_AFTER = 0.01  #: of a kind's events at or after the lead's own outcome
FIRST_AFTER = 0.9  #: of the closed leads that have the kind: first time at or after the outcome
DENSER = 3.0  #: events per day after against before closing
RARER_WHEN_OPEN = 0.5  #: open leads that have the kind, against closed ones
#: where so little comes after the outcome, it dies down there and tells nothing: a remark, no suspicion
STILL_AFTER = 0.25  #: of the events of won leads, and of those of the others
STILL_FIRST_AFTER = 0.05  #: as `FIRST_AFTER`
STILL_AS_DENSE = 0.1  #: as `DENSER`
LAST_DAY = 0.5  #: of the won leads that have the kind before: first time in the last day
LAST_DAY_BY_TIME = 0.1  #: at most, what the time would give


def event_kinds(case: Case) -> Iterator[Finding]:
    """A finding for each kind of the export, the most frequent first."""
    for i, name in enumerate(case.events.kinds):
        kind = case.events.of_kind(i)
        ours = list(_ours(name, kind, case))
        kept_out = bool(ours) and name not in case.feature_kinds
        yield Finding.of(name, "kind", [*_after(kind, case), *_before(kind, case), *ours], kept_out=kept_out)


def _after(kind: Events, case: Case) -> Iterator[Evidence]:
    """Events at or after the lead's own outcome."""
    late = kind.happened_at >= case.fates.closed_at[kind.lead]
    share = float(late.mean())
    if late.sum() < FEWEST or share < SHARE_AFTER:
        return
    first, denser = _first_after(kind, case), _denser(kind, late, case)
    if first >= FIRST_AFTER and denser >= DENSER and _rarer_when_open(kind, case):
        yield Evidence(
            test="begins_after_outcome",
            ground="outcome",
            weight=5,
            numbers={"events": len(late), "after": share, "first_after": first},
            sentence=f"{first:.0%} of the closed leads that have it had it for the first time at or after the outcome: "
            "it follows the result. It must not become a feature.",
        )
    else:
        dies_down = (
            first < STILL_FIRST_AFTER and denser < STILL_AS_DENSE and _after_by_side(kind, late, case) < STILL_AFTER
        )
        yield Evidence(
            test="events_after_outcome",
            ground="outcome",
            weight=0 if dies_down else 2,
            numbers={"events": len(late), "after": share, "first_after": first},
            sentence=f"{late.sum():,} of its {len(late):,} events ({share:.0%}) come at or after the lead's own "
            f"outcome; {first:.0%} of the closed leads with such an event have none before. A total over all time "
            "would know the result. Features count only what was known when the lead was scored.",
        )


def _after_by_side(kind: Events, late: Bools, case: Case) -> float:
    """The share of events that come at or after the outcome, of won leads or of the others, whichever is more."""
    won = case.fates.won[kind.lead]
    return max(float(late[side].mean()) if side.any() else 0.0 for side in (won, ~won))


def _firsts(kind: Events, leads: int) -> Ints:
    """When each lead had it first; the largest int64 where never."""
    first = np.full(leads, np.iinfo(np.int64).max)
    np.minimum.at(first, kind.lead, kind.happened_at)
    return first


def _first_after(kind: Events, case: Case) -> float:
    first = _firsts(kind, len(case.fates.won))
    has = case.fates.closed & (first < np.iinfo(np.int64).max)
    return float((first[has] >= case.fates.closed_at[has]).mean()) if has.sum() >= FEWEST else 0.0


def _denser(kind: Events, late: Bools, case: Case) -> float:
    """Events per day after the outcome against before it, on closed leads (`late` says which are after)."""
    fates = case.fates
    here = fates.closed & fates.dated
    after = float((fates.end - fates.closed_at[here]).sum()) / DAY
    before = float(fates.open_days[here].sum())
    # Half an event before, so that none at all is not endlessly few.
    early = float((~late & fates.closed[kind.lead]).sum()) + 0.5
    return (float(late.sum()) / max(after, 1.0)) / (early / max(before, 1.0))


def _rarer_when_open(kind: Events, case: Case) -> bool:
    has = np.bincount(kind.lead, minlength=len(case.fates.won)) > 0
    closed = case.fates.closed
    shares = [float(has[side].mean()) if side.any() else 0.0 for side in (~closed, closed)]
    return shares[0] <= RARER_WHEN_OPEN * shares[1]


def _before(kind: Events, case: Case) -> Iterator[Evidence]:
    """First occurrences that crowd in the last day before a win."""
    fates = case.fates
    first = _firsts(kind, len(fates.won))
    has = fates.won & fates.dated & (first < fates.closed_at) & (first >= fates.created)
    if has.sum() < FEWEST:
        return
    crowded = float((first[has] > fates.closed_at[has] - DAY).mean())
    by_time = float(np.minimum(1.0, fates.open_days[has]).sum() / max(1.0, fates.open_days[has].sum()))
    if crowded >= LAST_DAY and by_time <= LAST_DAY_BY_TIME:
        yield Evidence(
            test="begins_at_outcome",
            ground="closing",
            weight=2,
            numbers={"leads": float(has.sum()), "last_day": crowded, "by_time": by_time},
            sentence=f"{crowded:.0%} of the won leads that have it had it for the first time in their last day: it is "
            "a step of the closing, and leaves no time to act on it.",
        )


def _ours(name: str, kind: Events, case: Case) -> Iterator[Evidence]:
    """Done by sales or a system: by the export's actor, by the settings, or by its name."""
    by_us = float(kind.by_us.mean())
    declared = case.settings.kinds.get(name)
    said = declared is not None and "actor" in declared.model_fields_set
    word = next((word for word in name_words(name) if word in OURS), None)
    named: dict[str, str] = {}
    if by_us > 0.5 or (declared is not None and said and declared.actor != "lead"):
        who = "Sales or a system does it, not the lead"
    elif word and not said:
        who = f"Its name ({word!r}) sounds as if sales or a system did it; if so, give it that `actor`"
        named = {"word": word}
    else:
        return
    used = name in case.feature_kinds
    todo = "it is a feature, and may tell whom sales believes in" if used else "it is kept out of the features"
    told = f"{who}: {todo}."
    yield Evidence(test="ours", ground="company", weight=2, numbers={"by_us": by_us}, words=named, sentence=told)
