"""Leads whose fate can be told before the test period starts: whom the customer profile counts.

They came by the end of the training time, so each had at least one horizon to be won in. Leads that
were lost and leads that are still open count alike, for many companies never write down a loss.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from features.clock import NEVER, days
from features.rows import build_rows
from features.tables import Pairs
from features.view import View
from training.outcomes import closed_at, won_at
from training.prepare import Prepared

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Followed:
    """One entry per lead."""

    pairs: Pairs  #: the lead, and the moment of its last open state before the test period
    won: npt.NDArray[np.bool_]  #: by the start of the test period
    waited_days: Floats  #: from its coming to the start of the test period; 0 in a flat export
    view: View  #: the columns of who a lead is, with the categories of the model
    rows: Floats  #: those columns at that moment

    @classmethod
    def of(cls, ready: Prepared) -> "Followed":
        """The leads of the export that was made ready."""
        pairs, won, waited = _flat(ready) if ready.export.flat else _dated(ready)
        view = fit_view(ready.view)
        return cls(pairs=pairs, won=won, waited_days=waited, view=view, rows=build_rows(view, ready.export, pairs))

    def __len__(self) -> int:
        return len(self.won)


def fit_view(view: View) -> View:
    """The columns of who a lead is."""
    return replace(view, definitions=tuple(d for d in view.definitions if d.family == "fit"))


def _flat(ready: Prepared) -> tuple[Pairs, npt.NDArray[np.bool_], Floats]:
    past = ready.chosen.pairs.as_of <= ready.parts.periods.train_until
    return ready.chosen.pairs.take(past), ready.label[past] == 1, np.zeros(int(past.sum()))


def _dated(ready: Prepared) -> tuple[Pairs, npt.NDArray[np.bool_], Floats]:
    periods, leads = ready.parts.periods, ready.export.leads
    created, start = (leads[name].to_numpy(dtype=np.int64) for name in ("created_at", "age_from"))
    came = np.where(created == NEVER, start, created)
    until = periods.train_until if periods.calibrate_until is None else periods.calibrate_until
    lead = np.flatnonzero((came != NEVER) & (came <= until))
    last_open = np.minimum(closed_at(ready.export)[lead] - 1, periods.test_after)
    return (
        Pairs(lead=lead, as_of=np.maximum(last_open, came[lead])),
        won_at(ready.export)[lead] <= periods.test_after,
        (periods.test_after - came[lead]) / days(1),
    )
