"""Compiles the loops that Python would be too slow for.

Compiled code is kept on disk beside its source (or where NUMBA_CACHE_DIR says), so only the first
run on a machine waits for the compiler. It releases the GIL and never starts threads of its own:
numba's parallel layers may abort a process when two threads call them at once.

Two habits keep inner loops fast: arrays are taken out of tuples once, before the loop, and inlined
functions take and return plain numbers. Naming an array again costs more than reading from it.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function as machine code; without fastmath, so NaN stays NaN and sums keep their order."""
    return cast(Function, numba.njit(cache=True, nogil=True)(function))


def inlined(function: Function) -> Function:
    """As `compiled`, but copied into each compiled function that calls it: no call in an inner loop."""
    return cast(Function, numba.njit(inline="always")(function))
