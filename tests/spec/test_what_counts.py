"""Counting features: what lies in a window, and what counts once."""

from features.definitions import ANY, ActiveDays, Count, Distinct, Sum
from features.view import KindMeaning
from support.spec import feature


def test_count_is_the_events_of_its_kind_in_the_window():
    events = """
        lead | kind    | happened_at
        a    | visit   | 2026-01-04
        a    | visit   | 2026-01-08
        a    | webinar | 2026-01-08
        b    | visit   | 2025-12-01
    """
    assert feature(Count(kind="visit", days=7), events, as_of="2026-01-10") == {"a": 2, "b": 0}


def test_windows_are_open_on_the_left_and_closed_on_the_right():
    events = """
        lead    | kind  | happened_at
        at_end  | visit | 2026-01-10T12:00:00
        at_edge | visit | 2026-01-03T12:00:00
        inside  | visit | 2026-01-03T12:00:00.000001
        after   | visit | 2026-01-10T12:00:00.000001
    """
    counts = feature(Count(kind="visit", days=7), events, as_of="2026-01-10T12:00:00")
    assert counts == {"at_end": 1, "at_edge": 0, "inside": 1, "after": 0}


def test_a_window_may_be_a_part_of_a_day():
    events = """
        lead | kind  | happened_at
        a    | visit | 2026-01-10T00:30:00
        b    | visit | 2026-01-09T18:30:00
    """
    assert feature(Count(kind="visit", days=0.25), events, as_of="2026-01-10T06:00:00") == {"a": 1, "b": 0}


def test_an_event_counts_under_every_name_of_its_kind():
    events = """
        lead | kind        | happened_at
        a    | Page View   | 2026-01-09
        a    | page_view   | 2026-01-09
        a    | page_viewed | 2026-01-09
    """
    kinds = (KindMeaning(name="page_view", aliases=("Page View",)),)
    assert feature(Count(kind="page_view", days=7), events, as_of="2026-01-10", kinds=kinds) == {"a": 2}


def test_a_wish_to_be_left_alone_is_no_activity():
    events = """
        lead | kind        | happened_at
        a    | visit       | 2026-01-09
        a    | unsubscribe | 2026-01-09
    """
    kinds = (KindMeaning(name="visit"), KindMeaning(name="unsubscribe", is_activity=False))
    counts = {
        kind: feature(Count(kind=kind, days=7), events, as_of="2026-01-10", kinds=kinds)["a"]
        for kind in (ANY, "unsubscribe")
    }
    assert counts == {ANY: 1, "unsubscribe": 1}


def test_activity_is_every_kind_that_the_view_knows():
    events = """
        lead | kind         | happened_at
        a    | visit        | 2026-01-09
        a    | webinar      | 2026-01-09
        a    | call_logged  | 2026-01-09
    """
    kinds = (KindMeaning(name="visit"), KindMeaning(name="webinar"))
    assert feature(Count(kind=ANY, days=7), events, as_of="2026-01-10", kinds=kinds) == {"a": 2}


def test_sum_adds_values_and_skips_missing_ones():
    events = """
        lead | kind     | happened_at | value
        a    | purchase | 2026-01-09  | 10.5
        a    | purchase | 2026-01-09  | -0.5
        a    | purchase | 2026-01-09  |
        a    | purchase | 2025-01-09  | 1000
        b    | purchase | 2026-01-09  |
    """
    assert feature(Sum(kind="purchase", days=7), events, as_of="2026-01-10") == {"a": 10, "b": 0}


def test_active_days_are_utc_days_with_an_event():
    events = """
        lead | kind  | happened_at
        a    | visit | 2026-01-08T00:00:00Z
        a    | visit | 2026-01-08T23:59:59Z
        a    | visit | 2026-01-09T00:30:00+01:00
        a    | visit | 2026-01-09T01:30:00+01:00
        b    | visit | 2025-01-01
    """
    assert feature(ActiveDays(kind="visit", days=7), events, as_of="2026-01-10") == {"a": 2, "b": 0}


def test_distinct_counts_each_topic_once_and_no_topic_not_at_all():
    events = """
        lead | kind  | happened_at | topic
        a    | visit | 2026-01-08  | pricing
        a    | visit | 2026-01-09  | pricing
        a    | visit | 2026-01-09  | docs
        a    | visit | 2026-01-09  |
        a    | visit | 2025-01-01  | blog
        b    | visit | 2026-01-09  | -
    """
    definition = Distinct(kind="visit", days=7)
    assert feature(definition, events, as_of="2026-01-10", missing_words=("", "-")) == {"a": 2, "b": 0}


def test_distinct_over_all_activity_counts_a_topic_once_whatever_the_kind():
    events = """
        lead | kind     | happened_at | topic
        a    | visit    | 2026-01-08  | pricing
        a    | download | 2026-01-09  | pricing
    """
    assert feature(Distinct(kind=ANY, days=7), events, as_of="2026-01-10") == {"a": 1}
