"""Moments as int64 microseconds since 1970-01-01 UTC, and the one rule of intervals.

Every interval in Ripeness is open on the left and closed on the right: (start, end]. Features of a
pair see (as_of - window, as_of], its label sees (as_of, as_of + horizon]: no gap, no overlap.
"""

from datetime import UTC, datetime

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = -(2**63)  #: stands for "no such moment" in int64 columns, as pandas' NaT does
EARLIEST = 631_152_000 * SECOND  #: 1990; what is before, or from LATEST on, is a mistake
LATEST = 7_258_118_400 * SECOND  #: 2200


def days(count: float) -> int:
    """`count` days in microseconds, rounded to the nearest."""
    return round(count * DAY)


def to_micros(moment: datetime) -> int:
    """An aware datetime as microseconds since 1970 UTC.

    Raises:
        ValueError: `moment` is naive; only a configured time zone may decide what it means.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    past = moment - EPOCH
    return (past.days * 86_400 + past.seconds) * SECOND + past.microseconds


def from_micros(micros: int) -> datetime:
    """The UTC datetime of `micros` microseconds since 1970."""
    whole, part = divmod(int(micros), SECOND)
    return datetime.fromtimestamp(whole, tz=UTC).replace(microsecond=part)


def iso(micros: int) -> str:
    """`2026-03-01T09:00:00Z`; with fractions of a second only where there are any."""
    return from_micros(micros).isoformat().replace("+00:00", "Z")
