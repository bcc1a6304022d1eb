"""Kinds that the settings say are an outcome count as that outcome, in whatever form they are sent."""

import pytest
from sqlalchemy import select

from features.settings import parse_settings
from serving.store.export import export_of
from serving.store.facts import place_at
from serving.store.live_schema import hand_offs
from serving.store.schema import events, kinds_seen, standings
from support.service import service
from support.stores import DATABASES, emptied, open_store
from support.telling import NOW_MICROS, assert_problem, lead, post

SETTINGS = parse_settings("""
    [kinds.deal_won]
    maps_to = "closed_won"
    [kinds."Deal Won!"]
    maps_to = "deal_won"
    [kinds.disqualified]
    maps_to = "sales_rejected"
""")
LEAD = {"lead_id": "L-17", "created_at": "2026-02-01T00:00:00Z", "attributes": {"industry": "software"}}
ASKS = {"lead_id": "L-17", "kind": "demo_request", "happened_at": "2026-02-28T10:00:00Z"}
AT = "2026-03-01T10:00:00Z"
WON = {"lead_id": "L-17", "kind": "Deal Won!", "happened_at": AT}
CLOUD = {"specversion": "1.0", "type": "deal_won", "subject": "L-17", "id": "1", "source": "crm", "time": AT}
TRACK = {"type": "track", "userId": "L-17", "event": "deal_won", "timestamp": AT, "messageId": "1"}
CLOUD_TYPE = {"content-type": "application/cloudevents+json"}
FORMS = {
    "event": ("/v1/events", WON, {}),
    "events": ("/v1/events/batch", {"events": [WON]}, {}),
    "CloudEvent": ("/v1/events", CLOUD, CLOUD_TYPE),
    "CloudEvents": ("/v1/events", [CLOUD], {"content-type": "application/cloudevents-batch+json"}),
    "track": ("/v1/track", TRACK, {}),
    "tracks": ("/v1/track", {"batch": [TRACK]}, {}),
}


@pytest.fixture(scope="module", params=DATABASES)
def mapping(request, tmp_path_factory):
    with open_store(request.param, tmp_path_factory.mktemp("home")) as store, service(SETTINGS, store=store) as running:
        yield running


@pytest.fixture
def offered(mapping):
    """A lead with a score, that sales was offered."""
    emptied(mapping.app.state.service.store)
    post(mapping, "/v1/leads", LEAD)
    post(mapping, "/v1/events", ASKS)
    mapping.app.state.service.engine.drain(NOW_MICROS)
    assert len(rows(mapping, standings)) == len(rows(mapping, hand_offs)) == 1
    return mapping


def rows(running, table):
    with running.app.state.service.store.reading() as connection:
        return connection.execute(select(table)).all()


def status(answer) -> str:
    body = answer.json()
    return body["status"] if "status" in body else body["results"][0]["status"]


@pytest.mark.parametrize("form", FORMS)
def test_a_kind_that_means_a_win_makes_a_customer_at_once(offered, form):
    path, body, headers = FORMS[form]
    assert status(post(offered, path, body, **headers)) == "stored"

    place = lead(offered, read=place_at)
    assert (place.stage.value, place.closed.kind) == ("customer", "closed_won")
    assert rows(offered, standings) == []
    assert [(one.ending, one.reason) for one in rows(offered, hand_offs)] == [("withdrawn", "closed_won")]
    assert [event.kind for event in lead(offered).events] == ["demo_request"]
    assert status(post(offered, path, body, **headers)) == "duplicate"


def test_a_kind_that_means_a_rejection_answers_the_hand_off_with_its_topic_as_reason(offered):
    told = {"lead_id": "L-17", "kind": "disqualified", "happened_at": "2026-03-01T12:00:00Z", "topic": "competitor"}
    assert status(post(offered, "/v1/events", told)) == "stored"

    assert lead(offered, read=place_at).turned_down.reason == "competitor"
    assert [(one.ending, one.reason) for one in rows(offered, hand_offs)] == [("rejected", "competitor")]


def test_it_is_counted_by_the_word_that_was_sent_and_learned_from_as_what_it_means(offered):
    post(offered, "/v1/events", WON)

    assert {row.kind for row in rows(offered, kinds_seen)} == {"demo_request", "Deal Won!"}
    with offered.app.state.service.store.reading() as connection:
        export = export_of(connection, SETTINGS, until=NOW_MICROS)
    assert export.outcomes["kind"].tolist() == ["closed_won"]
    assert export.events["kind"].tolist() == ["demo_request"]


def test_an_event_is_known_by_what_was_sent_whatever_the_settings_say_of_its_kind(offered):
    told = WON | {"event_id": "e1"}
    store = offered.app.state.service.store
    with service(store=store) as plain:  # to which the kind is an activity
        assert status(post(plain, "/v1/events", told)) == "stored"
        assert status(post(offered, "/v1/events", told)) == "duplicate"
        assert_problem(post(offered, "/v1/events", told | {"kind": "closed_won"}), 409)
    assert [row.kind for row in rows(offered, events)] == ["demo_request", "Deal Won!"]
