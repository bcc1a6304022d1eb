"""Texts, numbers and Arrow times as moments; nothing is guessed in silence."""

# ruff: noqa: DTZ001  # times without a zone are what is tested here

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.clock import NEVER, from_micros, to_micros
from features.times import DayOrder, Fault, Times, day_order, day_start, read_times

ROME = ZoneInfo("Europe/Rome")
UTC_ZONE = ZoneInfo("UTC")


def read(*values, zone=UTC_ZONE, day_first=None, kind=None) -> Times:
    return read_times(pa.chunked_array([pa.array(list(values), kind)]), zone=zone, day_first=day_first)


def moments(times: Times) -> list[str | None]:
    return [None if m == NEVER else from_micros(m).isoformat(sep=" ").removesuffix("+00:00") for m in times.micros]


def faults(times: Times) -> list[str]:
    return [Fault(fault).name for fault in times.faults]


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-03-01", "2026-02-28 23:00:00"),
        ("2026/3/1", "2026-02-28 23:00:00"),
        ("20260301", "2026-02-28 23:00:00"),
        ("2026-03-01T09:00", "2026-03-01 08:00:00"),
        ("2026-03-01 09:00:30", "2026-03-01 08:00:30"),
        ("2026-03-01 09:00:30.5", "2026-03-01 08:00:30.500000"),
        ("2026-03-01 09:00:30,123456789", "2026-03-01 08:00:30.123456"),
        ("2026-03-01T09:00:00Z", "2026-03-01 09:00:00"),
        ("2026-03-01 09:00:00 UTC", "2026-03-01 09:00:00"),
        ("2026-03-01T09:00:00+05:30", "2026-03-01 03:30:00"),
        ("2026-03-01T09:00:00-0800", "2026-03-01 17:00:00"),
        ("2026-03-01T09:00:00+01", "2026-03-01 08:00:00"),
        ("  2026-03-01T09:00:00Z ", "2026-03-01 09:00:00"),
        ("13/02/2026", "2026-02-12 23:00:00"),
        ("13.02.2026 18:30", "2026-02-13 17:30:00"),
        ("1/2/26", "2026-01-31 23:00:00"),
        ("01/02/2026 12:05 AM", "2026-01-31 23:05:00"),
        ("01/02/2026, 3:04:05 pm", "2026-02-01 14:04:05"),
        ("5 Jan 2022", "2022-01-04 23:00:00"),
        ("05-gen-2022", "2022-01-04 23:00:00"),
        ("January 5, 2022 10:00", "2022-01-05 09:00:00"),
        ("5 settembre 2022", "2022-09-04 22:00:00"),
        ("1641024000", "2022-01-01 08:00:00"),
        ("1641024000123", "2022-01-01 08:00:00.123000"),
        ("1641024000123456", "2022-01-01 08:00:00.123456"),
        ("1641024000123456789", "2022-01-01 08:00:00.123456"),
        ("1641024000.0", "2022-01-01 08:00:00"),
    ],
)
def test_ways_to_write_a_time_in_rome(written, utc):
    alone = read(written, zone=ROME, day_first=True)
    among_others = read("5 Jan 2022", written, zone=ROME, day_first=True)
    assert moments(alone) == [utc]
    assert moments(among_others)[1] == utc


@pytest.mark.parametrize(
    "written",
    [
        "tomorrow",
        "2026-02-29",
        "31/02/2026",
        "2026-13-01",
        "2026-03-01 24:00",
        "2026-03-01 10:61",
        "12:30",
        "0000-00-00",
        "01/02/2026 13:00 PM",
        "2026-03-01T09:00:00+25:00",
        "5 Foo 2022",
        "\u0662\u0660\u0662\u0666-01-01",
        "1" * 400,
    ],
)
def test_what_is_no_time_is_unreadable_and_not_missing(written):
    times = read("5 Jan 2022", written, zone=ROME, day_first=True)
    assert faults(times) == ["NONE", "UNREADABLE"]
    assert times.micros[1] == NEVER


