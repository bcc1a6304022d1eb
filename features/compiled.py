"""Compiles the loops that Python would be too slow for.

Compiled code is kept on disk beside its source (or where NUMBA_CACHE_DIR says), so only the first
run on a machine waits for the compiler. It releases the GIL and never starts threads of its own:
numba's parallel layers may abort a process when two threads call them at once.

Three habits keep it quick: arrays are taken out of tuples once, before a loop, and inlined functions
take and return plain numbers, since naming an array again costs more than reading from it; and
arrays are filled in loops, since assigning to a slice takes seconds to compile.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function as machine code; without fastmath, so NaN stays NaN and sums keep their order."""
    return cast(Function, numba.njit(cache=True, nogil=True)(function))


def inlined(function: Function) -> Function:
    """As `compiled`, but copied into each compiled function that calls it: no call in an inner loop."""
    return cast(Function, numba.njit(inline="always")(function))


def plain(array: npt.ArrayLike, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """The array in the one form that is compiled for: contiguous, of this type, not to be written to."""
    fixed = np.ascontiguousarray(array, dtype=dtype).view()
    fixed.flags.writeable = False
    return fixed
