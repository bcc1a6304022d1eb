"""Puts events in their one order: by lead, then time, then everything else that an event says.

First the events of neighbouring leads are gathered in buckets that fit into the processor's cache,
then each bucket is sorted by itself: a counting sort by lead, a merge sort inside each lead. The
last tie-break is on every column, so whatever order events arrive in, the sorted columns are the
same to the bit. The heavy loops release the GIL and run on threads.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.clock import NEVER
from features.compiled import compiled, plain
from features.threads import on_threads, ranges, threads_for

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
        ("lead", np.int32),
    ]
)
RUN = 16  #: runs of this length are sorted by insertion
LAST = 2**63 - 1  #: no time is later
BUCKET = 4_096  #: events that a bucket should hold
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


COLUMN_TYPES: tuple[type[np.generic], ...] = (np.int64, np.int64, np.int64, np.int32, np.float64, np.int32, np.int32)


class Sorted(NamedTuple):
    """Events in their order; those of lead i are `records[offsets[i]:offsets[i + 1]]`."""

    offsets: Positions
    records: Events  #: of dtype EVENT


def in_order(columns: Columns, n_leads: int) -> Sorted:
    """The events of each lead in the order (happened_at, kind, value, topic, channel, known_at).

    When an event was known comes last: of events at one moment the order, and so every feature, is the
    same however late each of them was told.
    """
    columns = Columns(*(plain(*pair) for pair in zip(columns, COLUMN_TYPES, strict=True)))
    n = len(columns.lead)
    threads = threads_for(n, WORTH_A_THREAD)
    slices = [(t, n * t // threads, n * (t + 1) // threads) for t in range(threads)]
    shift = (n_leads * BUCKET // max(n, 1)).bit_length()  # 2 ** shift leads to a bucket
    counts = np.zeros((threads, (n_leads >> shift) + 1), dtype=np.int64)
    on_threads(_count, [(columns, n_leads, shift, counts, *part) for part in slices], threads)
    ends = counts.T.cumsum().reshape(counts.T.shape)
    places = (ends - counts.T).T.copy()
    gathered = np.empty(ends[-1, -1], dtype=EVENT)
    on_threads(_gather, [(columns, n_leads, shift, places, gathered, *part) for part in slices], threads)
    offsets = np.zeros(n_leads + 1, dtype=np.int64)
    bounds = plain(np.append(0, ends[:, -1]), np.int64)
    on_threads(
        _settle, [(gathered, offsets, bounds, shift, *part) for part in ranges(len(bounds) - 1, threads)], threads
    )
    return Sorted(offsets=offsets, records=gathered)


def in_order_of_one(codes: Positions, values: Floats) -> Sorted:
    """The events of a single lead, as `in_order` puts them.

    `codes` holds what `Columns` has as whole numbers, one column after the other: happened_at, known_at,
    kind, topic and channel. `values` may be empty where no event has one.
    """
    records, offsets = np.empty(len(codes) // 5, dtype=EVENT), np.zeros(2, dtype=np.int64)
    kept = _fill_one(codes, values, records, offsets)
    return Sorted(offsets=offsets, records=records[:kept])


@compiled
def _count(columns: Columns, n_leads: int, shift: int, counts: Positions, part: int, start: int, stop: int) -> None:
    """Count the events of each bucket; a row without a kind, a time or a lead is left out."""
    leads, happened_at, _, kinds, _, _, _ = columns
    for i in range(start, stop):
        if kinds[i] >= 0 and happened_at[i] != NEVER and 0 <= leads[i] < n_leads:
            counts[part, leads[i] >> shift] += 1


@compiled
def _gather(
    columns: Columns, n_leads: int, shift: int, places: Positions, gathered: Events, part: int, start: int, stop: int
) -> None:
    """Write each event to its bucket's next place; the same rows are left out as in `_count`."""
    leads, happened_at, known_at, kinds, value, topic, channel = columns
    for i in range(start, stop):
        if not (kinds[i] >= 0 and happened_at[i] != NEVER and 0 <= leads[i] < n_leads):
            continue
        event = gathered[places[part, leads[i] >> shift]]
        places[part, leads[i] >> shift] += 1
        event["lead"] = leads[i]
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
    if a["kind"] != b["kind"]:
        return bool(a["kind"] < b["kind"])
    if a["value"] != b["value"] and not (np.isnan(a["value"]) and np.isnan(b["value"])):
        return bool(a["value"] < b["value"] or np.isnan(b["value"]))
    if a["topic"] != b["topic"]:
        return bool(a["topic"] < b["topic"])
    if a["channel"] != b["channel"]:
        return bool(a["channel"] < b["channel"])
    return bool(a["known_at"] < b["known_at"])


@compiled
def _insert_runs(events: Events, order: Positions, start: int, stop: int) -> None:
    """Sort each run of a few positions."""
    for run in range(start, stop, RUN):
        for i in range(run + 1, min(run + RUN, stop)):
            moving = order[i]
            j = i
            while j > run and _before(events[moving], events[order[j - 1]]):
                order[j] = order[j - 1]
                j -= 1
            order[j] = moving


