"""Every past answer is worked out again, whatever was told since: over random histories with merges and late facts."""

import random

import pytest
from sqlalchemy import update

from features.settings import Settings
from serving.live.marks import mark_due
from serving.live.reproduce import NoSuchScore, reproduce
from serving.predict import Predictor
from serving.store.erase import erase
from serving.store.events import NewEvent, take_in
from serving.store.leads import LeadTold, tell
from serving.store.merge import merge
from serving.store.schema import attribute_changes, ledger
from support.living import world_on
from support.scoring import scored
from support.service import source_of
from support.small_bundle import small_bundle
from support.stores import act, at, emptied, told

LEADS = [f"L{i}" for i in range(8)]
KINDS = ("pricing_page_view", "webinar_attended", "demo_request", "email_open", "never_heard_of")


def live(store, predictor, seed: int) -> int:
    """Tell random things on each of forty days, score some leads on each; how many scores that were."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
    gone: set[str] = set()
    for lead in LEADS:
        told(store, lead, day=0, created=0, industry="retail")
    for day in range(1, 40):
        here = [lead for lead in LEADS if lead not in gone]
        store.write(lambda write, day=day: _something(write, chance, day), act(day))
        if day % 15 == 0:
            into, other = chance.sample(here, 2)
            store.write(lambda write, into=into, other=other: merge(write, into, other), act(day))
            gone.add(other)
        for lead in chance.sample([lead for lead in here if lead not in gone], 2):
            scored(store, predictor, lead, day=day)
    with store.reading() as connection:
        return len(connection.execute(ledger.select()).all())


def _something(write, chance, day) -> None:
    """Activities now and of long ago, fields known only later, of any lead, also of those that were merged."""
    sent = []
    for _ in range(chance.randrange(1, 5)):
        happened = day - chance.choice((0, 0, 1, 15, 40))
        known = None if chance.random() < 0.6 else at(max(0, min(day, happened + chance.randrange(0, 3))))
        sent.append(
            NewEvent(lead_id=chance.choice(LEADS), kind=chance.choice(KINDS), happened_at=at(happened), known_at=known)
        )
    take_in(write, sent)
    value = chance.choice(("retail", "finance", "software", None))
    known = None if chance.random() < 0.5 else at(chance.randrange(0, day))
    tell(write, LeadTold(lead_id=chance.choice(LEADS), own={}, attributes={"industry": value}, known_at=known))


@pytest.fixture(scope="module")
def predictor():
    return Predictor(bundle=small_bundle(), version="7", settings=Settings())


@pytest.mark.parametrize("seed", [1, 2])
def test_every_score_of_a_random_history_comes_out_equal(opened, predictor, seed):
    store = emptied(opened)
    count = live(store, predictor, seed)
    with store.reading() as connection:
        ids = connection.execute(ledger.select().with_only_columns(ledger.c.id)).scalars().all()
        found = [reproduce(connection, number, models=source_of(predictor, predictor.settings).of) for number in ids]

    assert len(found) == count > 60
    assert [(one.equal, one.same_inputs, one.why_not, one.differences) for one in found] == [
        (True, True, None, ())
    ] * count
    assert len({one.entry.inputs for one in found}) > 50


def test_the_scores_of_the_engine_itself_come_out_equal(opened):
    world = world_on(emptied(opened))
    for lead in ("a", "b"):
        told(world.store, lead, day=0, created=0, industry="retail")
    world.do(lambda write: mark_due(write, ["a", "b"]), day=0)
    world.score(1)
    world.do(lambda write: take_in(write, [NewEvent(lead_id="a", kind="pricing_page_view", happened_at=at(2))]), day=3)
    world.do(lambda write: mark_due(write, ["a"]), day=3)
    world.score(3)

    with world.store.reading() as connection:
        rows = world.rows(ledger)
        found = [reproduce(connection, row.id, models=world.models.of) for row in rows]
    assert len(found) == 3
    assert [one.why_not for one in found] == [None] * 3


def test_what_does_not_come_out_equal_says_why(opened, predictor):
    store = emptied(opened)
    told(store, "a", day=0, created=0, industry="retail")
    scored(store, predictor, day=1)
    models = source_of(predictor, predictor.settings).of

    def again(models=models):
        with store.reading() as connection:
            number = connection.execute(ledger.select().with_only_columns(ledger.c.id)).scalars().one()
            return reproduce(connection, number, models=models)

    assert again().equal
    assert "no copy of its bundle" in again(lambda _: None).why_not
    store.write(lambda write: write.connection.execute(update(ledger).values(score=1, probability=0.5)), act(2))
    assert {d.name for d in again().differences} == {"score", "probability"}
    assert again().why_not.startswith("the same facts")
    changed = update(attribute_changes).where(attribute_changes.c.field == "industry").values(value='"finance"')
    store.write(lambda write: write.connection.execute(changed), act(2))
    found = again()
    assert (found.equal, found.same_inputs) == (False, False)
    assert found.why_not.startswith("the facts are not those of then")


def test_a_deleted_lead_leaves_no_answer_to_work_out(opened, predictor):
    store = emptied(opened)
    told(store, "a", day=0, created=0)
    number = scored(store, predictor, day=1)
    store.write(lambda write: erase(write, "a"), act(2))
    with store.reading() as connection, pytest.raises(NoSuchScore, match="no score"):
        reproduce(connection, number, models=lambda _: predictor)
