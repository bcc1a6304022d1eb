"""Two clocks: an event counts when it happened, from the moment it was known; an attribute when it was known."""

import pytest

from features.definitions import Attribute, Count, FirstTouch, LastTouch, Recency
from support.spec import feature

MEETINGS = """
    lead | kind    | happened_at | known_at
    a    | meeting | 2026-01-02  | 2026-01-02
    a    | meeting | 2026-01-03  | 2026-01-09
"""


@pytest.mark.parametrize(
    ("as_of", "count"), [("2026-01-01", 0), ("2026-01-05", 1), ("2026-01-09", 2), ("2026-01-10", 1)]
)
def test_a_meeting_logged_late_is_not_counted_before_it_was_known(as_of: str, count: int):
    assert feature(Count(kind="meeting", days=8), MEETINGS, as_of=as_of) == {"a": count}


def test_the_window_goes_by_when_it_happened_not_by_when_it_was_known():
    assert feature(Count(kind="meeting", days=2), MEETINGS, as_of="2026-01-10") == {"a": 0}
    assert feature(Recency(kind="meeting"), MEETINGS, as_of="2026-01-10") == {"a": 7}


def test_an_event_announced_before_it_happens_waits_until_it_has():
    events = """
        lead | kind    | happened_at | known_at
        a    | webinar | 2026-01-09  | 2026-01-01
    """
    assert feature(Count(kind="webinar", days=30), events, as_of="2026-01-08") == {"a": 0}
    assert feature(Count(kind="webinar", days=30), events, as_of="2026-01-09") == {"a": 1}


def test_a_microsecond_decides():
    events = """
        lead           | kind    | happened_at                | known_at
        in_time        | webinar | 2026-01-09                 | 2026-01-09
        known_later    | webinar | 2026-01-09                 | 2026-01-09T00:00:00.000001
        happened_later | webinar | 2026-01-09T00:00:00.000001 | 2026-01-01
    """
    counts = feature(Count(kind="webinar", days=30), events, as_of="2026-01-09")
    assert counts == {"in_time": 1, "known_later": 0, "happened_later": 0}


LEADS = """
    lead      | stage
    moved     | won
    never     | new
    elsewhere | new
"""


@pytest.mark.parametrize(("as_of", "stage"), [("2026-01-01", "new"), ("2026-01-05", "open"), ("2026-01-09", "won")])
def test_an_attribute_takes_the_last_value_known(as_of: str, stage: str):
    changes = """
        lead  | field | old_value | value | known_at
        moved | stage | open      | won   | 2026-01-09
        moved | stage | new       | open  | 2026-01-05
    """
    said = feature(
        Attribute(field="stage"), leads=LEADS, changes=changes, as_of=as_of, categories=("new", "open", "won")
    )
    assert said == {"moved": stage, "never": "new", "elsewhere": "new"}


def test_without_old_values_an_attribute_is_missing_before_its_first_change():
    changes = """
        lead  | field | value | known_at
        moved | stage | open  | 2026-01-05
        moved | stage | won   | 2026-01-09
    """
    at = {
        day: feature(
            Attribute(field="stage"), leads=LEADS, changes=changes, as_of=day, categories=("new", "open", "won")
        )
        for day in ("2026-01-01", "2026-01-05")
    }
    assert at["2026-01-01"] == {"moved": None, "never": None, "elsewhere": None}
    assert at["2026-01-05"] == {"moved": "open", "never": None, "elsewhere": None}


def test_a_value_that_was_taken_away_is_missing():
    changes = """
        lead  | field | old_value | value | known_at
        moved | stage | new       |       | 2026-01-05
    """
    said = feature(Attribute(field="stage"), leads=LEADS, changes=changes, as_of="2026-01-06", categories=("new",))
    assert said["moved"] is None


def test_of_changes_at_one_moment_the_later_row_wins():
    changes = """
        lead  | field | old_value | value | known_at
        moved | stage | new       | open  | 2026-01-05
        moved | stage | open      | won   | 2026-01-05
    """
    said = feature(
        Attribute(field="stage"), leads=LEADS, changes=changes, as_of="2026-01-06", categories=("new", "open", "won")
    )
    assert said["moved"] == "won"


def test_an_attribute_without_a_history_counts_as_known_at_creation():
    changes = """
        lead  | field | old_value | value | known_at
        moved | other | a         | b     | 2026-01-05
    """
    said = feature(Attribute(field="stage"), leads=LEADS, changes=changes, as_of="2026-01-01", categories=("won",))
    assert said["moved"] == "won"


TOUCHES = """
    lead    | kind   | happened_at | known_at   | channel
    a       | visit  | 2026-01-01  | 2026-01-01 |
    a       | visit  | 2026-01-02  | 2026-01-02 | ads
    a       | visit  | 2026-01-03  | 2026-01-03 | partner
    a       | visit  | 2026-01-04  | 2026-01-20 | seo
    nowhere | visit  | 2026-01-02  | 2026-01-02 |
    new     | visit  | 2026-01-02  | 2026-01-02 | billboard
    new     | visit  | 2026-01-03  | 2026-01-03 | ads
"""


def test_first_touch_is_the_first_channel_that_an_event_had():
    said = feature(FirstTouch(), TOUCHES, as_of="2026-01-10", categories=("ads", "partner", "seo"))
    assert said == {"a": "ads", "nowhere": None, "new": None}  # billboard was the first, and the view can't name it


def test_last_touch_is_the_last_channel_known():
    said = feature(LastTouch(), TOUCHES, as_of="2026-01-10", categories=("ads", "partner", "seo"))
    assert said == {"a": "partner", "nowhere": None, "new": "ads"}


def test_a_touch_that_gets_known_late_may_become_the_last():
    said = feature(LastTouch(), TOUCHES, as_of="2026-01-20", categories=("ads", "partner", "seo"))
    assert said["a"] == "seo"
