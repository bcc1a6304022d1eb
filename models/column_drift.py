"""Whether one column of the leads now looks as it did in a bundle's reference; training and serving ask alike.

Columns, answers and calibration may each alarm by chance in a third of the runs that may alarm at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from features.settings import Drift
from models.arrays import Floats, Ints
from models.psi import Stability, stability
from models.reference import MISSING, Binned, Bins, Mask, Reference

FAMILIES = 3  #: columns, score, calibration: each has its share of the false alarms
ROOM = 2.0  #: times how far a single moment of the reference period was from all, which is added to the bar


@dataclass(frozen=True, kw_only=True)
class Held:
    """One column: shares of the leads per bin, of the reference and of now."""

    name: str
    column: Binned
    psi: float
    bar: float  #: from which it moved
    moved: bool
    then: tuple[float, ...]
    now: tuple[float, ...]
    added: float  #: log-odds that the column adds to the mean lead now, less what it added then

    @property
    def fuller(self) -> int:
        """The bin that gained most."""
        return int(np.argmax(np.array(self.now) - np.array(self.then)))

    @property
    def affected(self) -> float:
        """The smallest share of leads that must have changed to explain it."""
        return float(np.maximum(np.array(self.now) - np.array(self.then), 0).sum())

    @property
    def missing(self) -> tuple[float, float]:
        """Share of leads without a value, then and now."""
        return self.then[MISSING], self.now[MISSING]


def telling_as_much(members: Ints) -> float:
    """How many leads of different accounts tell as much as groups of so many: those may be alike in everything."""
    return float(members.sum() ** 2 / (members**2).sum()) if len(members) else 0.0


def hold_columns(
    names: Sequence[str],
    reference: Reference,
    rows: Floats,
    strange: Mask,
    contributions: Floats,
    *,
    independent: float,
    rules: Drift,
) -> list[tuple[Held, Bins]]:
    """Each column of the leads' `rows` against the reference, and the bin of each lead.

    Those that moved come first, then by how far they are above their bars. `strange` marks the values that no list
    of the view has, `contributions` are those of the same rows, both of shape (n_leads, n_columns); `independent`
    of the leads tell as much as all.
    """
    level, both = level_of(rules.false_alarm_share, len(names)), (reference.independent, independent)
    found = []
    for i, (name, column) in enumerate(zip(names, reference.columns, strict=True)):
        bins = column.bins_of(rows[:, i], strange[:, i])
        counted = counted_in(column, bins)
        held = held_against(column, counted, independent=both, level=level, least=rules.min_psi)
        added = float(contributions[:, i].mean()) - column.contribution
        found.append((_held(name, column, counted, held, added), bins))
    return sorted(found, key=lambda pair: (not pair[0].moved, -pair[0].psi / max(pair[0].bar, 1e-9), pair[0].name))


def _held(name: str, column: Binned, counted: Floats, held: Stability, added: float) -> Held:
    return Held(
        name=name,
        column=column,
        psi=held.psi,
        bar=held.bar,
        moved=held.moved,
        then=tuple((np.array(column.leads) / max(1, sum(column.leads))).tolist()),
        now=tuple((counted / counted.sum()).tolist()),
        added=added,
    )


def counted_in(column: Binned, bins: Bins) -> Floats:
    """How many leads are in each bin of a column."""
    return np.bincount(bins, minlength=len(column.leads)).astype(np.float64)


def level_of(false_alarm_share: float, columns: int) -> float:
    """How often one of so many columns may alarm by chance."""
    return false_alarm_share / FAMILIES / max(1, columns)


def held_against(
    column: Binned, now: Floats, *, independent: tuple[float, float], level: float, least: float
) -> Stability:
    """The leads now, counted in the bins of the column, against those of the reference.

    `independent` says how many leads of the reference, and now, tell as much as there are; `least` is the PSI
    that is worth an alarm.
    """
    then = np.array(column.leads, dtype=np.float64)
    ordered = len(column.edges) + 1 if column.edges is not None else 0
    held = stability(then, now, independent=independent, level=level, least=least, ordered=ordered)
    return replace(held, bar=held.bar + ROOM * column.usual)
