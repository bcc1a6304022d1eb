"""Many times of RFC 3339 at once, in compiled code: a request brings one for each of its events.

Whatever is not plainly such a time is left to `features.request.read_moment`, which says what is wrong with it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from features.clock import EARLIEST, LATEST, NEVER
from features.compiled import compiled, inlined

Bytes = npt.NDArray[np.uint8]
Moments = npt.NDArray[np.int64]

NEWLINE, ZERO, NINE = ord("\n"), ord("0"), ord("9")
DASH, COLON, DOT, PLUS, LETTER_T, LETTER_Z = (ord(mark) for mark in "-:.+TZ")
SHORTEST = len("2026-03-01T09:00:00Z")
DAYS_BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], dtype=np.int64)
DAYS_IN = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
UNREADABLE = NEVER


def read_moments(texts: Sequence[str]) -> list[int] | None:
    """Microseconds since 1970 UTC of each text, finer fractions cut off; None unless all of them can be read."""
    joined = "\n".join(texts) + "\n"
    if not joined.isascii() or joined.count("\n") != len(texts):
        return None
    found = np.empty(len(texts), dtype=np.int64)
    return found.tolist() if _read_all(np.frombuffer(joined.encode(), dtype=np.uint8), found) else None


@compiled
def _read_all(text: Bytes, found: Moments) -> bool:
    """Read one time per line; False at the first that can't be read."""
    start = 0
    for i in range(len(found)):
        stop = start
        while text[stop] != NEWLINE:
            stop += 1
        found[i] = _read(text, start, stop)
        if found[i] == UNREADABLE:
            return False
        start = stop + 1
    return True


@compiled
def _read(text: Bytes, start: int, stop: int) -> int:
    """The time at `text[start:stop]`, or UNREADABLE."""
    if stop - start < SHORTEST or not (text[start + 4] == DASH and text[start + 7] == DASH):
        return UNREADABLE
    if not (text[start + 10] == LETTER_T and text[start + 13] == COLON and text[start + 16] == COLON):
        return UNREADABLE
    day = _day(_digits(text, start, 4), _digits(text, start + 5, 2), _digits(text, start + 8, 2))
    hour, minute, second = _digits(text, start + 11, 2), _digits(text, start + 14, 2), _digits(text, start + 17, 2)
    if day == UNREADABLE or not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return UNREADABLE
    at = start + 19
    micros, scale = 0, 100_000
    if text[at] == DOT:
        at += 1
        first = at
        while ZERO <= text[at] <= NINE:
            micros += (int(text[at]) - ZERO) * scale
            scale //= 10
            at += 1
        if at == first:
            return UNREADABLE
    offset = _offset(text, at, stop)
    if offset == UNREADABLE:
        return UNREADABLE
    found = (((day * 24 + hour) * 60 + minute - offset) * 60 + second) * 1_000_000 + micros
    return found if EARLIEST <= found < LATEST else UNREADABLE


@compiled
def _day(year: int, month: int, day: int) -> int:
    """Days since 1970 of a date from 1990 to 2199, or UNREADABLE."""
    if not (1990 <= year < 2200 and 1 <= month <= 12):
        return UNREADABLE
    leap = year % 4 == 0 and year != 2100  # 2000 is one
    if not 1 <= day <= DAYS_IN[month - 1] + (leap and month == 2):
        return UNREADABLE
    before = (year - 1970) * 365 + (year - 1969) // 4 - (year > 2100)
    return int(before + DAYS_BEFORE[month - 1] + (leap and month > 2) + day - 1)


@compiled
def _offset(text: Bytes, at: int, stop: int) -> int:
    """Minutes east of UTC of the zone at `text[at:stop]`, or UNREADABLE."""
    if text[at] == LETTER_Z and stop == at + 1:
        return 0
    if stop != at + 6 or not (text[at] == PLUS or text[at] == DASH) or text[at + 3] != COLON:
        return UNREADABLE
    hours, minutes = _digits(text, at + 1, 2), _digits(text, at + 4, 2)
    if not (0 <= hours < 24 and 0 <= minutes < 60):
        return UNREADABLE
    return (hours * 60 + minutes) * (1 if text[at] == PLUS else -1)


@inlined
def _digits(text: Bytes, start: int, count: int) -> int:
    """The number that so many digits write; far below zero where one is no digit."""
    number = 0
    for i in range(start, start + count):
        number = number * 10 + int(text[i]) - ZERO if ZERO <= text[i] <= NINE else -1_000_000
    return number
