"""Events are taken in once, whatever order and however often they come."""

import pytest
from sqlalchemy import select

from features.lead import Event
from serving.store.errors import EventConflict, UnknownLead
from serving.store.facts import lead_at
from serving.store.kinds import seen_kinds
from serving.store.schema import events
from support.stores import at, event, send, told


def lead(store, lead_id="a", day=10):
    with store.reading() as connection:
        return lead_at(connection, lead_id, at(day))


def test_an_event_sent_twice_is_there_once(store):
    assert send(store, event(event_id="1")) == ["stored"]
    assert send(store, event(event_id="1"), day=3) == ["duplicate"]
    assert send(store, event(event_id="2"), event(event_id="2")) == ["stored", "duplicate"]
    assert len(lead(store).events) == 2


def test_the_same_id_with_other_content_is_refused_and_the_first_kept(store):
    send(store, event(event_id="1", topic="pricing"))
    (refused,) = send(store, event(event_id="1", topic="docs"))
    within = send(store, event(event_id="2"), event(event_id="2", day=1))

    assert isinstance(refused, EventConflict)
    assert [type(answer) for answer in within] == [str, EventConflict]
    assert {found.topic for found in lead(store).events} == {"pricing", None}


def test_the_same_id_from_another_source_is_another_event(store):
    assert send(store, event(event_id="1"), event(event_id="1", source="crm", kind="call")) == ["stored", "stored"]


def test_an_event_without_an_id_is_known_by_its_content(store):
    assert send(store, event(), event(), event(topic="docs")) == ["stored", "duplicate", "stored"]


def test_an_event_counts_as_known_when_it_was_received_unless_it_says_otherwise(store):
    send(store, event(day=1, event_id="late"), day=5)
    send(store, event(day=1, event_id="told", known_at=at(2)), day=5)

    assert [len(lead(store, day=day).events) for day in (1, 2, 4.9, 5)] == [0, 1, 1, 2]
    assert lead(store).events[0] == Event("visit", at(1), at(2))


def test_events_may_come_before_their_lead(store):
    send(store, event("new"), day=1)
    assert lead(store, "new").created_at is None
    told(store, "new", day=2, created=0, industry="retail")

    found = lead(store, "new")
    assert (found.created_at, found.attributes, len(found.events)) == (at(0), {"industry": "retail"}, 1)


def test_a_lead_never_heard_of_is_unknown(store):
    with pytest.raises(UnknownLead):
        lead(store, "nobody")


def test_results_are_no_activities(store):
    send(store, event(kind="closed_won"), event(kind="visit"))
    assert [found.kind for found in lead(store).events] == ["visit"]


def test_each_kind_is_counted_as_often_as_it_was_stored(store):
    send(store, event(event_id="1"), event(event_id="2"), event(event_id="3", kind="odd"), day=1)
    send(store, event(event_id="1"), event(event_id="4", kind="odd"), event(event_id="5", kind="odd"), day=2)

    with store.reading() as connection:
        found = [(k.kind, k.events, k.first_at, k.last_at) for k in seen_kinds(connection)]
    assert found == [("odd", 3, at(1), at(2)), ("visit", 2, at(1), at(1))]


def test_numbers_and_texts_come_back_as_they_were(store):
    sent = event(value=0.1 + 0.2, topic="prezzo: 価格 🎯", channel="ads", actor="lead", event_id="e/1 ü")
    send(store, sent)

    (found,) = lead(store).events
    assert (found.value, found.topic, found.channel) == (sent.value, sent.topic, sent.channel)
    with store.reading() as connection:
        assert connection.execute(select(events.c.event_id)).scalar_one() == "e/1 ü"
