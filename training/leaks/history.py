"""Fields with a history: a model reads them as of the time, so their final value does no harm.

Still named are fields that change at or after closing, and refused is a field that holds nothing
before: it could only ever say the result.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from features.attributes import values_at
from features.clock import DAY
from features.tables import Pairs
from training.leaks.case import Case
from training.leaks.fates import FEWEST
from training.leaks.fields import Field
from training.leaks.verdicts import Evidence

Ints = npt.NDArray[np.int64]

BEFORE, AFTER = DAY, 14 * DAY  #: around the closing, where changes crowd that belong to it
CROWDED = 3.0  #: changes there against what the time would give
EMPTY = 0.1  #: filled in before closing against at the end


def history(field: Field, case: Case) -> Iterator[Evidence]:
    """When the field changes, measured on closed leads."""
    if not field.tracked or case.fates.flat:
        return
    since = _since_closing(field, case)
    if len(since) < FEWEST:
        return
    after, crowd = float((since >= 0).mean()), float(((since > -BEFORE) & (since <= AFTER)).mean()) / _expected(case)
    if crowd < CROWDED:
        return
    held, later = _held(field, case, before=True), _held(field, case, before=False)
    fact = f"{after:.0%} of its {len(since):,} changes on closed leads come at or after the closing"
    empty = held <= EMPTY * later
    yield Evidence(
        test="filled_after_closing" if empty else "changes_at_closing",
        ground="history",
        weight=5 if empty else 2,
        numbers={"changes": len(since), "after_closing": after, "crowding": crowd, "held": held, "held_later": later},
        sentence=f"{fact}, {_empty_before(held, later) if empty else _crowded(crowd)}",
    )


def _empty_before(held: float, later: float) -> str:
    return (
        f"and before it {held:.1%} of those leads have a value against {later:.1%} in the end: it is written when the "
        "result is known. Leave it out; read as of the time it says nothing."
    )


def _crowded(crowd: float) -> str:
    return (
        f"{crowd:.1f} times as many around it as at other times. It is read as of the time, so the final value does "
        "no harm: check that its history has the true dates."
    )


def _since_closing(field: Field, case: Case) -> Ints:
    """Microseconds from the closing to each change of the field, on closed leads."""
    fates, changes = case.fates, case.export.changes
    own = (changes["field"] == field.name).to_numpy(dtype=bool)
    lead = changes["lead"].to_numpy(dtype=np.int64)[own]
    since = changes["known_at"].to_numpy(dtype=np.int64)[own] - fates.closed_at[lead]
    return np.asarray(since[fates.closed[lead] & fates.dated[lead]])


def _expected(case: Case) -> float:
    """Share of the closed leads' time that lies around their closing."""
    fates = case.fates
    here = fates.closed & fates.dated
    start, end = fates.created[here], np.full(int(here.sum()), fates.end)
    closed = fates.closed_at[here]
    around = np.minimum(closed + AFTER, end) - np.maximum(closed - BEFORE, start)
    return float(np.maximum(around, 1).sum() / np.maximum(end - start, 1).sum())


def _held(field: Field, case: Case, *, before: bool) -> float:
    """Share of closed leads with a value just before the closing, or at the end."""
    fates = case.fates
    closed = np.flatnonzero(fates.closed)
    as_of = fates.closed_at[closed] - 1 if before else np.full(len(closed), fates.end)
    return float((values_at(case.export, field.name, Pairs(lead=closed, as_of=as_of)).code >= 0).mean())
