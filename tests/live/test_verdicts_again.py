"""A verdict that a sender repeats, for it did not hear the answer, is one verdict; one said anew is another."""

import orjson
import pytest

from features.stages import Stage
from serving.live.feedback import take_verdict
from serving.live.stages import StageSet, set_stage
from serving.store.events import NewEvent
from serving.store.live_schema import hand_offs, notices
from serving.store.schema import events, stage_moves
from support.stores import at, event, send, told

MINUTES = 1 / 1_440  #: in days


def says(world, *, minutes, kind="sales_rejected", reason="bad_timing", event_id=None):
    """Sales says it so long after the lead was offered; how it is answered."""
    reason = reason if kind == "sales_rejected" else None
    verdict = NewEvent(lead_id="a", kind=kind, happened_at=None, actor="seller", reason=reason, event_id=event_id)
    return world.do(lambda write: take_verdict(write, verdict, by="rep-1"), day=3 + minutes * MINUTES)


@pytest.fixture
def offered(world):
    told(world.store, "a", day=1, created=1, industry="software")
    send(world.store, event("a", 3, "demo_request"), day=3)
    world.score(day=3)
    return world


def verdicts(world):
    return [row.kind for row in world.rows(events) if row.kind.startswith("sales_")]


@pytest.mark.parametrize("kind", ["sales_accepted", "sales_rejected"])
def test_the_same_within_minutes_is_a_duplicate_by_the_id_of_the_first(offered, kind):
    _, stored = says(offered, minutes=1, kind=kind)
    again, duplicate = says(offered, minutes=2, kind=kind)

    assert (stored, duplicate) == ("stored", "duplicate")
    assert again.event_id is not None
    assert [again.event_id] == [row.event_id for row in offered.rows(events) if row.kind == kind]
    assert verdicts(offered) == [kind]


@pytest.mark.parametrize(
    "change",
    [{"minutes": 12}, {"minutes": 2, "reason": "no_intent"}, {"minutes": 2, "event_id": "mine"}],
    ids=["later", "another reason", "an id of its own"],
)
def test_what_is_said_anew_is_a_verdict_of_its_own(offered, change):
    says(offered, minutes=1)
    assert says(offered, **change)[1] == "stored"
    assert len(verdicts(offered)) == 2


def test_after_a_stage_that_was_set_the_same_rejection_counts_again(offered):
    says(offered, minutes=1)
    stage = StageSet(lead_id="a", stage=Stage.OPPORTUNITY, by="rep-1")
    offered.do(lambda write: set_stage(write, stage), day=3 + 2 * MINUTES)
    assert says(offered, minutes=3)[1] == "stored"


def test_the_last_of_verdicts_that_contradict_each_other_holds_for_lead_and_hand_off_alike(offered):
    says(offered, minutes=1, kind="sales_rejected")
    (first,) = offered.rows(hand_offs)
    says(offered, minutes=2, kind="sales_accepted")
    (second,) = offered.rows(hand_offs)

    assert (first.ending, first.reason) == ("rejected", "bad_timing")
    assert (second.ending, second.reason, second.ended_at) == ("accepted", None, first.ended_at)
    assert [row.stage for row in offered.rows(stage_moves)][-1] == "sales_qualified"
    told_of = [orjson.loads(row.data)["ending"] for row in offered.rows(notices) if row.kind == "hand_off.ended"]
    assert told_of == ["rejected", "accepted"]


def test_a_verdict_from_before_the_answer_changes_nothing_of_it(offered):
    says(offered, minutes=5, kind="sales_accepted")
    late = NewEvent(lead_id="a", kind="sales_rejected", happened_at=at(3 + MINUTES), actor="seller", reason="other")
    offered.do(lambda write: take_verdict(write, late, by="rep-2"), day=3.5)
    (found,) = offered.rows(hand_offs)
    assert (found.ending, found.reason) == ("accepted", None)
