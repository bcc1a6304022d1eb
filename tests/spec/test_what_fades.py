"""How long ago, how fast it fades, whether it rises."""

from features.definitions import ANY, Age, Decayed, Momentum, Recency
from support.spec import feature

VISITS = """
    lead   | kind  | happened_at
    rising | visit | 2026-01-09
    rising | visit | 2026-01-08
    rising | visit | 2026-01-01
    fading | visit | 2026-01-01
    silent | other | 2026-01-09
"""


def test_recency_is_days_since_the_last_event_and_missing_without_one():
    days = feature(Recency(kind="visit"), VISITS, as_of="2026-01-10T12:00:00")
    assert days == {"rising": 1.5, "fading": 9.5, "silent": None}


def test_recency_looks_back_as_far_as_the_export_goes():
    events = """
        lead | kind  | happened_at
        a    | visit | 2016-01-10
    """
    assert feature(Recency(kind="visit"), events, as_of="2026-01-10") == {"a": 3653}


def test_an_event_of_this_very_moment_is_zero_days_ago():
    events = """
        lead | kind  | happened_at
        a    | visit | 2026-01-10
    """
    assert feature(Recency(kind="visit"), events, as_of="2026-01-10") == {"a": 0}


def test_decayed_halves_with_each_half_life():
    events = """
        lead   | kind  | happened_at
        fresh  | visit | 2026-01-15
        older  | visit | 2026-01-08
        oldest | visit | 2026-01-01
        all    | visit | 2026-01-15
        all    | visit | 2026-01-08
        all    | visit | 2026-01-01
        none   | other | 2026-01-15
    """
    decayed = feature(Decayed(kind="visit", half_life_days=7), events, as_of="2026-01-15")
    assert decayed == {"fresh": 1, "older": 0.5, "oldest": 0.25, "all": 1.75, "none": 0}


def test_momentum_is_the_last_window_minus_the_one_before():
    momentum = feature(Momentum(kind="visit", days=7), VISITS, as_of="2026-01-10")
    assert momentum == {"rising": 1, "fading": -1, "silent": 0}


def test_an_event_at_the_edge_belongs_to_the_window_before():
    events = """
        lead   | kind  | happened_at
        edge   | visit | 2026-01-03
        beyond | visit | 2025-12-27
    """
    assert feature(Momentum(kind=ANY, days=7), events, as_of="2026-01-10") == {"edge": -1, "beyond": 0}


def test_age_is_days_since_creation():
    leads = """
        lead    | created_at
        old     | 2026-01-01T12:00:00
        unknown |
        later   | 2026-02-01
    """
    assert feature(Age(), leads=leads, as_of="2026-01-10") == {"old": 8.5, "unknown": None, "later": None}
