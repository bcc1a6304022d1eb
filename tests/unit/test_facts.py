"""What a lead's events say besides its score: activity, requests, topics, the wish to be left alone."""

from datetime import UTC, datetime

import pytest

from features.clock import DAY, to_micros
from features.lead import Event
from features.request import FactsIn
from features.settings import Kind, Lifecycle
from features.stages import Stage
from features.view import KindMeaning, View
from serving.facts import FactsReader
from support.small_bundle import VIEW
from support.text_tables import rows_of

AS_OF = to_micros(datetime(2026, 3, 1, tzinfo=UTC))
MAILED = View(
    definitions=VIEW.definitions,
    kinds=(*VIEW.kinds, KindMeaning(name="unsubscribe", aliases=("bye",)), KindMeaning(name="newsletter_signup")),
    categories=VIEW.categories,
)


def facts(events, *, view=MAILED, kinds=None, policy=None, created_at=None, **sent):
    """Facts of events written as "kind days-ago topic", one a line."""
    told = [line.split() for line in events.splitlines() if line.strip()]
    moments = [(kind, AS_OF - round(float(age) * DAY), topic) for kind, age, *topic in told]
    visible = [Event(kind, at, at, None, topic[0] if topic else None) for kind, at, topic in moments]
    reader = FactsReader(view=view, kinds=kinds or {}, policy=policy or Lifecycle())
    return reader.read(visible, AS_OF, FactsIn.model_construct(**sent), created_at=created_at)


def test_who_unsubscribed_was_not_active_and_showed_no_interest():
    found = facts("unsubscribe 2 prices\n pricing_page_view 40 roi")

    assert (found.idle_days, found.active_days, found.topic) == (40, 1, "roi")
    assert found.unsubscribed_days == 2
    only = facts("unsubscribe 2")
    assert (only.idle_days, only.active_days, only.evidence) == (None, 0, None)


ENDS = """
    events                                  | days
    unsubscribe 2                           | 2
    bye 2                                   | 2
    unsubscribe 2; newsletter_signup 90     | 2
    unsubscribe 2; newsletter_signup 1      |
    unsubscribe 90; unsubscribe 3           | 3
    unsubscribe 3; newsletter_open 1        | 3
    email_opt_out 5                         | 5
    disiscrizione 5; iscrizione 4           |
    pricing_page_view 3                     |
"""


@pytest.mark.parametrize("case", rows_of(ENDS), ids=lambda c: c["events"])
def test_contact_has_ended_since_the_last_unsubscription_unless_a_sign_up_came_later(case):
    found = facts(case["events"].replace(";", "\n"), consent=True)

    assert found.unsubscribed_days == (case["days"] and float(case["days"]))


@pytest.mark.parametrize(("consent", "age", "days"), [(True, 1, None), (True, 3, 2), (False, 1, 2), (None, 1, 2)])
def test_a_consent_given_after_an_unsubscription_outweighs_it(consent, age, days):
    found = facts("unsubscribe 2", consent=consent, consent_at=AS_OF - age * DAY)

    assert found.unsubscribed_days == days


def test_a_company_says_itself_which_kinds_end_contact():
    own = {"stop": Kind(ends_contact=True), "unsubscribe": Kind(ends_contact=False), "addio": Kind(maps_to="stop")}

    assert facts("stop 4", kinds=own).unsubscribed_days == 4
    assert facts("addio 4", kinds=own).unsubscribed_days == 4
    assert facts("unsubscribe 2", kinds=own).unsubscribed_days is None
    assert facts("unsubscribe 2", kinds=own).idle_days == 2


def test_a_request_that_the_model_does_not_read_counts_with_its_topic():
    found = facts("quote_request 3 welding\n pricing_page_view 20 roi")

    assert (found.asked, found.asked_days) == ("quote_request", 3)
    assert (found.topic, found.idle_days, found.active_days) == ("welding", 3, 2)
    assert found.evidence is Stage.SALES_QUALIFIED


def test_only_recent_days_of_activity_count():
    events = "\n".join(f"pricing_page_view {age}" for age in (1, 1.2, 5, 29.5, 30, 31, 400))

    assert facts(events, policy=Lifecycle(active_within_days=30)).active_days == 4
    assert facts(events, policy=Lifecycle(active_within_days=2)).active_days == 2


def test_a_lead_without_any_activity_is_idle_since_it_came():
    assert facts("", created_at=AS_OF - 50 * DAY).idle_days == 50
    assert facts("pricing_page_view 3", created_at=AS_OF - 50 * DAY).idle_days == 3
    assert facts("").idle_days is None
    blind = View(definitions=VIEW.definitions[:2], kinds=(), categories=VIEW.categories)
    assert facts("", view=blind, created_at=AS_OF - 50 * DAY).idle_days is None, "nobody looks at what it does"


def test_moments_that_the_caller_tells_become_days_and_none_lies_ahead():
    found = facts("", disqualified_reason="no_intent", disqualified_at=AS_OF - DAY, stage_since=AS_OF + DAY)

    assert (found.disqualified_reason, found.disqualified_days, found.stage_days) == ("no_intent", 1, 0)
