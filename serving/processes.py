"""Processes that share work, one on each core; they end by themselves when the one that started them is gone."""

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import TypeVar

import structlog

from features.errors import RipenessError

T = TypeVar("T")

ENDED = (
    "a process that scored leads was ended from outside, most likely because memory was short; "
    "run the same command again, with fewer --cores: it goes on where it was"
)


class WorkerEnded(RipenessError):
    """A process that shared the work was ended from outside, most likely because memory was short."""

    title = "A process ended in the middle of its work"


@contextmanager
def started(processes: int, start: Callable[..., None], *arguments: object) -> Iterator[ProcessPoolExecutor]:
    """So many processes, each of which runs `start` first; what was not begun at the end is not done.

    Where the system can, one process loads the parts and the others are its copies: loading takes seconds.

    Raises:
        WorkerEnded: work was handed out after one of them had been ended from outside.
    """
    copies = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if copies else "spawn")
    if copies:
        context.set_forkserver_preload([start.__module__])
    pool = ProcessPoolExecutor(processes, context, initializer=_start, initargs=(start, arguments))
    try:
        yield pool
    except BrokenProcessPool:
        raise WorkerEnded(ENDED) from None
    finally:
        pool.shutdown(cancel_futures=True)


def result_of(future: "Future[T]") -> T:
    """What the process found.

    Raises:
        WorkerEnded: it was ended from outside.
    """
    try:
        return future.result()
    except BrokenProcessPool:
        raise WorkerEnded(ENDED) from None


def _start(start: Callable[..., None], arguments: tuple[object, ...]) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    start(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
