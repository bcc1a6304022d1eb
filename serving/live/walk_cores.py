"""A walk on all cores: processes read and score its blocks, and this one writes them, in their order.

What is written is, byte for byte, what a walk on one core writes: ids are given by the one writer, and each block
counts as seen up to the write before its own (`serving.live.own_writes`).
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import URL

from features.errors import RipenessError
from features.settings import Settings
from features.threads import use_at_most
from models.files import load
from serving.garbage import spare_what_is_loaded
from serving.live.record import Round
from serving.live.rounds import Rounds
from serving.live.walk import Walk, Walker
from serving.predict import Predictor
from serving.processes import result_of, started
from serving.store.engine import Limits, open_engine
from serving.store.store import Store

AHEAD = 2  #: blocks for each process, under way or waiting to be written


@dataclass(frozen=True, kw_only=True)
class Work:
    """What every process has to know."""

    bundle: Path
    version: str
    settings: Settings
    url: URL


@dataclass(frozen=True, kw_only=True)
class _Block:
    """Leads that a process reads and scores as of `now`."""

    ids: Sequence[str]
    now: int
    round: "Future[Round | str]"


class BlockNotScored(Exception):
    """Something in a block's facts is not as it should be; the walk then takes its leads one by one."""


def steps_on_cores(
    walker: Walker,
    walk: Walk,
    clock: Callable[[], int],
    *,
    most: int,
    work: Work,
    processes: int,
    meanwhile: bool = True,
) -> Iterator[Walk]:
    """The walk after each of its blocks, to its end; `meanwhile`, until a process is ready, this one does them itself.

    Raises:
        StoreUnavailable, StoreFull: as `Walker.step`.
        WorkerEnded: a process was ended from outside.
        BadBundle: a process can't load the model.
    """
    with started(processes, _start, work) as pool, ThreadPoolExecutor(1) as loading:
        ready = loading.submit(lambda: result_of(pool.submit(_get_ready)))  # waits until the parts are loaded
        while meanwhile and walk.finished_at is None and not ready.done():
            walk = walker.step(walk, clock(), most=most)
            yield walk
        if walk.finished_at is not None:
            return
        ready.result()
        ahead = _Ahead(walker=walker, pool=pool, most=most, after=walk.after)
        while block := ahead.next(clock, AHEAD * processes):
            walk = walker.block(walk, block.ids, block.now, partial(_round, block.round))
            yield walk
    yield walker.end(walk, clock())


@dataclass(kw_only=True)
class _Ahead:
    """Blocks that are read and scored while earlier ones are written."""

    walker: Walker
    pool: ProcessPoolExecutor
    most: int
    after: str
    waiting: deque[_Block] = field(default_factory=deque)
    ended: bool = False

    def next(self, clock: Callable[[], int], count: int) -> _Block | None:
        """The next block to be written, with at most `count` under way; None at the end."""
        while not self.ended and len(self.waiting) < count:
            ids = self.walker.ids_after(self.after, self.most)
            self.ended = not ids
            if ids:
                now, self.after = clock(), ids[-1]
                self.waiting.append(_Block(ids=ids, now=now, round=self.pool.submit(_read, ids, now)))
        return self.waiting.popleft() if self.waiting else None


def _round(future: "Future[Round | str]") -> Round:
    found = result_of(future)
    if isinstance(found, str):
        raise BlockNotScored(found)
    return found


class _Worker:
    """The rounds of this process, made once."""

    work: Work
    rounds: Rounds | None = None


def _start(work: Work) -> None:
    _Worker.work = work


def _read(ids: Sequence[str], now: int) -> Round | str:
    """What is to be written of these leads; the name of the error where their facts can't be scored."""
    rounds = _rounds()
    try:
        return rounds.read(ids, now).round
    except RipenessError:
        raise
    except Exception as error:  # whatever a lead's facts may provoke; not every error can be sent to another process
        return type(error).__name__


def _get_ready() -> None:
    _rounds()


def _rounds() -> Rounds:
    if _Worker.rounds is None:
        work = _Worker.work
        use_at_most(1)
        limits = Limits(timeout_seconds=work.settings.service.database_timeout_seconds)
        predictor = Predictor(bundle=load(work.bundle), version=work.version, settings=work.settings)
        _Worker.rounds = Rounds(store=Store(open_engine(work.url, limits)), predictor=predictor)
        spare_what_is_loaded()
    return _Worker.rounds
