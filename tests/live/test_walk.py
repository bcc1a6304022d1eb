"""All leads scored again: by silence, by another model, restartable; and the hour at which the service does it."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

from sqlalchemy import update

from commands.rescore import walk_all
from features.clock import DAY, HOUR
from features.stages import Stage
from serving.live.rounds import Rounds
from serving.live.stages import StageSet, set_stage
from serving.live.walk import Walk, Walker, how_many, is_due, last_walk
from serving.store.merge import merge
from serving.store.schema import attribute_changes, standings
from support.stores import at, event, send, told


def company(world, leads=7):
    for i in range(leads):
        told(world.store, f"l{i}", day=1, created=1, industry="software")
        send(world.store, event(f"l{i}", 2, "pricing_page_view"), event(f"l{i}", 3, "webinar_attended"), day=3)
    world.score(day=3)


def walker(world, by="cli"):
    return Walker(rounds=Rounds(store=world.store, predictor=world.models.current()), by=by)


def walked(world, day, most=3):
    going = walker(world)
    walk = going.begin(at(day))
    while walk.finished_at is None:
        walk = going.step(walk, at(day), most=most)
    return walk


def test_silence_is_seen_by_a_walk(world):
    company(world)
    send(world.store, event("l0", 4, "closed_lost"), day=4)
    world.do(lambda write: merge(write, "l1", "l2"), day=4)
    before = {row.lead_id: row.score for row in world.rows(standings)}

    walk = walked(world, day=60)

    assert (walk.leads, walk.scored) == (6, 5)
    after = {row.lead_id: row.score for row in world.rows(standings)}
    assert after.keys() == before.keys() - {"l0"}
    assert all(after[lead] < before[lead] for lead in after)
    assert world.due() == []


def test_a_walk_goes_on_where_it_was_left(world):
    company(world)
    going = walker(world)
    first = going.step(going.begin(at(60)), at(60), most=3)

    again = walker(world).begin(at(61))
    assert (again.after, again.leads, again.started_at) == ("l2", 3, at(60))
    assert walked(world, day=61).leads == 7
    assert [len(world.ledger(f"l{i}")) for i in range(7)] == [2] * 7
    with world.store.reading() as connection:
        last = last_walk(connection)
        assert how_many(connection) == 7
    assert (last.finished_at, last.started_at, first.finished_at) == (at(61), at(60), None)


def test_a_walk_passes_by_what_is_closed_and_done(world):
    company(world)
    send(world.store, event("l0", 4, "closed_lost"), event("l1", 4, "closed_won"), day=4)
    world.score(day=4)
    world.do(lambda write: set_stage(write, StageSet(lead_id="l0", stage=Stage.LEAD, by="crm")), day=5)

    assert walked(world, day=60).leads == 6
    assert (world.standing("l0").as_of, world.standing("l1")) == (at(60), None)


def test_a_lead_that_can_not_be_scored_does_not_stop_a_walk(world):
    company(world)
    broken = update(attribute_changes).where(attribute_changes.c.lead_id == "l4").values(value="{")  # no route does it
    world.do(lambda write: write.connection.execute(broken).rowcount, day=3)

    walk = walked(world, day=60)
    assert (walk.leads, walk.scored, len(world.ledger("l4")), len(world.ledger("l5"))) == (7, 6, 1, 2)


def test_a_second_walk_at_once_writes_nothing_new(world):
    company(world)
    walked(world, day=60)
    walked(world, day=60)
    assert [len(world.ledger(f"l{i}")) for i in range(7)] == [2] * 7


def test_the_command_walks_to_the_end_and_says_how_far_it_is(world):
    company(world)
    going = walker(world)
    going.step(going.begin(at(60)), at(60), most=3)
    said = []

    walk = walk_all(going.rounds, said.append, bundle=nullcontext, cores=1)

    assert (walk.leads, walk.finished_at is not None, said) == (7, True, ["going on behind 3 leads"])


def test_the_engine_walks_by_itself_after_the_work_that_is_due(world):
    company(world)
    assert world.engine.walk_on(at(60)) == 7
    assert world.engine.walk_on(at(60)) == 0
    assert len(world.ledger("l3")) == 2


def test_a_service_walks_at_its_hour_for_another_model_and_what_was_left():
    now = at(10) + 4 * HOUR
    done = Walk(started_at=at(9) + 3 * HOUR, moved_on_at=0, finished_at=at(9), bundle="a", by="service")

    def due(walk, hour=3, bundle="a", zone=UTC):
        return is_due(walk, now=now, bundle=bundle, hour=hour, zone=zone)

    assert due(None)
    assert due(done)
    assert not due(done, hour=-1)
    assert not due(replace(done, started_at=at(10) + 3 * HOUR))
    assert due(replace(done, started_at=at(10) + 3 * HOUR), bundle="b")
    assert not due(replace(done, started_at=now - DAY // 2), hour=15)
    assert due(replace(done, started_at=at(10) + HOUR - 1), zone=ZoneInfo("Europe/Rome"))
    left = replace(done, finished_at=None, moved_on_at=now - 1)
    assert due(left)
    assert not due(replace(left, by="cli"))
    assert due(replace(left, by="cli", moved_on_at=now - HOUR))
