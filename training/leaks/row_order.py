"""The order of the rows: a file that is sorted by its result gives it away to whoever splits by rows."""

from collections.abc import Iterator

import numpy as np

from training.leaks.case import Case
from training.leaks.fields import BINS
from training.leaks.measures import held_out_auc, rank_correlation

TELLING = 0.7  #: cautious bound of the AUC of the row's number, among leads that came at the same time
TELLING_AS_ORDER = 0.95  #: and of the order itself, which may follow the market
RUNS = 0.95


def row_order(case: Case) -> Iterator[str]:
    """Notes on the order of the rows."""
    if not case.outcome_tells:
        return
    rows = np.arange(len(case.fates.won), dtype=np.int64)
    level = rows * BINS // max(1, len(rows))
    runs = abs(rank_correlation(rows.astype(np.float64), case.fates.came)) >= RUNS
    strata = np.zeros_like(rows) if runs else case.won_or_not
    found = held_out_auc(level, case.fates.label, strata, case.seed)
    if found and found.low >= (TELLING_AS_ORDER if runs else TELLING):
        yield (
            f"The order of the rows tells the result (AUC {found.value:.2f}): the file seems to be sorted by it. "
            "Don't split by rows; name a column that runs with time as `order`."
        )
