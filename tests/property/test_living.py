"""What holds of the living service whatever is told, in whatever order: random lives of a few leads.

`LIVING=1000 pytest tests/property/test_living.py` tries a thousand.
"""

import os
import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import orjson
import pytest

from features.errors import RipenessError
from features.stages import Stage
from serving.live.hand_offs import tell_breaches
from serving.live.stages import StageSet, set_stage, take_back
from serving.store.events import NewEvent, take_in
from serving.store.merge import merge
from serving.store.schema import stage_moves
from support.living import world_on
from support.stores import act, allow, at, emptied, event, open_store, send, told

CASES = int(os.environ.get("LIVING", "4"))
KINDS = ("pricing_page_view", "webinar_attended", "webinar_attended", "demo_request", "unknown")
OUTCOMES = ("closed_won", "closed_lost", "sales_accepted", "sales_rejected")
LEADS = ("a", "b", "c")


def told_at_random(rng: random.Random) -> list[NewEvent]:
    """What one lead did, with its own times."""
    return [
        NewEvent(
            lead_id="x",
            kind=rng.choice(KINDS),
            happened_at=at(rng.choice([1, 2, rng.random() * 40])),
            known_at=at(41),
            event_id=str(i),
            topic=rng.choice([None, "pricing"]),
        )
        for i in range(rng.randint(1, 10))
    ]


def live(world, name: str, told: list[NewEvent], days: list[float], rng: random.Random | None) -> None:
    """Tell it on these days, scored in between now and then, and at the end."""
    for one, day in zip(told, days, strict=True):
        mine = replace(one, lead_id=name, source=name)
        world.do(lambda write, mine=mine: take_in(write, [mine]), day=day)
        if rng is not None and rng.random() < 0.4:
            world.score(day=day)
    send(world.store, event(name, 60, "webinar_attended"), day=60)
    world.score(day=60)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_any_order_repetition_and_delay_ends_with_the_same_score(kind, tmp_path):
    with open_store(kind, tmp_path) as store:
        world = world_on(store)
        for case in range(CASES if kind == "sqlite" else max(1, CASES // 3)):
            rng = random.Random(case)  # noqa: S311  # no secret
            facts = told_at_random(rng)
            live(world, f"clean-{case}", facts, [45.0] * len(facts), None)
            again = rng.sample([*facts, *rng.choices(facts, k=3)], len(facts) + 3)
            live(world, f"other-{case}", again, sorted(45 + rng.random() * 10 for _ in again), rng)

            clean, other = (world.ledger(f"{name}-{case}")[-1] for name in ("clean", "other"))
            assert (clean.log_odds, clean.contributions) == (other.log_odds, other.contributions)
            moves = [[m.stage for m in world.moves(f"{name}-{case}")] for name in ("clean", "other")]
            if moves[0] == moves[1]:
                shown = [world.standing(f"{name}-{case}") for name in ("clean", "other")]
                assert as_shown(shown[0]) == as_shown(shown[1])


def as_shown(row):
    return (row.score, row.probability, row.fit, row.engagement, row.stage, row.reasons)


def something(world, rng: random.Random, day: float) -> None:
    """One thing that happens to a lead; what is refused changes nothing."""
    lead_id = rng.choice(LEADS)
    do = rng.randrange(12)
    try:
        if do < 5:
            send(world.store, event(lead_id, day, rng.choice(KINDS)), day=day)
        elif do < 7:
            kind = rng.choice(OUTCOMES)
            send(world.store, event(lead_id, day - rng.choice([0, 0, 3]), kind, reason="bad_timing"), day=day)
        elif do == 7:
            by = rng.choice(["crm", "k7"])
            wanted = StageSet(lead_id=lead_id, stage=rng.choice(list(Stage)), by=by)
            world.do(lambda write: set_stage(write, wanted), day=day)
        elif do == 8:
            world.do(lambda write: take_back(write, lead_id, by=rng.choice(["crm", "k7"])), day=day)
        elif do == 9:
            allow(world.store, lead_id, rng.choice(["marketing", "profiling"]), rng.random() < 0.6, day=day)
        elif do == 10:
            told(world.store, lead_id, day=day, industry=rng.choice(["software", "retail"]))
        elif rng.random() < 0.2:
            other = rng.choice(LEADS)
            world.do(lambda write: merge(write, lead_id, other), day=day)
    except RipenessError:
        pass
    if rng.random() < 0.5:
        world.score(day=day)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_whatever_happens_the_books_agree(kind, tmp_path):
    with open_store(kind, tmp_path) as store:
        for case in range(CASES if kind == "sqlite" else max(1, CASES // 3)):
            rng = random.Random(1000 + case)  # noqa: S311  # no secret
            world = world_on(emptied(store))
            day = 1.0
            for _ in range(40):
                something(world, rng, day)
                day += rng.choice([0.0, 0.5, 3, 20]) * rng.random()
            world.score(day=day)
            world.store.write(tell_breaches, act(day + 30))
            check_books(world)


def check_books(world) -> None:
    assert world.due() == []
    for lead_id in LEADS:
        check_moves(world, lead_id)
        check_hand_offs(world, lead_id)
        check_bands(world, lead_id)
        shown, entries = world.standing(lead_id), world.ledger(lead_id)
        if shown is not None:
            assert shown.ledger_id == entries[-1].id
            assert shown.score == entries[-1].score
            assert Stage(shown.stage).rank < Stage.CUSTOMER.rank
    told_of = Counter(kind for kind, _, _ in world.notices())
    assert told_of["stage.changed"] == len(world.rows(stage_moves))


def check_moves(world, lead_id: str) -> None:
    """Each move starts where the one before ended, and the policy's have a score that they were made by."""
    stages = {entry.id: entry.stage for entry in world.ledger(lead_id)}
    last = None
    for move in sorted(world.moves(lead_id), key=lambda m: (m.happened_at, m.known_at, m.id)):
        because = orjson.loads(move.because)
        if move.by == "policy" and because.get("code") != "merged":
            assert stages[because["ledger_id"]] == move.stage
        assert move.previous == (last or "lead")
        assert move.stage != move.previous or because.get("code") in ("reopened", "undone", "set", "fact")
        last = move.stage


def check_hand_offs(world, lead_id: str) -> None:
    """One at most is open, none while another was, and each beginning, ending and breach was told once."""
    rows = world.hand_offs(lead_id)
    still = [row for row in rows if row.ended_at is None]
    assert len(still) <= 1
    for before, after in pairwise(rows):
        assert before.ended_at <= after.offered_at
    told = Counter((kind, data["hand_off_id"]) for kind, lead, data in world.notices() if "hand_off_id" in data)
    for row in rows:
        assert told["hand_off.offered", row.id] in (1, 2)
        assert told["hand_off.ended", row.id] == (row.ended_at is not None)
        assert told["hand_off.breached", row.id] == row.breach_told
    if still:
        assert world.standing(lead_id) is not None


def check_bands(world, lead_id: str) -> None:
    """What was told of bands leads from one to the next."""
    told = [data for kind, lead, data in world.notices("band.changed") if lead == lead_id]
    assert all(one["previous"] != one["band"] for one in told)
    shown = world.standing(lead_id)
    if told and shown is not None and len(world.ledger(lead_id)) > 1:
        assert shown.band in ("hot", "warm", "cold")
