"""Puts events in their one order: by lead, then time, then everything else that an event says.

Two passes of a counting sort bring each lead's events together, a merge sort settles the order
inside each lead. The last tie-break is on every column, so whatever order events arrive in, the
sorted columns are the same to the bit. The heavy loops release the GIL and run on threads.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from features.clock import NEVER
from features.compiled import compiled

Ints = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Events = npt.NDArray[np.void]

EVENT = np.dtype(
    [
        ("happened_at", np.int64),
        ("known_at", np.int64),
        ("value", np.float64),
        ("kind", np.int32),
        ("topic", np.int32),
        ("channel", np.int32),
        ("unused", np.int32),
    ]
)
SMALL = 16  #: runs of this length are sorted by insertion
WORTH_A_THREAD = 100_000  #: fewer events than this are sorted on the caller's thread


class Columns(NamedTuple):
    """Events as parallel columns. Codes below 0 mean: a kind that counts nowhere, no topic, no channel.

    `value`, `topic` and `channel` may be empty where no event has one.
    """

    lead: Ints
    happened_at: npt.NDArray[np.int64]  #: microseconds; rows with NEVER are left out
    known_at: npt.NDArray[np.int64]  #: NEVER stands for `happened_at`
    kind: Ints
    value: Floats
    topic: Ints
    channel: Ints


class Sorted(NamedTuple):
    """The columns that the kernel reads; lead i has the rows `offsets[i]` to `offsets[i + 1]`."""

    offsets: npt.NDArray[np.int64]
    happened_at: npt.NDArray[np.int64]
    known_at: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int32]
    value: Floats
    topic: npt.NDArray[np.int32]
    channel: npt.NDArray[np.int32]


def threads_for(work: int, worth: int) -> int:
    """How many threads pay for themselves: one for each `worth` units of work, at most what numba may use."""
    return min(work // worth, int(numba.get_num_threads())) if work >= 2 * worth else 1


def on_threads(job: Callable[..., None], parts: Sequence[tuple[object, ...]], threads: int) -> None:
    """Run `job(*part)` for each part, several at once; the first error is raised."""
    if threads == 1 or len(parts) == 1:
        for part in parts:
            job(*part)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(job, *part) for part in parts]:
            done.result()


def in_order(columns: Columns, n_leads: int) -> Sorted:
    """The events of each lead in the order (happened_at, known_at, kind, value, topic, channel)."""
    n = len(columns.lead)
    threads = threads_for(n, WORTH_A_THREAD)
    slices = [(t, n * t // threads, n * (t + 1) // threads) for t in range(threads)]
    counts = np.zeros((n_leads, threads), dtype=np.int64)
    on_threads(_count, [(columns, counts, *part) for part in slices], threads)
    ends = counts.cumsum()
    places = ends.reshape(counts.shape) - counts
    offsets = np.zeros(n_leads + 1, dtype=np.int64)
    offsets[1:] = ends[threads - 1 :: threads]
    gathered = np.empty(offsets[-1], dtype=EVENT)
    on_threads(_scatter, [(columns, places, gathered, *part) for part in slices], threads)
    return _settled(gathered, offsets, threads)


def _settled(gathered: Events, offsets: Positions, threads: int) -> Sorted:
    """The gathered events of each lead in their order, as columns."""
    n = len(gathered)
    result = Sorted(
        offsets=offsets,
        happened_at=np.empty(n, dtype=np.int64),
        known_at=np.empty(n, dtype=np.int64),
        kind=np.empty(n, dtype=np.int32),
        value=np.empty(n, dtype=np.float64),
        topic=np.empty(n, dtype=np.int32),
        channel=np.empty(n, dtype=np.int32),
    )
    parts = 8 * threads if threads > 1 else 1
    cuts = [int(offsets.searchsorted(n * i // parts)) for i in range(parts)] + [len(offsets) - 1]
    on_threads(_settle, [(gathered, result, *cut) for cut in pairwise(cuts)], threads)
    return result


@compiled
def _count(columns: Columns, counts: Positions, part: int, start: int, stop: int) -> None:
    leads, happened_at, _, kinds, _, _, _ = columns
    for i in range(start, stop):
        if kinds[i] >= 0 and happened_at[i] != NEVER and 0 <= leads[i] < len(counts):
            counts[leads[i], part] += 1


@compiled
def _scatter(columns: Columns, places: Positions, gathered: Events, part: int, start: int, stop: int) -> None:
    """Write each event to its lead's next place; the same rows are left out as in `_count`."""
    leads, happened_at, known_at, kinds, value, topic, channel = columns
    for i in range(start, stop):
        if not (kinds[i] >= 0 and happened_at[i] != NEVER and 0 <= leads[i] < len(places)):
            continue
        event = gathered[places[leads[i], part]]
        places[leads[i], part] += 1
        event["happened_at"] = happened_at[i]
        event["known_at"] = known_at[i] if known_at[i] != NEVER else happened_at[i]
        event["kind"] = kinds[i]
        event["value"] = value[i] if len(value) and np.isfinite(value[i]) else np.nan
        event["topic"] = topic[i] if len(topic) else -1
        event["channel"] = channel[i] if len(channel) else -1


