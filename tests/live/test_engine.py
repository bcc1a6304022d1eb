"""The engine: what was told is scored once, decided on, and written with all that follows from it."""

from dataclasses import replace

import orjson
import pytest
from sqlalchemy import update

from serving.language import catalog
from serving.live.case import living_at, livings_at
from serving.live.rounds import Rounds
from serving.store.facts import lead_at
from serving.store.ledger import inputs_digest
from serving.store.merge import merge
from serving.store.schema import attribute_changes
from support.living import world_on
from support.stores import allow, at, event, send, told


def asks_for_a_demo(world, lead_id="a", day=3.0):
    told(world.store, lead_id, day=1, created=1, industry="software", job_title="CEO", company="Acme", nome="Ada")
    send(world.store, event(lead_id, 2, "pricing_page_view", topic="pricing"), day=2)
    send(world.store, event(lead_id, day, "demo_request"), day=day)


def test_what_was_told_is_scored_and_the_mark_goes(world):
    asks_for_a_demo(world)
    assert world.due() == ["a"]

    assert world.score(day=3) == 1

    assert world.due() == []
    (row,) = world.ledger()
    with world.store.reading() as connection:
        lead = lead_at(connection, "a", row.as_of, seq=row.seen_seq)
    assert (row.inputs, row.stage) == (inputs_digest(lead, row.as_of), "sales_qualified")
    contributions = orjson.loads(row.contributions)
    assert row.base_value + sum(contributions.values()) == pytest.approx(row.log_odds, abs=1e-9)
    shown = world.standing()
    assert (shown.ledger_id, shown.score, shown.stage, shown.action) == (row.id, row.score, row.stage, "call")
    assert (shown.name, shown.company, shown.role) == ("Ada", "Acme", "CEO")
    reasons = orjson.loads(shown.reasons)
    assert len(reasons) == 3
    assert {*reasons[0]["text"]} == {"en", "it"}


def test_lists_say_of_a_lead_that_sales_has_what_its_own_answer_says(world):
    asks_for_a_demo(world)
    world.score(day=3)

    with world.store.reading() as connection:
        case = living_at(connection, "a", at(3)).case
    said = world.models.current().answer(case, catalog("it"))["stage"]
    shown = world.standing()
    assert (shown.action, shown.stage) == (said["next_action"]["kind"], said["current"]) == ("call", "sales_qualified")
    assert orjson.loads(shown.action_text)["it"] == said["next_action"]["text"]


def test_a_request_for_sales_moves_the_lead_and_starts_the_clock(world):
    asks_for_a_demo(world)
    world.score(day=3)

    (move,) = world.moves()
    (row,) = world.ledger()
    assert (move.previous, move.stage, move.by) == ("lead", "sales_qualified", "policy")
    assert orjson.loads(move.because)["ledger_id"] == row.id
    (offered,) = world.hand_offs()
    assert (offered.band, offered.due_at, offered.ledger_id) == ("asked", at(3) + 4 * 3_600_000_000, row.id)
    kinds = [kind for kind, _, _ in world.notices()]
    assert kinds == ["stage.changed", "hand_off.offered"]


def test_nothing_new_is_no_row_of_the_ledger(world):
    asks_for_a_demo(world)
    world.score(day=3)
    told(world.store, "a", day=3, owner="giulia")
    told(world.store, "a", day=3, created=1, industry="software")

    assert world.score(day=3.0001) == 1
    assert (len(world.ledger()), world.standing().owner) == (1, "giulia")
    send(world.store, event("a", 3.3, "pricing_page_view"), day=3.3)
    world.score(day=3.3)
    assert len(world.ledger()) == 2
    assert [kind for kind, _, _ in world.notices()] == ["stage.changed", "hand_off.offered", "band.changed"]


def test_a_block_is_read_as_its_leads_are_one_by_one(world):
    for i in range(6):
        asks_for_a_demo(world, f"l{i}", day=3 + i)
        allow(world.store, f"l{i}", "marketing", i % 2 == 0, day=4)
    world.score(day=5)
    send(world.store, event("l1", 6, "sales_rejected", reason="bad_timing"), day=6)
    world.do(lambda write: merge(write, "l2", "l3"), day=6)
    send(world.store, event("l3", 7, "webinar_attended"), day=7)
    ids = [f"l{i}" for i in range(6)]

    for day in (1.5, 3, 5, 7.5, 9):
        with world.store.reading() as connection:
            assert livings_at(connection, [*ids, "nobody"], at(day)) == {
                i: living_at(connection, i, at(day)) for i in ids
            }


def test_a_later_clock_of_the_sender_is_seen_as_of_its_moment(world):
    ahead = at(2) + 120_000_000
    send(world.store, event("a", 2, "pricing_page_view"), day=2)
    send(world.store, replace(event("a", 2, "demo_request"), happened_at=ahead), day=2)

    world.score(day=2)
    assert (world.ledger()[0].as_of, world.standing().stage) == (ahead, "sales_qualified")


def test_marks_wait_for_a_model(opened):
    world = world_on(opened, model=False)
    send(world.store, event("waits", 2, "pricing_page_view"), day=2)
    assert (world.score(day=2), world.due()) == (0, ["waits"])


def test_a_lead_that_can_not_be_scored_does_not_stop_the_others(world):
    asks_for_a_demo(world, "a")
    asks_for_a_demo(world, "b")
    broken = update(attribute_changes).where(attribute_changes.c.lead_id == "a").values(value="{")  # no route does it
    world.do(lambda write: write.connection.execute(broken).rowcount, day=3)

    assert world.score(day=3) == 1
    assert (world.standing("a"), world.standing("b") is not None, world.due()) == (None, True, ["a"])
    told(world.store, "c", day=3, created=3)
    assert world.score(day=3) == 1


def test_what_is_told_while_a_lead_is_scored_is_seen_next_time(world):
    asks_for_a_demo(world)
    rounds = Rounds(store=world.store, predictor=world.models.current())
    seen = rounds.read(["a"], at(3))
    send(world.store, event("a", 3, "webinar_attended"), day=3)
    recorded = rounds.write(seen.round, at(3))

    assert (recorded.passed_over, world.ledger(), world.due()) == ({"a"}, [], ["a"])
    assert world.score(day=3) == 1
