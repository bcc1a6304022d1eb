"""Moves of a lead: what the policy writes, what a person takes back, and the clock of a hand-off."""

import pytest

from features.clock import DAY, HOUR
from features.settings import Lifecycle
from features.stages import Stage
from serving.lifecycle import Because, Decision, Facts, Ground, Scored, decide
from serving.lifecycle.handoff import Band, Clock, HandOff, band_of
from serving.lifecycle.moves import Move, Standing, WrongMove, move_of, standing, undo
from support.text_tables import rows_of

POLICY = Lifecycle()
HOT = Facts(consent=True, active_days=5, idle_days=1)
ASKED = Facts(consent=True, active_days=1, idle_days=1, asked="demo_request", asked_days=1)


def move(number, stage, *, by="policy", previous=Stage.LEAD, undoes=None):
    return Move(
        lead_id="a", stage=stage, previous=previous, happened_at=number * DAY, by=by, undoes=undoes, move_id=number
    )


def test_a_lead_that_never_moved_stands_nowhere_and_nothing_can_be_undone():
    assert standing([]) == Standing()
    with pytest.raises(WrongMove, match="never moved"):
        undo([], at=0, by="key-1")


def test_the_first_move_goes_back_to_the_stage_that_it_names():
    first = move(1, Stage.MARKETING_QUALIFIED, previous=Stage.SUBSCRIBER)

    back = undo([first], at=2 * DAY, by="key-1")

    assert (back.stage, back.previous, back.undoes, back.by) == (
        Stage.SUBSCRIBER,
        Stage.MARKETING_QUALIFIED,
        1,
        "key-1",
    )


def test_a_move_without_a_stage_before_it_can_not_be_undone():
    with pytest.raises(WrongMove, match="not on record"):
        undo([move(1, Stage.LEAD, previous=None)], at=0, by="key-1")


def test_undoing_twice_takes_back_two_moves_and_never_the_same_one():
    moves = [move(1, Stage.LEAD), move(2, Stage.MARKETING_QUALIFIED), move(3, Stage.SALES_QUALIFIED)]
    for number in (4, 5):
        back = undo(moves, at=number * DAY, by="key-1")
        moves.append(move(number, back.stage, by="key-1", undoes=back.undoes))

    assert [m.undoes for m in moves] == [None, None, None, 3, 2]
    assert standing(moves) == Standing(stage=Stage.LEAD, since=DAY, by="policy", set_at=5 * DAY)


def test_the_policy_says_from_where_to_where_why_and_when():
    decision = decide(Stage.SUBSCRIBER, HOT, Scored(score=80, fit="B"), POLICY)

    made = move_of(decision, "a", at=7)

    assert (made.previous, made.stage, made.by, made.happened_at) == (
        Stage.SUBSCRIBER,
        Stage.MARKETING_QUALIFIED,
        "policy",
        7,
    )
    assert made.because["grounds"][0] == {
        "code": Because.SCORE_REACHED,
        "score": 80,
        "needed": 75,
        "stage": Stage.MARKETING_QUALIFIED,
    }


def test_a_score_offers_a_lead_to_sales_and_a_request_makes_it_theirs():
    by_score = decide(Stage.LEAD, HOT, Scored(score=95, fit="A"), POLICY)
    by_request = decide(Stage.LEAD, ASKED, Scored(score=5, fit="D"), POLICY)

    assert (by_score.recommended, by_score.moves_to) == (Stage.SALES_QUALIFIED, Stage.MARKETING_QUALIFIED)
    assert (by_request.recommended, by_request.moves_to) == (Stage.SALES_QUALIFIED, Stage.SALES_QUALIFIED)
    assert by_score.offers
    assert by_request.offers


BANDS = """
    score | asked | band
    5     | yes   | asked
    92    |       | hot
    91    |       | warm
    75    |       | warm
    74    |       | cold
"""


@pytest.mark.parametrize("case", rows_of(BANDS), ids=lambda c: str(c["score"]))
def test_the_band_is_how_warm_the_lead_is(case):
    because = (Ground(code=Because.ASKED if case["asked"] else Because.SCORE_REACHED),)
    decision = Decision(current=Stage.LEAD, recommended=Stage.SALES_QUALIFIED, because=because, action="hand_off")

    assert band_of(decision, Scored(score=float(case["score"]), fit="A"), POLICY) == case["band"]


CLOCKS = """
    band  | answered | now | clock
    asked |          | 3.9 | running
    asked |          | 4   | running
    asked |          | 4.1 | breached
    asked | 4        | 9   | in_time
    asked | 5        | 9   | late
    asked | 9        | 3   | running
    hot   |          | 24  | running
    warm  |          | 73  | breached
    cold  | 100      | 200 | in_time
"""


@pytest.mark.parametrize("case", rows_of(CLOCKS), ids=lambda c: f"{c['band']} {c['answered']} {c['now']}")
def test_the_clock_runs_by_the_hours_of_the_band(case):
    answered = case["answered"] and round(float(case["answered"]) * HOUR)
    handed = HandOff(offered_at=0, band=Band(case["band"]), answered_at=answered)

    assert handed.clock(round(float(case["now"]) * HOUR), POLICY) is Clock(case["clock"])


def test_an_answer_ends_the_waiting():
    assert HandOff(offered_at=0, band=Band.HOT).waited_days(3 * DAY) == 3
    assert HandOff(offered_at=0, band=Band.HOT, answered_at=DAY).waited_days(3 * DAY) == 1
