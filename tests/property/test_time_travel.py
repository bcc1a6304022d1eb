"""No feature sees the future; each behaves in time as its definition says.

The first half holds 10,000 random leads against themselves with another future, feature by
feature. The second half lets Hypothesis look for the one lead that breaks a rule.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from features.clock import DAY
from features.definitions import (
    ANY,
    ActiveDays,
    Age,
    Count,
    Decayed,
    Definition,
    Distinct,
    FirstTouch,
    LastTouch,
    Momentum,
    Recency,
    Sum,
)
from features.lead import Event, Lead
from features.rows import build_rows, lead_row
from features.tables import Export, Pairs
from features.view import KindMeaning, View
from support.futures import another_future, only_the_past
from support.random_exports import random_export, random_pairs, random_view

CASES = 10_000
VIEW = random_view()


@pytest.fixture(scope="module", params=[True, False], ids=["old values known", "old values unknown"])
def case(request: pytest.FixtureRequest) -> tuple[Export, Pairs]:
    """As many leads as cases, each with a moment of its own."""
    export = random_export(11, leads=CASES, events_per_lead=8, old_values=request.param)
    as_of = random_pairs(12, export, count=CASES).as_of
    return export, Pairs(lead=np.arange(CASES), as_of=as_of)


@pytest.fixture(scope="module")
def rows(case: tuple[Export, Pairs]) -> npt.NDArray[np.float64]:
    return build_rows(VIEW, *case)


@pytest.fixture(scope="module")
def without_future(case: tuple[Export, Pairs]) -> npt.NDArray[np.float64]:
    return build_rows(VIEW, only_the_past(*case), case[1])


@pytest.fixture(scope="module")
def with_another_future(case: tuple[Export, Pairs]) -> npt.NDArray[np.float64]:
    return build_rows(VIEW, another_future(*case), case[1])


@pytest.mark.parametrize("column", range(len(VIEW.names)), ids=VIEW.names)
def test_no_feature_sees_the_future(
    column: int,
    rows: npt.NDArray[np.float64],
    without_future: npt.NDArray[np.float64],
    with_another_future: npt.NDArray[np.float64],
):
    np.testing.assert_array_equal(rows[:, column], without_future[:, column])
    np.testing.assert_array_equal(rows[:, column], with_another_future[:, column])


def test_there_is_a_future_to_see(case: tuple[Export, Pairs], rows: npt.NDArray[np.float64]):
    export, pairs = case
    later = build_rows(VIEW, export, Pairs(lead=pairs.lead, as_of=np.full(CASES, pairs.as_of.max())))
    changed = ~((rows == later) | (np.isnan(rows) & np.isnan(later)))
    assert (
        changed[:, [i for i, name in enumerate(VIEW.names) if name not in ("not_exported", "country_country")]]
        .any(axis=0)
        .all()
    )


KINDS = ("visit", "click")
SMALL_VIEW = View(
    definitions=(
        Age(),
        *(
            definition
            for kind in ("visit", ANY)
            for definition in (
                *(cls(kind=kind, days=days) for cls in (Count, Sum, ActiveDays, Distinct) for days in (7, 23, 30)),
                Count(kind=kind, days=14),
                Momentum(kind=kind, days=7),
                Recency(kind=kind),
                Decayed(kind=kind, half_life_days=7),
            )
        ),
        Count(kind="click", days=30),
        FirstTouch(),
        LastTouch(),
    ),
    kinds=(*(KindMeaning(name=kind) for kind in KINDS), KindMeaning(name="unsubscribe", is_activity=False)),
    categories={"first_touch_channel": ("ads", "seo"), "last_touch_channel": ("ads", "seo")},
)
AS_OF = 20_000 * DAY
TIMES = st.one_of(
    st.integers(-40 * DAY, 10 * DAY).map(lambda t: AS_OF + t),
    st.integers(-80, 20).map(lambda half_days: AS_OF + half_days * DAY // 2),
    st.sampled_from([-1, 0, 1]).flatmap(lambda t: st.sampled_from([0, 7, 14, 30]).map(lambda d: AS_OF - d * DAY + t)),
)
EVENTS = st.lists(
    st.builds(
        lambda kind, happened, late, value, topic, channel: Event(
            kind, happened, happened + late, value, topic, channel
        ),
        st.sampled_from([*KINDS, "unsubscribe", "unknown"]),
        TIMES,
        st.sampled_from([0, 0, 1, DAY, 9 * DAY]),
        st.sampled_from([None, 1.0, 2.5, -4.0]),
        st.sampled_from([None, "a", "b"]),
        st.sampled_from([None, "ads", "seo", "other"]),
    ),
    max_size=12,
)
LEADS = st.builds(
    lambda events, created: Lead(lead_id="x", created_at=created, events=events), EVENTS, st.none() | TIMES
)
EVERY_FEATURE = pytest.mark.parametrize("feature", SMALL_VIEW.definitions, ids=SMALL_VIEW.names)
few = settings(max_examples=30, deadline=None, derandomize=True)


def value(lead: Lead, feature: Definition, as_of: int = AS_OF) -> float:
    return lead_row(SMALL_VIEW, lead, as_of)[SMALL_VIEW.names.index(feature.name)]


def with_events(lead: Lead, events: Sequence[Event]) -> Lead:
    return Lead(lead_id=lead.lead_id, created_at=lead.created_at, events=events)


def promptly(lead: Lead) -> Lead:
    """The lead with each event known when it happened."""
    return with_events(lead, [event._replace(known_at=event.happened_at) for event in lead.events])


def moved(lead: Lead, by: int) -> Lead:
    """The same story told later or earlier."""
    events = [e._replace(happened_at=e.happened_at + by, known_at=e.known_at + by) for e in lead.events]
    created = None if lead.created_at is None else lead.created_at + by
    return Lead(lead_id=lead.lead_id, created_at=created, events=events)


@EVERY_FEATURE
@few
@given(lead=LEADS, extra=EVENTS, late=st.booleans())
def test_events_known_or_happening_later_change_nothing(feature, lead, extra, late):
    future = [
        event._replace(happened_at=min(event.happened_at, AS_OF), known_at=AS_OF + 1)
        if late
        else event._replace(happened_at=AS_OF + 1 + abs(event.happened_at - AS_OF), known_at=AS_OF)
        for event in extra
    ]
    assert same(value(with_events(lead, [*future, *lead.events]), feature), value(lead, feature))


@EVERY_FEATURE
@few
@given(lead=LEADS, order=st.randoms(use_true_random=False))
def test_the_order_of_events_changes_nothing(feature, lead, order):
    events = list(lead.events)
    order.shuffle(events)
    assert same(value(with_events(lead, events), feature), value(lead, feature))


@EVERY_FEATURE
@few
@given(lead=LEADS, by=st.integers(-50 * DAY, 50 * DAY))
def test_shifting_all_times_changes_nothing(feature, lead, by):
    if isinstance(feature, ActiveDays):  # its days are those of UTC
        by -= by % DAY
    assert same(value(moved(lead, by), feature, AS_OF + by), value(lead, feature))


@EVERY_FEATURE
@few
@given(lead=LEADS, event=EVENTS.filter(bool).map(lambda events: events[0]))
def test_kinds_that_the_view_does_not_know_count_nowhere(feature, lead, event):
    unknown = event._replace(kind="never_heard_of")
    assert same(value(with_events(lead, [*lead.events, unknown]), feature), value(lead, feature))


@pytest.mark.parametrize("kind", ["visit", ANY])
@pytest.mark.parametrize("feature", [Count, Sum])
@few
@given(lead=LEADS.map(promptly))
def test_windows_add_up(feature, kind, lead):
    last_7, before, last_30 = (feature(kind=kind, days=days) for days in (7, 23, 30))
    both = value(lead, last_7) + value(lead, before, AS_OF - 7 * DAY)
    assert both == pytest.approx(value(lead, last_30), abs=1e-9)


@few
@given(lead=LEADS)
def test_kinds_add_up_to_activity(lead):
    each = [value(lead, Count(kind=kind, days=30)) for kind in KINDS]
    assert sum(each) == value(lead, Count(kind=ANY, days=30))


@pytest.mark.parametrize("kind", ["visit", ANY])
@few
@given(lead=LEADS)
def test_momentum_is_the_last_window_against_the_one_before(kind, lead):
    last, both = (value(lead, Count(kind=kind, days=days)) for days in (7, 14))
    assert value(lead, Momentum(kind=kind, days=7)) == 2 * last - both


@pytest.mark.parametrize("kind", ["visit", ANY])
@few
@given(lead=LEADS.map(promptly))
def test_behaviour_fades_by_half_in_a_half_life(kind, lead):
    feature = Decayed(kind=kind, half_life_days=7)
    assume(not any(AS_OF < event.happened_at <= AS_OF + 7 * DAY for event in lead.events))
    assert value(lead, feature, AS_OF + 7 * DAY) == pytest.approx(value(lead, feature) / 2, rel=1e-12)


@pytest.mark.parametrize("kind", ["visit", ANY])
@few
@given(lead=LEADS)
def test_days_and_topics_are_at_most_the_events(kind, lead):
    for days in (7, 30):
        count = value(lead, Count(kind=kind, days=days))
        active = value(lead, ActiveDays(kind=kind, days=days))
        assert (active > 0) == (count > 0)
        assert active <= min(count, days + 1)
        assert value(lead, Distinct(kind=kind, days=days)) <= min(count, 2)


def same(a: float, b: float) -> bool:
    """Equal to the bit, or both missing."""
    return a == b or (np.isnan(a) and np.isnan(b))