def test_missing_is_not_a_fault():
    times = read_times(
        pa.chunked_array([["", " ", None, "n/a", "2026-01-01"]]), zone=UTC_ZONE, missing=frozenset({"", "n/a"})
    )
    assert faults(times) == ["MISSING"] * 4 + ["NONE"]


def test_a_zero_or_a_stand_in_for_never_is_out_of_bounds():
    assert faults(read("1970-01-01", "0", "1989-12-31T23:59:59Z", "1990-01-01T00:00:00Z")) == [
        *["TOO_EARLY"] * 3,
        "NONE",
    ]
    assert faults(read("9999-12-31", "2200-01-01", "2199-12-31", "-159")) == [
        "TOO_LATE",
        "TOO_LATE",
        "NONE",
        "TOO_EARLY",
    ]
    assert faults(read(0, 1641024000, None)) == ["TOO_EARLY", "NONE", "MISSING"]


def test_the_hour_that_the_clock_skips_is_the_first_moment_after_it():
    for column in (["2026-03-29 02:30:00"], ["2026-03-29 02:30:00", "5 Jan 2022"]):
        assert moments(read(*column, zone=ROME))[0] == "2026-03-29 01:00:00"


def test_the_hour_that_comes_twice_is_the_first_of_both():
    for column in (["2026-10-25 02:30:00"], ["2026-10-25 02:30:00", "5 Jan 2022"]):
        assert moments(read(*column, zone=ROME))[0] == "2026-10-25 00:30:00"


def test_zones_may_differ_within_a_column():
    same = read("2026-07-01T12:00:00+02:00", "2026-07-01T10:00:00Z", "2026-07-01 12:00:00", zone=ROME)
    assert len(set(same.micros)) == 1


def test_a_day_that_could_be_a_month_waits_for_a_decision():
    assert faults(read("03/04/2026")) == ["UNREADABLE"]
    assert moments(read("03/04/2026", day_first=True)) == ["2026-04-03 00:00:00"]
    assert moments(read("03/04/2026", day_first=False)) == ["2026-03-04 00:00:00"]
    assert moments(read("05/05/2026")) == ["2026-05-05 00:00:00"]


def test_dates_tell_their_order_where_one_is_beyond_the_twelfth():
    def order(*texts):
        return day_order(pa.chunked_array([list(texts)]))

    assert order("13/01/2026", "03/04/2026") == DayOrder(day_first=1, either=1, example="03/04/2026")
    assert order("13/01/2026", "03/04/2026").verdict is True
    assert order("01/13/2026").verdict is False
    assert order("03/04/2026").verdict is None
    assert order("13/01/2026", "01/13/2026").verdict is None
    assert order("2026-01-13", "", "x").verdict is None


def test_one_typing_error_in_two_hundred_does_not_turn_the_order():
    many = DayOrder(day_first=199, month_first=1)
    assert many.verdict is True
    assert DayOrder(day_first=97, month_first=3).verdict is None


