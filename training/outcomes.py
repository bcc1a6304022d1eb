"""When each lead was won, and when it was closed either way."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.tables import Export

Ints = npt.NDArray[np.int64]

OPEN = 2**62  #: later than any moment: what never happened


def _first(outcomes: pd.DataFrame, leads: int) -> Ints:
    moments = np.full(leads, OPEN, dtype=np.int64)
    np.minimum.at(moments, outcomes["lead"].to_numpy(dtype=np.int64), outcomes["happened_at"].to_numpy(dtype=np.int64))
    return moments


def won_at(export: Export) -> Ints:
    """First moment each lead was won, microseconds; `OPEN` where it never was. Shape (n_leads,)."""
    return _first(export.outcomes[export.outcomes["kind"] == "closed_won"], len(export.leads))


def closed_at(export: Export) -> Ints:
    """First moment each lead was won or lost, microseconds; `OPEN` while it isn't. Shape (n_leads,)."""
    closed = export.outcomes["kind"].isin(("closed_won", "closed_lost"))
    return _first(export.outcomes[closed], len(export.leads))


def labels(export: Export, lead: Ints, as_of: Ints, horizon: int) -> npt.NDArray[np.float64]:
    """1 where the lead is won in (as_of, as_of + horizon], else 0; of a flat export its stated result."""
    if export.flat:
        return np.asarray(export.leads["label"].to_numpy(dtype=np.float64)[lead])
    won = won_at(export)[lead]
    return ((won > as_of) & (won <= as_of + horizon)).astype(np.float64)
