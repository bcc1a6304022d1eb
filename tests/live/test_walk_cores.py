"""A walk on all cores writes what one on one core writes, goes on after a kill, and says in a sentence what failed."""

import os
from contextlib import contextmanager

import psutil
import pytest
from sqlalchemy import select, update

from features.errors import BadBundle
from features.settings import Settings
from models.files import load, save
from serving.live.own_writes import OwnWrites
from serving.live.rounds import Rounds
from serving.live.walk import Walker, last_walk
from serving.live.walk_cores import Work, steps_on_cores
from serving.predict import Predictor
from serving.processes import WorkerEnded
from serving.store.engine import database_url
from serving.store.merge import merge
from serving.store.schema import attribute_changes, metadata
from serving.store.store import Store
from support.killed import die_of_itself, say_workers_and_die
from support.living import world_on
from support.small_bundle import random_rows, small_bundle
from support.stores import DATABASES, at, event, open_store, send, told

LEADS = 24


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "bundle"
    save(small_bundle(), folder, random_rows(rows=20, seed=1))
    return folder


def company(store):
    """Leads that cool, that ask for sales, that are closed, merged or new, and one that is broken."""
    world = world_on(store)
    for i in range(LEADS):
        told(store, f"l{i:02}", day=1, created=1, industry="software", full_name=f"Lead {i}")
        kind = ("pricing_page_view", "demo_request", "webinar_attended")[i % 3]
        send(store, event(f"l{i:02}", 2, kind), event(f"l{i:02}", 3, "webinar_attended"), day=3)
    world.score(day=3)
    send(store, event("l05", 4, "closed_lost"), event("l08", 59, "demo_request"), day=59)
    world.do(lambda write: merge(write, "l10", "l11"), day=4)
    told(store, "new", day=59, created=58, industry="retail")
    broken = update(attribute_changes).where(attribute_changes.c.lead_id == "l13").values(value="{")  # no route does it
    world.do(lambda write: write.connection.execute(broken).rowcount, day=5)


def walker(store, folder):
    predictor = Predictor(bundle=load(folder), version="7", settings=Settings())
    return Walker(rounds=Rounds(store=store, predictor=predictor), by="cli")


def steps(store, folder, *, processes=1, theirs=None):
    going = walker(store, folder)
    work = Work(bundle=theirs or folder, version="7", settings=Settings(), url=store.engine.url)
    options = {"most": 4, "work": work, "processes": processes, "meanwhile": False}
    return steps_on_cores(going, going.begin(at(60)), lambda: at(60), **options)


def on_one_core(store, folder):
    going = walker(store, folder)
    walk = going.begin(at(60))
    while walk.finished_at is None:
        walk = going.step(walk, at(60), most=4)
    return walk


def tables(store):
    with store.reading() as connection:
        every = metadata.sorted_tables
        return {t.name: connection.execute(select(t).order_by(*t.primary_key.columns)).all() for t in every}


@contextmanager
def a_company(kind, folder):
    with open_store(kind, folder) as store:
        company(store)
        yield store


@pytest.mark.parametrize("kind", DATABASES)
def test_all_cores_write_what_one_writes(kind, bundle, tmp_path):
    with a_company(kind, tmp_path / "one") as one, a_company(kind, tmp_path / "many") as many:
        walk = on_one_core(one, bundle)
        assert list(steps(many, bundle, processes=2))[-1] == walk
        assert (walk.leads, walk.scored, walk.moved > 0, walk.offered > 0) == (LEADS, LEADS - 2, True, True)
        here, there = tables(one), tables(many)
    assert len(here["ledger"]) > LEADS
    for name, rows in here.items():
        assert there[name] == rows, name


def die_after_the_first_block(home, folder, told_workers):
    store = Store.open(database_url(home, None))
    next(steps(store, folder))
    say_workers_and_die(told_workers)


def test_after_a_kill_the_walk_goes_on_behind_what_was_written(bundle, tmp_path):
    with a_company("sqlite", tmp_path) as store:
        die_of_itself(die_after_the_first_block, tmp_path, bundle)

        with store.reading() as connection:
            left = last_walk(connection)
        assert (left.leads, left.finished_at) == (4, None)
        assert on_one_core(store, bundle).leads == LEADS
        given = [row.lead_id for row in tables(store)["ledger"] if row.as_of == at(60)]
        assert len(given) == len(set(given))


def test_a_process_that_was_ended_is_said_in_a_sentence_and_the_walk_can_go_on(bundle, tmp_path):
    with a_company("sqlite", tmp_path) as store:
        going = steps(store, bundle)
        next(going)
        for child in psutil.Process().children(recursive=True):
            if "forkserver" in " ".join(child.cmdline()) and child.ppid() != os.getpid():
                child.kill()
        with pytest.raises(WorkerEnded, match=r"ended from outside, .* goes on where it was"):
            list(going)
        assert on_one_core(store, bundle).leads == LEADS


def test_what_a_process_refuses_comes_out_as_it_said_it(bundle, tmp_path):
    with a_company("sqlite", tmp_path) as store, pytest.raises(BadBundle):
        next(steps(store, bundle, theirs=tmp_path / "no bundle"))


def test_leads_count_as_seen_up_to_the_write_before_theirs_while_nobody_else_writes():
    own = OwnWrites()
    assert own.seen(4, 5) == 4
    own.note(5)
    own.note(6)
    assert (own.seen(4, 7), own.seen(3, 7), own.seen(5, 7), own.seen(6, 7)) == (6, 3, 6, 6)
    assert own.seen(4, 8) == 4
    own.note(8)
    assert (own.seen(4, 9), own.seen(7, 9)) == (4, 8)