ARROW_KINDS = [pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us"), pa.timestamp("ns")]


@pytest.mark.parametrize("kind", ARROW_KINDS, ids=str)
def test_arrow_times_without_a_zone_are_local(kind):
    column = pa.array([datetime(2026, 7, 1, 12), None]).cast(kind)
    times = read_times(pa.chunked_array([column]), zone=ROME)
    assert moments(times) == ["2026-07-01 10:00:00", None]
    assert faults(times) == ["NONE", "MISSING"]


def test_arrow_times_with_a_zone_and_dates():
    aware = pa.array([datetime(2026, 7, 1, 12, tzinfo=ROME)], pa.timestamp("us", tz="Europe/Rome"))
    assert moments(read_times(pa.chunked_array([aware]), zone=UTC_ZONE)) == ["2026-07-01 10:00:00"]
    assert moments(read(date(2026, 7, 1), zone=ROME)) == ["2026-06-30 22:00:00"]


def test_arrow_times_far_out_are_refused_without_overflow():
    far = pa.array([-(2**60), 2**60, 0], pa.int64()).cast(pa.timestamp("us"))
    assert faults(read_times(pa.chunked_array([far]), zone=ROME)) == ["TOO_EARLY", "TOO_LATE", "TOO_EARLY"]


def test_numbers_are_epochs_and_what_is_not_finite_is_not():
    times = read(1641024000.0, 1641024000123.0, float("nan"), float("inf"), 1e300)
    assert moments(times)[:3] == ["2022-01-01 08:00:00", "2022-01-01 08:00:00.123000", None]
    assert faults(times)[2:] == ["MISSING", "UNREADABLE", "UNREADABLE"]


def test_other_types_are_no_times():
    assert faults(read(True, None)) == ["UNREADABLE", "MISSING"]
    assert faults(read([1], [2])) == ["UNREADABLE", "UNREADABLE"]


@pytest.mark.parametrize(
    ("values", "by_day"),
    [
        (["2026-01-01", "", None], True),
        (["13/01/2026"], True),
        (["2026-01-01", "2026-01-01 00:00"], False),
        (["1641024000"], False),
        ([date(2026, 1, 1)], True),
        ([datetime(2026, 1, 1), datetime(2026, 1, 2)], True),
        ([datetime(2026, 1, 1), datetime(2026, 1, 2, 1)], False),
    ],
)
def test_whole_days_are_told_from_hours(values, by_day):
    assert read(*values, day_first=True, zone=ROME).by_day is by_day


def test_a_local_day_starts_at_local_midnight():
    def start(text):
        return moments(Times(micros=day_start(read(text).micros, ROME), faults=read(text).faults, by_day=True))

    assert start("2026-07-01T23:30:00Z") == ["2026-07-01 22:00:00"]
    assert start("2026-01-01T12:00:00Z") == ["2025-12-31 23:00:00"]


def test_an_empty_column_is_no_error():
    assert len(read(kind=pa.string()).micros) == 0
    assert faults(read(None, None, kind=pa.string())) == ["MISSING", "MISSING"]
    assert faults(read(None, kind=pa.null())) == ["MISSING"]


IN_BOUNDS = st.datetimes(datetime(1990, 1, 2), datetime(2199, 12, 30), allow_imaginary=True).map(
    lambda moment: moment.replace(fold=0)
)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(IN_BOUNDS, OFFSETS), min_size=1, max_size=8), st.booleans())
def test_iso_times_with_offsets_are_what_python_reads(pairs, mixed):
    aware = [moment.replace(tzinfo=zone) for moment, zone in pairs]
    texts = [moment.isoformat(sep=" " if mixed else "T") for moment in aware]
    times = read(*texts, *(["5 Jan 2022"] if mixed else []))
    assert times.micros[: len(texts)].tolist() == [to_micros(moment) for moment in aware]


@settings(deadline=None, max_examples=60)
@given(st.lists(IN_BOUNDS, min_size=1, max_size=8), st.sampled_from(["UTC", "Europe/Rome", "America/New_York"]))
def test_naive_times_are_what_python_reads_in_the_zone(local, name):
    """Python's fold=0 has the same rule for doubles; in gaps both must lie within the hour that follows."""
    zone = ZoneInfo(name)
    for extra in ([], ["5 Jan 2022"]):
        times = read(*(moment.isoformat() for moment in local), *extra, zone=zone)
        for micros, moment in zip(times.micros, local, strict=False):
            aware = moment.replace(tzinfo=zone)
            is_real = aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment
            expected = to_micros(aware)
            assert micros == expected if is_real else abs(micros - expected) <= 3_600_000_000


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=25), max_size=10))
def test_no_text_makes_the_reader_raise(texts):
    times = read(*texts, kind=pa.string(), zone=ROME, day_first=True)
    assert len(times.micros) == len(texts)
    assert all((m == NEVER) == (f != Fault.NONE) for m, f in zip(times.micros, times.faults, strict=True))