@compiled
def _before(a: np.void, b: np.void) -> bool:
    """Whether event `a` comes strictly before `b`; a missing value comes after every other."""
    if a["happened_at"] != b["happened_at"]:
        return bool(a["happened_at"] < b["happened_at"])
    if a["known_at"] != b["known_at"]:
        return bool(a["known_at"] < b["known_at"])
    if a["kind"] != b["kind"]:
        return bool(a["kind"] < b["kind"])
    if a["value"] != b["value"] and not (np.isnan(a["value"]) and np.isnan(b["value"])):
        return bool(a["value"] < b["value"] or np.isnan(b["value"]))
    if a["topic"] != b["topic"]:
        return bool(a["topic"] < b["topic"])
    return bool(a["channel"] < b["channel"])


@compiled
def _insert_runs(events: Events, order: Positions) -> None:
    for start in range(0, len(order), SMALL):
        for i in range(start + 1, min(start + SMALL, len(order))):
            moving = order[i]
            j = i
            while j > start and _before(events[moving], events[order[j - 1]]):
                order[j] = order[j - 1]
                j -= 1
            order[j] = moving


@compiled
def _merge(events: Events, order: Positions, spare: Positions, start: int, middle: int, stop: int) -> None:
    left, right = start, middle
    for k in range(start, stop):
        if left < middle and (right >= stop or not _before(events[order[right]], events[order[left]])):
            spare[k] = order[left]
            left += 1
        else:
            spare[k] = order[right]
            right += 1


@compiled
def _sort(events: Events, order: Positions, spare: Positions) -> None:
    """Fill `order` with the positions of `events` in their order."""
    n = len(events)
    for i in range(n):
        order[i] = i
    _insert_runs(events, order)
    width = SMALL
    while width < n:
        for start in range(0, n, 2 * width):
            _merge(events, order, spare, start, min(start + width, n), min(start + 2 * width, n))
        order[:] = spare
        width *= 2


@compiled
def _settle(gathered: Events, result: Sorted, first: int, last: int) -> None:
    """Write the events of the leads `first` to `last` (excluded) in their order."""
    offsets, happened_at, known_at, kind, value, topic, channel = result
    longest = max(np.max(offsets[first + 1 : last + 1] - offsets[first:last]), 0) if first < last else 0
    order, spare = np.empty(longest, dtype=np.int64), np.empty(longest, dtype=np.int64)
    for lead in range(first, last):
        start, n = offsets[lead], offsets[lead + 1] - offsets[lead]
        _sort(gathered[start : start + n], order[:n], spare[:n])
        for i in range(n):
            event = gathered[start + order[i]]
            happened_at[start + i] = event["happened_at"]
            known_at[start + i] = event["known_at"]
            kind[start + i] = event["kind"]
            value[start + i] = event["value"]
            topic[start + i] = event["topic"]
            channel[start + i] = event["channel"]
