"""The one kernel: it walks a lead's events and fills the behaviour columns of a pair's row.

Which events a pair may see, which window an event falls in, how it fades: all of it is decided in
`fill_row` and nowhere else. A view compiles to a small program, a list of operations per kind; an
event runs the operations of its kind and those of ANY. One compiled function serves a single lead
in a request and a slice of a million pairs: batches are cut into slices that run on threads (the
code releases the GIL), so a row can't depend on how it was asked for, and any thread may call it.
"""

from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.clock import DAY, NEVER, days
from features.compiled import compiled
from features.definitions import (
    ANY,
    ActiveDays,
    Count,
    Decayed,
    Definition,
    Distinct,
    FirstTouch,
    LastTouch,
    Momentum,
    Recency,
    Sum,
)
from features.event_order import Sorted, on_threads, threads_for
from features.events import EventLog
from features.view import View

Rows = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PAIRS_PER_SLICE = 4_096


class Op(IntEnum):
    """What an event does to a column."""

    COUNT = 0
    SUM = 1
    ACTIVE_DAYS = 2
    DISTINCT = 3
    RECENCY = 4
    DECAYED = 5
    MOMENTUM = 6
    FIRST_CHANNEL = 7
    LAST_CHANNEL = 8


COUNT, SUM, ACTIVE_DAYS, DISTINCT, RECENCY, DECAYED, MOMENTUM, FIRST_CHANNEL, LAST_CHANNEL = map(int, Op)

OP_OF: dict[type[Definition], Op] = {
    Count: Op.COUNT,
    Sum: Op.SUM,
    ActiveDays: Op.ACTIVE_DAYS,
    Distinct: Op.DISTINCT,
    Recency: Op.RECENCY,
    Decayed: Op.DECAYED,
    Momentum: Op.MOMENTUM,
    FirstTouch: Op.FIRST_CHANNEL,
    LastTouch: Op.LAST_CHANNEL,
}
MISSING_WITHOUT_EVENTS = (Op.RECENCY, Op.FIRST_CHANNEL, Op.LAST_CHANNEL)


class Program(NamedTuple):
    """A view's operations, those of kind k at `starts[k]` to `starts[k + 1]`, those of ANY after the last kind."""

    starts: npt.NDArray[np.int64]
    op: npt.NDArray[np.int64]
    column: npt.NDArray[np.int64]
    span: npt.NDArray[np.int64]  #: the window in microseconds
    rate: npt.NDArray[np.float64]  #: halvings per microsecond, negative
    empty: Rows  #: the row of a lead that did nothing; NaN where the kernel writes nothing


@lru_cache(maxsize=32)
def program_of(view: View) -> Program:
    """The view's columns of behaviour as operations; other columns stay NaN."""
    per_kind = [list(_ops(view, kind.name)) for kind in view.kinds] + [list(_ops(view, ANY))]
    ops = [op for some in per_kind for op in some]
    empty = np.full(len(view.definitions), np.nan)
    empty[[column for op, column, _, _ in ops if op not in MISSING_WITHOUT_EVENTS]] = 0.0
    return Program(
        starts=np.cumsum([0] + [len(some) for some in per_kind], dtype=np.int64),
        op=np.array([op for op, _, _, _ in ops], dtype=np.int64),
        column=np.array([column for _, column, _, _ in ops], dtype=np.int64),
        span=np.array([span for _, _, span, _ in ops], dtype=np.int64),
        rate=np.array([rate for _, _, _, rate in ops], dtype=np.float64),
        empty=empty,
    )


def _ops(view: View, kind: str) -> Iterator[tuple[Op, int, int, float]]:
    """(op, column, span, rate) of each column that reads events of `kind`."""
    for column, definition in enumerate(view.definitions):
        op = OP_OF.get(type(definition))
        if op is not None and getattr(definition, "kind", ANY) == kind:
            half_life = days(getattr(definition, "half_life_days", 1))
            yield op, column, days(getattr(definition, "days", 0)), -1.0 / half_life


