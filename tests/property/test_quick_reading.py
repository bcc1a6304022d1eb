"""Events are read by a quick way where they are plainly right, by the schema otherwise: both give the same."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from features.many_moments import read_moments
from features.request_events import EventIn, Told, plain_columns, read_events
from features.request_fields import read_moment

BY_SCHEMA = TypeAdapter(tuple[EventIn, ...])

zones = st.sampled_from(["Z", "+00:00", "+05:30", "-12:45", "+23:59", "-00:60", "+24:00", "+1:00", "z", ""])
fractions = st.sampled_from(["", ".5", ".123456", ".1234567899", "."])
numbers = st.tuples(
    st.sampled_from([1989, 1990, 2000, 2024, 2025, 2100, 2199, 2200]),
    *(st.integers(0, most) for most in (13, 32, 24, 60, 60)),
)
odd_times = st.builds(
    lambda n, fraction, zone: f"{n[0]:04}-{n[1]:02}-{n[2]:02}T{n[3]:02}:{n[4]:02}:{n[5]:02}{fraction}{zone}",
    numbers,
    fractions,
    zones,
)
times = st.datetimes(
    datetime(1991, 1, 1),  # noqa: DTZ001  # Hypothesis adds the zone
    datetime(2199, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
words = st.sampled_from(["visit", "pricing", "é", "a" * 200])
wrong = st.sampled_from(["", "a" * 201, 5, True, None, [], {}, float("nan"), float("inf"), 2**70])
good_events = st.fixed_dictionaries(
    {"kind": words, "happened_at": times.map(datetime.isoformat)},
    optional={
        "known_at": st.none() | times.map(datetime.isoformat),
        "value": st.none() | st.floats(-1e9, 1e9),
        "topic": st.none() | words,
        "channel": st.none() | words,
        "event_id": st.none() | st.sampled_from(["1", "2", "3"]),
    },
)


def _slowly(rows: object) -> Told:
    """As if nothing were ever plainly right."""
    told = tuple(rows) if isinstance(rows, list) else rows
    return read_events(told, BY_SCHEMA.validate_python)


@settings(deadline=None)  # the first compiles
@given(st.lists(good_events, min_size=1, max_size=8))
def test_good_events_are_read_quickly_and_alike(rows):
    assert plain_columns(rows) is not None
    assert read_events(rows, BY_SCHEMA.validate_python) == _slowly(rows)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1, True, "1"])
def test_a_value_that_is_no_finite_number_is_left_to_the_schema(value):
    event = {"kind": "visit", "happened_at": "2026-01-01T00:00:00Z"}
    assert plain_columns([event | {"value": 1.0}, event | {"value": None}]) is not None
    assert plain_columns([event | {"value": 1.0}, event | {"value": value}]) is None


@settings(deadline=None)
@given(
    st.lists(good_events, min_size=1, max_size=4),
    st.integers(0, 3),
    st.sampled_from(["kind", "happened_at", "known_at", "value", "topic", "channel", "event_id", "other"]),
    wrong | odd_times,
)
def test_a_wrong_event_is_refused_as_the_schema_refuses_it(rows, at, name, value):
    rows[at % len(rows)][name] = value
    try:
        expected = _slowly(rows)
    except ValidationError as error:
        with pytest.raises(ValidationError) as found:
            read_events(rows, BY_SCHEMA.validate_python)
        assert [e["loc"] for e in found.value.errors()] == [e["loc"] for e in error.errors()]
    else:
        assert read_events(rows, BY_SCHEMA.validate_python) == expected


@settings(deadline=None)
@given(st.lists(odd_times | times.map(datetime.isoformat), min_size=1, max_size=4))
def test_many_times_are_read_as_each_alone_or_not_at_all(texts):
    together = read_moments(texts)
    if together is not None:
        assert together == [read_moment(text) for text in texts]


def test_every_day_of_two_centuries_is_read():
    days = [datetime(1990, 1, 1, tzinfo=UTC) + timedelta(days=i) for i in range(76_700)]
    micros = [round(day.timestamp()) * 1_000_000 for day in days]

    assert read_moments([day.isoformat() for day in days]) == micros


@pytest.mark.parametrize("rows", [None, {}, "events", [[]], [None], [{"kind": "a"}], [{"happened_at": "x"}]])
def test_what_are_no_events_is_left_to_the_schema(rows):
    assert plain_columns(rows) is None
