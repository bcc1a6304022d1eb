"""Whatever order events arrive in, a log holds them in one order."""

import numba
import numpy as np
import pytest

from features.clock import NEVER
from features.event_order import Columns, Sorted, in_order


def columns_of(seed: int, n: int, leads: int) -> Columns:
    """Random events with many ties, some left out, some without a value."""
    rng = np.random.default_rng(seed)
    happened = rng.integers(0, 50, n)
    happened[rng.random(n) < 0.01] = NEVER
    return Columns(
        lead=rng.integers(0, leads, n),
        happened_at=happened,
        known_at=np.where(rng.random(n) < 0.5, NEVER, happened + rng.integers(0, 3, n)),
        kind=rng.integers(-1, 4, n).astype(np.int32),
        value=rng.choice([np.nan, np.inf, -1.0, 0.0, 2.5], n),
        topic=rng.integers(-1, 3, n).astype(np.int32),
        channel=rng.integers(-1, 3, n).astype(np.int32),
    )


SORTED_BY = ("happened_at", "known_at", "kind", "value", "topic", "channel")


def assert_equal_order(ordered: Sorted, expected: tuple[np.ndarray, ...]) -> None:
    for name, column in zip(SORTED_BY, expected, strict=True):
        np.testing.assert_array_equal(ordered.records[name], column, err_msg=name)


def sorted_by_numpy(columns: Columns) -> tuple[np.ndarray, ...]:
    """The oracle: numpy sorts by one column after the other; NaN goes last by itself."""
    kept = (columns.kind >= 0) & (columns.happened_at != NEVER)
    lead, happened, known, kind, value, topic, channel = (column[kept] for column in columns)
    known = np.where(known == NEVER, happened, known)
    value = np.where(np.isfinite(value), value, np.nan)
    order = np.lexsort((known, channel, topic, value, kind, happened, lead))
    return tuple(column[order] for column in (happened, known, kind, value, topic, channel))


@pytest.mark.parametrize(
    ("n", "leads"), [(0, 3), (1, 1), (15, 1), (17, 1), (5_000, 1), (3_000, 700), (300_000, 9), (300_000, 90_000)]
)
def test_events_come_out_as_numpy_sorts_them(n: int, leads: int):
    columns = columns_of(n + leads, n, leads)
    assert_equal_order(in_order(columns, leads), sorted_by_numpy(columns))


def test_times_may_lie_as_far_apart_as_they_can():
    columns = columns_of(7, 3_000, 20)
    far = np.random.default_rng(8).choice([-(2**63) + 1, -1, 0, 2**63 - 1], 3_000)
    columns = columns._replace(happened_at=far, known_at=far)
    assert_equal_order(in_order(columns, 20), sorted_by_numpy(columns))


def test_threads_give_the_same_order_as_one_thread(monkeypatch: pytest.MonkeyPatch):
    columns = columns_of(9, 600_000, 3_000)
    ordered = []
    for threads in (1, 3):
        monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
        ordered.append(in_order(columns, 3_000))
    assert ordered[0].records.tobytes() == ordered[1].records.tobytes()
    assert ordered[0].offsets.tolist() == ordered[1].offsets.tolist()


def test_offsets_tell_where_each_lead_starts():
    columns = columns_of(1, 2_000, 50)
    kept = (columns.kind >= 0) & (columns.happened_at != NEVER)
    ordered = in_order(columns, 60)
    expected = np.bincount(columns.lead[kept], minlength=60)
    np.testing.assert_array_equal(np.diff(ordered.offsets), expected)


def test_events_of_leads_that_are_not_there_are_left_out():
    columns = columns_of(2, 500, 10)._replace(lead=np.array([-1, 4, 99, 0, 3] * 100))
    ordered = in_order(columns, 4)
    assert ordered.offsets[-1] == len(ordered.records) < 200
    assert np.diff(ordered.offsets)[[1, 2]].tolist() == [0, 0]


def test_no_leads_and_no_events():
    assert isinstance(ordered := in_order(columns_of(3, 0, 1), 0), Sorted)
    assert ordered.offsets.tolist() == [0]


def test_columns_that_are_absent_count_as_missing():
    none = np.empty(0, dtype=np.int32)
    columns = columns_of(4, 100, 5)._replace(value=np.empty(0), topic=none, channel=none)
    ordered = in_order(columns, 5)
    assert np.isnan(ordered.records["value"]).all()
    assert set(ordered.records["topic"]) == set(ordered.records["channel"]) == {-1}
