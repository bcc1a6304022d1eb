"""Threads for compiled loops, which release the GIL; numba's own threads stay asleep."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numba


def threads_for(work: int, worth: int) -> int:
    """How many threads pay for themselves: one for each `worth` units of work, at most what numba may use."""
    return min(work // worth, int(numba.config.NUMBA_NUM_THREADS)) if work >= 2 * worth else 1


def use_at_most(threads: int) -> None:
    """Bound the threads of this process, which shares the machine with others like it."""
    numba.config.NUMBA_NUM_THREADS = threads


def ranges(n: int, threads: int) -> list[tuple[int, int]]:
    """The numbers below `n` as ranges (start, stop), a few for each thread: handing one out takes the GIL."""
    parts = 8 * threads if threads > 1 else 1
    return [(n * i // parts, n * (i + 1) // parts) for i in range(parts)]


def on_threads(job: Callable[..., None], parts: Sequence[tuple[object, ...]], threads: int) -> None:
    """Run `job(*part)` for each part, several at once; the first error is raised."""
    if threads == 1 or len(parts) == 1:
        for part in parts:
            job(*part)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(job, *part) for part in parts]:
            done.result()