@compiled
def _merge(events: Events, order: Positions, spare: Positions, start: int, middle: int, stop: int) -> None:
    """Merge two sorted neighbours into `spare`."""
    left, right = start, middle
    for k in range(start, stop):
        if left < middle and (right >= stop or not _before(events[order[right]], events[order[left]])):
            spare[k] = order[left]
            left += 1
        else:
            spare[k] = order[right]
            right += 1


@compiled
def _sort(events: Events, order: Positions, spare: Positions, start: int, stop: int) -> None:
    """Sort the positions `order[start:stop]` by their events; quick where they nearly are."""
    _insert_runs(events, order, start, stop)
    width = RUN
    while width < stop - start:
        for left in range(start, stop - width, 2 * width):
            middle, right = left + width, min(left + 2 * width, stop)
            if _before(events[order[middle]], events[order[middle - 1]]):
                _merge(events, order, spare, left, middle, right)
                for k in range(left, right):
                    order[k] = spare[k]
        width *= 2


@compiled
def _add_up(counts: Positions) -> None:
    """Turn counts into running totals."""
    for i in range(1, len(counts)):
        counts[i] += counts[i - 1]


@compiled
def _by_time(events: Events) -> Positions:
    """Positions of the events, roughly oldest first: in at most as many equal steps of time as there are events."""
    low, high = LAST, NEVER
    for i in range(len(events)):
        low, high = min(low, events[i]["happened_at"]), max(high, events[i]["happened_at"])
    shift = 1
    while (high >> shift) - (low >> shift) >= len(events):
        shift += 1
    following = np.zeros(len(events) + 1, dtype=np.int64)
    for i in range(len(events)):
        following[(events[i]["happened_at"] >> shift) - (low >> shift) + 1] += 1
    _add_up(following)
    order = np.empty(len(events), dtype=np.int64)
    for i in range(len(events)):
        step = (events[i]["happened_at"] >> shift) - (low >> shift)
        order[following[step]] = i
        following[step] += 1
    return order


@compiled
def _by_lead(events: Events, offsets: Positions, first: int, last: int, start: int) -> Positions:
    """Positions of a bucket's events, lead by lead, roughly oldest first; tells where in the log each lead ends."""
    following = np.zeros(last - first + 1, dtype=np.int64)
    for i in range(len(events)):
        following[events[i]["lead"] - first + 1] += 1
    _add_up(following)
    for k in range(first, last):
        offsets[k + 1] = start + following[k + 1 - first]
    by_time = _by_time(events)
    order = np.empty(len(events), dtype=np.int64)
    for i in range(len(events)):
        lead = events[by_time[i]]["lead"] - first
        order[following[lead]] = by_time[i]
        following[lead] += 1
    return order


@compiled
def _settle_bucket(gathered: Events, offsets: Positions, first: int, last: int, start: int, stop: int) -> None:
    """Put the bucket `gathered[start:stop]`, the leads `first` to `last` (excluded), in its order."""
    events = np.empty(stop - start, dtype=gathered.dtype)
    for i in range(len(events)):
        events[i] = gathered[start + i]
    order = _by_lead(events, offsets, first, last, start)
    spare = np.empty_like(order)
    begin = 0
    for lead in range(first, last):
        _sort(events, order, spare, begin, offsets[lead + 1] - start)
        begin = offsets[lead + 1] - start
    for i in range(len(order)):
        gathered[start + i] = events[order[i]]


@compiled
def _settle(gathered: Events, offsets: Positions, bounds: Positions, shift: int, begin: int, end: int) -> None:
    """Put the buckets `begin` to `end` (excluded) in their order; bucket b is `gathered[bounds[b]:bounds[b + 1]]`."""
    for bucket in range(begin, end):
        first, last = bucket << shift, min((bucket + 1) << shift, len(offsets) - 1)
        _settle_bucket(gathered, offsets, first, last, bounds[bucket], bounds[bucket + 1])


@compiled
def _fill_one(codes: Positions, values: Floats, records: Events, offsets: Positions) -> int:
    """Write the events of one lead that have a kind and a time in their order; how many those are."""
    n = len(records)
    kept = 0
    for i in range(n):
        if codes[i] == NEVER or codes[2 * n + i] < 0:
            continue
        event = records[kept]
        event["lead"] = 0
        event["happened_at"] = codes[i]
        event["known_at"] = codes[n + i] if codes[n + i] != NEVER else codes[i]
        event["kind"] = codes[2 * n + i]
        event["topic"] = codes[3 * n + i]
        event["channel"] = codes[4 * n + i]
        event["value"] = values[i] if len(values) and np.isfinite(values[i]) else np.nan
        kept += 1
    _settle_bucket(records[:kept], offsets, 0, 1, 0, kept)
    return kept
