"""The ranked list: who fits, in which order, and pages that miss nobody when leads come in between."""

from dataclasses import replace

import pytest
from sqlalchemy import insert

from features.clock import DAY
from serving.live.cursors import BadCursor, pack
from serving.live.ranked import ALL, Filters, ranked
from serving.store.live_schema import hand_offs
from serving.store.schema import standings
from serving.store.searched import searched
from support.stores import START, act

PLAIN = {
    "ledger_id": 1,
    "as_of": START,
    "score": 50,
    "fit": "B",
    "engagement": "2",
    "stage": "lead",
    "band": "cold",
    "action_text": '{"en": "Call", "it": "Chiamare"}',
    "reasons": '[{"field": "industry", "text": {"en": "Industry: retail", "it": "Settore: retail"}}]',
}
LEADS = {
    "a": {"probability": 0.9, "stage": "sales_qualified", "band": "hot", "fit": "A", "trend": 12, "name": "Anna Verdi"},
    "b": {"probability": 0.5, "owner": "giulia", "source": "web", "trend": -5, "company": "Rossi & Figli"},
    "c": {"probability": 0.5, "owner": "giulia", "source": "fair", "trend": 0, "company": "100% ÉLAN"},
    "d": {"probability": 0.1, "engagement": "4", "trend": 4, "name": "Luca ROSSI"},
    "e": {"probability": 0.7, "fit": "D", "trend": None, "name": "a_b"},
}
ORDER = ["a", "e", "c", "b", "d"]  # of equal probability the later name first


def stand(store, lead_id, **more):
    row = dict.fromkeys(("owner", "source", "trend", "name", "company")) | PLAIN | {"lead_id": lead_id} | more
    row["searched"] = searched(lead_id, name=row["name"], company=row["company"])
    store.write(lambda write: write.connection.execute(insert(standings), row) and None, act())


def offered(store, lead_id, *, due_in, ended=None):
    row = {"seq": 1, "lead_id": lead_id, "offered_at": START, "band": "hot", "by": "policy", "ended_at": ended}
    row |= {"due_at": START + due_in * DAY}
    store.write(lambda write: write.connection.execute(insert(hand_offs), row) and None, act())


@pytest.fixture
def list_of(store):
    for lead_id, more in LEADS.items():
        stand(store, lead_id, **more)

    def listed(cursor=None, limit=50, **filters):
        with store.reading() as connection:
            return ranked(connection, Filters(**filters), cursor, limit)

    return listed


def names(page):
    return [lead.lead_id for lead in page.leads]


def test_the_likeliest_come_first_with_what_lists_show(list_of):
    page = list_of()

    assert names(page) == ORDER
    assert page.next is None
    first = page.leads[0]
    assert (first.band, first.trend, first.name, first.action_text["it"]) == ("hot", 12, "Anna Verdi", "Chiamare")
    assert first.reasons[0]["text"]["en"] == "Industry: retail"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"stage": "sales_qualified"}, "a"),
        ({"band": "cold"}, "ecbd"),
        ({"fit": "D"}, "e"),
        ({"engagement": "4"}, "d"),
        ({"fit": "B", "engagement": "2"}, "cb"),
        ({"owner": "giulia"}, "cb"),
        ({"owner": "giulia", "source": "web"}, "b"),
        ({"owner": "Giulia"}, ""),
        ({"trend": "rising"}, "a"),
        ({"trend": "falling"}, "b"),
        ({"trend": "steady"}, "cd"),
        ({"q": "rossi"}, "bd"),
        ({"q": "ROSSI", "owner": "giulia"}, "b"),
        ({"q": "%"}, "c"),
        ({"q": "_"}, "e"),
        ({"q": "\\"}, ""),
        ({"q": "élan"}, "c"),
        ({"q": "élan", "owner": "giulia", "stage": "lead"}, "c"),
        ({"q": "ÉLAN"}, "c"),
        ({"q": "élan", "band": "hot"}, ""),
    ],
)
def test_a_filter_keeps_those_who_fit_in_their_order(list_of, filters, expected):
    assert names(list_of(**filters)) == list(expected)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_lead_that_comes_in_between_pages_moves_nobody(store, list_of, limit):
    page = list_of(limit=limit)
    found = names(page)
    stand(store, "zz", probability=0.95)  # before the place where the list goes on
    while page.next is not None:
        page = list_of(page.next, limit)
        found += names(page)

    assert found == ORDER


def test_by_due_date_come_only_open_offers_and_the_most_urgent_first(store, list_of):
    offered(store, "b", due_in=3)
    offered(store, "a", due_in=5)
    offered(store, "d", due_in=1)
    offered(store, "e", due_in=0, ended=START)
    offered(store, "nobody", due_in=0)  # offered, and closed since: no standing
    page = list_of(sort="due", limit=2)
    rest = list_of(page.next, sort="due", limit=2)

    assert names(page) + names(rest) == ["d", "b", "a"]
    assert (page.leads[0].hand_off.due_at, rest.next) == (START + DAY, None)
    assert names(list_of(sort="due", owner="giulia")) == names(list_of(sort="due", q="FIGLI")) == ["b"]
    assert [lead.hand_off is not None for lead in list_of().leads] == [True, False, False, True, True]


def test_a_cursor_is_for_its_own_question_and_nothing_else(list_of):
    page = list_of(limit=2)
    question = ["ranked", {"sort": "probability"}]
    forged = [
        page.next[:-2],
        page.next + "A",
        page.next.swapcase(),
        pack(question, ["x", "y"]),
        pack(question, [0.5]),
        pack(question, [0.5, "a\0"]),
        pack(["ranked", {}], [0.5, "a"]),
        "",
    ]

    assert names(list_of(pack(question, [0.5, "c"]))) == ["b", "d"]
    for cursor in forged:
        with pytest.raises(BadCursor):
            list_of(cursor)
    with pytest.raises(BadCursor):
        list_of(page.next, band="cold")
    with pytest.raises(BadCursor):
        list_of(page.next, sort="due")


def test_a_number_beyond_the_database_is_no_place(list_of):
    with pytest.raises(BadCursor):
        list_of(pack(["ranked", {"sort": "due"}], [2**63, 1]), sort="due")


def test_nothing_is_filtered_unless_it_is_said(list_of):
    assert names(list_of(**{name: None for name in vars(ALL) if name != "sort"})) == ORDER
    assert replace(ALL) == Filters()
