"""The loops over events of many leads: what each did lately, asked for and was interested in."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.clock import DAY, NEVER
from features.compiled import compiled

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class KindFlags(NamedTuple):
    """What each kind of event means for the lifecycle."""

    activity: Flags  #: something that the lead did
    asks: Flags  #: a named request for sales
    ends: Flags  #: a wish to be left alone
    opens: Flags  #: a sign-up, which opens contact again


class LeadFacts(NamedTuple):
    """One number for each lead; NEVER or -1 where there is none."""

    last: Ints  #: activity
    asked_at: Ints
    asked: Ints  #: kind of that request
    ended: Ints
    opened: Ints
    active_days: Ints
    topic: Ints  #: the most frequent recent one


@compiled
def gather_facts(
    offsets: Ints,
    happened_at: Ints,
    kind: Ints,
    topic: Ints,
    flags: KindFlags,
    as_of: int,
    active_from: int,
    topics_from: int,
    n_topics: int,
    facts: LeadFacts,
) -> None:
    """Fill the facts of each lead; what is later than `active_from` or `topics_from` counts as recent."""
    last, asked_at, asked, ended, opened, active_days, topics = facts
    activity, asks, ends, opens = flags
    seen_day = np.full(max(0, as_of // DAY - active_from // DAY) + 1, -1, dtype=np.int64)
    counts, latest = np.zeros(n_topics, dtype=np.int64), np.zeros(n_topics, dtype=np.int64)
    for i in range(len(last)):
        for e in range(offsets[i], offsets[i + 1]):
            at, k = happened_at[e], kind[e]
            if ends[k]:
                ended[i] = max(ended[i], at)
            if opens[k]:
                opened[i] = max(opened[i], at)
            if not activity[k]:
                continue
            last[i] = max(last[i], at)
            if asks[k] and at > asked_at[i]:
                asked_at[i], asked[i] = at, k
            day = as_of // DAY - at // DAY
            if at > active_from and seen_day[day] != i:
                seen_day[day] = i
                active_days[i] += 1
            if at > topics_from and topic[e] >= 0:
                counts[topic[e]] += 1
                latest[topic[e]] = max(latest[topic[e]], at)
        topics[i] = _most_frequent(offsets[i], offsets[i + 1], topic, counts, latest)


@compiled
def _most_frequent(start: int, stop: int, topic: Ints, counts: Ints, latest: Ints) -> int:
    """The most frequent topic of a lead, of equals the one seen last, then the first; empties its counts."""
    best = -1
    for e in range(start, stop):
        t = topic[e]
        if t < 0 or counts[t] == 0:
            continue
        if best < 0 or (counts[t], latest[t], -t) > (counts[best], latest[best], -best):
            best = t
    for e in range(start, stop):
        if topic[e] >= 0:
            counts[topic[e]] = 0
            latest[topic[e]] = 0
    return best


@compiled
def gather_doings(
    offsets: Ints,
    happened_at: Ints,
    kind: Ints,
    as_of: int,
    wanted: Flags,
    span: Ints,
    lead: Ints,
    column: Ints,
    out: Ints,
) -> None:
    """Count for each (lead, column) asked about the events in the column's span, in the span before, and ever.

    `wanted[c, k]` says whether column c counts kind k. `out` has shape (n_asked, 4); its last column is the age of
    the last such event in microseconds, or NEVER.
    """
    for q in range(len(lead)):
        c = column[q]
        out[q, 3] = NEVER
        for e in range(offsets[lead[q]], offsets[lead[q] + 1]):
            if not wanted[c, kind[e]]:
                continue
            age = as_of - happened_at[e]
            out[q, 0] += age < span[c]
            out[q, 1] += span[c] <= age < 2 * span[c]
            out[q, 3] = age if out[q, 2] == 0 else min(out[q, 3], age)
            out[q, 2] += 1
