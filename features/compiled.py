"""Compiles the loops that Python would be too slow for.

Compiled code is kept on disk beside its source (or where NUMBA_CACHE_DIR says), so only the first
run on a machine waits for the compiler. It releases the GIL and never starts threads of its own:
numba's parallel layers may abort a process when two threads call them at once.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function as machine code; without fastmath, so NaN stays NaN and sums keep their order."""
    return cast(Function, numba.njit(cache=True, nogil=True)(function))
