"""Keys under which many leads share one text: a sentence is made once for all who would read the same."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

HOURS = 24


def ago_key(days: Floats) -> Ints:
    """Equal where `serving.wording.ago` says the same: whole hours below a day, whole days above; -1 for NaN."""
    whole = np.where(days < 1, np.floor(days * HOURS), HOURS + np.floor(days))
    return np.where(np.isnan(days), -1, whole).astype(np.int64)


def combined(columns: Sequence[npt.ArrayLike]) -> tuple[Ints, Ints]:
    """Which distinct combination each row is, counted in order of appearance, and the first row of each."""
    key = np.zeros(len(np.asarray(columns[0])), dtype=np.int64)
    for column in columns:
        codes, distinct = pd.factorize(np.asarray(column))
        key, _ = pd.factorize(key * max(1, len(distinct)) + codes)
    first = np.zeros(int(key.max(initial=-1)) + 1, dtype=np.int64)
    first[key[::-1]] = np.arange(len(key))[::-1]
    return np.asarray(key, dtype=np.int64), first
