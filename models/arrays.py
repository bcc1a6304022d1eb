"""The arrays that models read and write."""

import numpy as np
import numpy.typing as npt

from features.errors import ViewMismatch

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Labels = npt.NDArray[np.float64] | npt.NDArray[np.int64] | npt.NDArray[np.bool_]


def as_rows(rows: npt.ArrayLike, columns: int) -> Floats:
    """`rows` as contiguous float64 of shape (n_pairs, columns).

    Raises:
        ViewMismatch: there are more or fewer columns, so they would be read as other features.
    """
    array = np.ascontiguousarray(rows, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != columns:
        raise ViewMismatch(
            f"the model reads rows of {columns} columns, these have shape {array.shape}; "
            "build them with the model's own view"
        )
    return array