def behaviour(view: View, log: EventLog, leads: npt.NDArray[np.int64], as_of: npt.NDArray[np.int64]) -> Rows:
    """Rows of the pairs (leads[i], as_of[i]), shape (n_pairs, n_columns).

    Columns that are not about events are NaN; channels are codes of the log, not of the view.
    """
    program = program_of(view)
    rows = np.empty((len(leads), len(view.definitions)), dtype=np.float64)
    cuts = range(0, len(leads), PAIRS_PER_SLICE)
    parts: list[tuple[object, ...]] = [
        (rows[cut:stop], program, log.events, leads[cut:stop], as_of[cut:stop], len(log.topics))
        for cut, stop in ((cut, min(cut + PAIRS_PER_SLICE, len(leads))) for cut in cuts)
    ]
    on_threads(fill_rows, parts, threads_for(len(leads), PAIRS_PER_SLICE))
    return rows


@compiled
def fill_rows(rows: Rows, program: Program, events: Sorted, leads: Ints, as_of: Ints, n_topics: int) -> None:
    """Fill one row for each pair; safe to call from many threads at once."""
    last_day = np.empty(len(program.op), dtype=np.int64)
    seen = np.zeros((len(program.op) if n_topics else 0, n_topics), dtype=np.int64)
    for i in range(len(rows)):
        rows[i] = program.empty
        last_day[:] = NEVER
        fill_row(rows[i], program, events, leads[i], as_of[i], last_day, seen, i + 1)


@compiled
def fill_row(
    row: Rows, program: Program, events: Sorted, lead: int, as_of: int, last_day: Ints, seen: Ints, stamp: int
) -> None:
    """Let each event that was known and had happened by `as_of` change the row, oldest first.

    `last_day` holds each operation's last active day; `seen[op, topic] == stamp` says that this row
    has counted the topic.
    """
    activity = len(program.starts) - 2
    for e in range(events.offsets[lead], events.offsets[lead + 1]):
        if events.happened_at[e] > as_of:
            break
        if events.known_at[e] > as_of:
            continue
        age = as_of - events.happened_at[e]
        kind = events.kind[e]
        apply(row, program, program.starts[kind], program.starts[kind + 1], events, e, age, last_day, seen, stamp)
        start, stop = program.starts[activity], program.starts[activity + 1]
        apply(row, program, start, stop, events, e, age, last_day, seen, stamp)


@compiled
def apply(
    row: Rows,
    program: Program,
    start: int,
    stop: int,
    events: Sorted,
    e: int,
    age: int,
    last_day: Ints,
    seen: Ints,
    stamp: int,
) -> None:
    """Run the operations `start` to `stop` (excluded) for event `e`, which is `age` microseconds old."""
    for i in range(start, stop):
        op, column, span = program.op[i], program.column[i], program.span[i]
        if op == COUNT:
            row[column] += age < span
        elif op == RECENCY:
            row[column] = age / DAY
        elif op == DECAYED:
            row[column] += np.exp2(age * program.rate[i])
        elif op == MOMENTUM:
            row[column] += 1 if age < span else -1 if age < 2 * span else 0
        elif op == LAST_CHANNEL or (op == FIRST_CHANNEL and np.isnan(row[column])):
            row[column] = events.channel[e] if events.channel[e] >= 0 else row[column]
        elif age < span:
            apply_inside(row, op, column, events, e, i, last_day, seen, stamp)


@compiled
def apply_inside(
    row: Rows, op: int, column: int, events: Sorted, e: int, i: int, last_day: Ints, seen: Ints, stamp: int
) -> None:
    """Operations that need to know more of an event inside their window than its age."""
    if op == SUM and not np.isnan(events.value[e]):
        row[column] += events.value[e]
    elif op == ACTIVE_DAYS and events.happened_at[e] // DAY != last_day[i]:
        last_day[i] = events.happened_at[e] // DAY
        row[column] += 1
    elif op == DISTINCT and events.topic[e] >= 0 and seen[i, events.topic[e]] != stamp:
        seen[i, events.topic[e]] = stamp
        row[column] += 1
