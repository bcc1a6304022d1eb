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
from features.compiled import compiled, inlined, plain
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
from features.event_order import Sorted
from features.events import EventLog
from features.threads import on_threads, ranges, threads_for
from features.view import KindMeaning, View

Rows = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WORTH_A_THREAD = 4_096  #: pairs; fewer than twice as many stay on the caller's thread


class Op(IntEnum):
    """What an event does to a column; up to MOMENTUM its age alone decides."""

    COUNT = 0
    RECENCY = 1
    DECAYED = 2
    MOMENTUM = 3
    SUM = 4
    ACTIVE_DAYS = 5
    DISTINCT = 6
    FIRST_CHANNEL = 7
    LAST_CHANNEL = 8


COUNT, RECENCY, DECAYED, MOMENTUM, SUM, ACTIVE_DAYS, DISTINCT, FIRST_CHANNEL, LAST_CHANNEL = map(int, Op)

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


class Program(NamedTuple):
    """A view as operations: an event of kind k runs `starts[k]` to `starts[k + 1]`, those of ANY among them."""

    starts: Ints
    op: Ints
    column: Ints
    span: Ints  #: the window in microseconds
    rate: Rows  #: halvings per microsecond, negative
    empty: Rows  #: the row of a lead that did nothing; NaN where the kernel writes nothing


@lru_cache(maxsize=32)
def program_of(view: View) -> Program:
    """The view's columns of behaviour as operations; other columns stay NaN."""
    per_kind = [list(_ops(view, kind)) for kind in view.kinds]
    ops = [op for some in per_kind for op in some]
    empty = np.full(len(view.definitions), np.nan)
    for i, definition in enumerate(view.definitions):
        if isinstance(definition, Count | Sum | ActiveDays | Distinct | Decayed | Momentum):
            empty[i] = 0.0
    return Program(
        starts=np.cumsum([0] + [len(some) for some in per_kind], dtype=np.int64),
        op=np.array([op for op, _, _, _ in ops], dtype=np.int64),
        column=np.array([column for _, column, _, _ in ops], dtype=np.int64),
        span=np.array([span for _, _, span, _ in ops], dtype=np.int64),
        rate=np.array([rate for _, _, _, rate in ops], dtype=np.float64),
        empty=empty,
    )


def _ops(view: View, kind: KindMeaning) -> Iterator[tuple[Op, int, int, float]]:
    """(op, column, span, rate) for each column that an event of `kind` may change."""
    counts_as = {kind.name, None, *([ANY] if kind.is_activity else [])}  # None: channels are of every kind
    for column, definition in enumerate(view.definitions):
        op = OP_OF.get(type(definition))
        if op is not None and getattr(definition, "kind", None) in counts_as:
            half_life = days(getattr(definition, "half_life_days", 1))
            yield op, column, days(getattr(definition, "days", 0)), -1.0 / half_life


def behaviour(view: View, log: EventLog, leads: npt.NDArray[np.int64], as_of: npt.NDArray[np.int64]) -> Rows:
    """Rows of the pairs (leads[i], as_of[i]), shape (n_pairs, n_columns).

    Columns that are not about events are NaN; channels are codes of the log, not of the view.
    """
    program = program_of(view)
    rows = np.empty((len(leads), len(view.definitions)), dtype=np.float64)
    leads, as_of = plain(leads, np.int64), plain(as_of, np.int64)
    threads = threads_for(len(leads), WORTH_A_THREAD)
    parts = [
        (rows[a:b], program, log.events, leads[a:b], as_of[a:b], len(log.topics))
        for a, b in ranges(len(leads), threads)
    ]
    on_threads(fill_rows, parts, threads)
    return rows


@compiled
def fill_rows(rows: Rows, program: Program, events: Sorted, leads: Ints, as_of: Ints, n_topics: int) -> None:
    """Fill one row for each pair; any number of threads may do so at once."""
    empty = program.empty
    last_day = np.empty(len(empty), dtype=np.int64)
    seen = np.zeros((len(empty) if n_topics else 0, n_topics), dtype=np.int64)
    for i in range(len(rows)):
        for column in range(len(empty)):
            rows[i, column] = empty[column]
            last_day[column] = NEVER
        fill_row(rows[i], program, events, leads[i], as_of[i], last_day, seen, i + 1)


@inlined
def fill_row(
    row: Rows, program: Program, events: Sorted, lead: int, as_of: int, last_day: Ints, seen: Ints, stamp: int
) -> None:
    """Let each event that was known and had happened by `as_of` change the row, oldest first.

    `last_day[column]` is the last active day counted, `seen[column, topic] == stamp` says that this
    row has counted the topic.
    """
    starts, ops, columns, spans, rates, _ = program
    offsets, records = events
    for e in range(offsets[lead], offsets[lead + 1]):
        event = records[e]
        happened_at, kind = event["happened_at"], event["kind"]
        if happened_at > as_of:
            break
        if event["known_at"] > as_of:
            continue
        age = as_of - happened_at
        for i in range(starts[kind], starts[kind + 1]):
            op, column = ops[i], columns[i]
            if op <= MOMENTUM:
                row[column] = aged(row[column], op, age, spans[i], rates[i])
            elif op >= FIRST_CHANNEL:
                row[column] = touched(row[column], op, event["channel"])
            elif age >= spans[i]:
                continue
            elif op == SUM:
                row[column] += 0.0 if np.isnan(event["value"]) else event["value"]
            elif op == ACTIVE_DAYS:
                row[column] += happened_at // DAY != last_day[column]
                last_day[column] = happened_at // DAY
            elif event["topic"] >= 0:
                row[column] += seen[column, event["topic"]] != stamp
                seen[column, event["topic"]] = stamp


@inlined
def aged(so_far: float, op: int, age: int, span: int, rate: float) -> float:
    """A column's value after an event `age` microseconds old; its window is 0 <= age < span."""
    if op == COUNT:
        return so_far + (age < span)
    if op == RECENCY:
        return age / DAY
    if op == DECAYED:
        return so_far + float(np.exp2(age * rate))
    return so_far + (age < span) - (span <= age < 2 * span)


@inlined
def touched(so_far: float, op: int, channel: int) -> float:
    """The first or the last channel of the events so far that have one."""
    if channel < 0 or (op == FIRST_CHANNEL and not np.isnan(so_far)):
        return so_far
    return float(channel)
