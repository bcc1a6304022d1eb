"""What holds of every decision, whatever the lead, the score and the policy."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from features.definitions import FirstTouch
from features.stages import Stage
from features.view import View
from serving.language import LANGUAGES, catalog
from serving.lifecycle import Action, Because, Facts, Scored, decide
from serving.lifecycle.moves import CRM, POLICY, Move, move_of, standing, undo
from serving.stage_words import QUESTIONS, action_sentence, because_sentence
from support.random_policies import answers, facts_of_leads, policies

VIEW = View(definitions=(FirstTouch(),), categories={"first_touch_channel": ("email",)})
FACTS_OF_THE_CRM = {Stage.OPPORTUNITY, Stage.CUSTOMER, Stage.EVANGELIST}
stages = st.sampled_from(Stage)
ACTIVE = Facts(consent=True, active_days=9, idle_days=0)


@given(stages, facts_of_leads, answers, policies)
def test_every_decision_is_made_in_the_same_way_each_time_and_said_in_both_languages(now, facts, answer, policy):
    decision = decide(now, facts, answer, policy)

    assert decision == decide(now, facts, answer, policy)
    assert decision.because
    for language in map(catalog, LANGUAGES):
        texts = [because_sentence(ground, VIEW, language) for ground in decision.because]
        texts.append(action_sentence(decision, tuple(QUESTIONS), language))
        assert all(text and "{" not in text for text in texts)


@given(stages, facts_of_leads, answers, policies)
def test_no_score_ever_writes_or_removes_a_fact_of_the_crm(now, facts, answer, policy):
    decision = decide(now, facts, answer, policy)

    for to in (decision.recommended, decision.moves_to):
        assert to is now if now in FACTS_OF_THE_CRM else to not in FACTS_OF_THE_CRM
    if now in FACTS_OF_THE_CRM:
        assert move_of(decision, "L-1", at=0) is None


@given(stages, facts_of_leads, answers, policies)
def test_a_score_alone_only_recommends_sales_qualified(now, facts, answer, policy):
    decision = decide(now, replace(facts, asked=None), answer, policy)

    if now is not Stage.SALES_QUALIFIED:
        assert decision.moves_to is not Stage.SALES_QUALIFIED


@given(stages, facts_of_leads, st.tuples(answers, st.floats(0, 100)), policies)
def test_a_higher_score_never_lowers_the_recommended_stage(now, facts, both, policy):
    one = both[0]
    other = replace(one, score=both[1])
    low, high = sorted((one, other), key=lambda answer: answer.score)

    assert decide(now, facts, low, policy).recommended.rank <= decide(now, facts, high, policy).recommended.rank


@given(stages, facts_of_leads, answers, policies, st.booleans())
def test_an_objection_stops_everything(now, facts, answer, policy, told):
    objecting = replace(facts, objects_to_profiling=told)
    decision = decide(now, objecting, answer if told else None, policy)

    assert (decision.action, decision.recommended, decision.topic) == (Action.SUPPRESS, now, None)
    assert [ground.code for ground in decision.because] == [Because.OBJECTED]
    assert move_of(decision, "L-1", at=0) is None


@given(stages, facts_of_leads, answers, policies, st.sampled_from(["unknown", "refused", "unsubscribed"]))
def test_nobody_is_nurtured_without_consent(now, facts, answer, policy, how):
    without = {
        "unknown": replace(facts, consent=None),
        "refused": replace(facts, consent=False),
        "unsubscribed": replace(facts, consent=True, unsubscribed_days=3),
    }[how]

    assert decide(now, without, answer, policy).action is not Action.NURTURE


def walked(stage, scores, policy, *, fit="A", stay=0.0):
    """The stages that a lead takes with these daily scores, from `stage` on, where it has been for `stay` days."""
    taken = []
    for score in scores:
        decision = decide(stage, replace(ACTIVE, stage_days=stay), Scored(score=score, fit=fit), policy)
        stay = stay + 1 if decision.moves_to is stage else 0.0
        stage = decision.moves_to
        taken.append(stage)
    return taken


@given(st.data(), policies)
def test_a_score_that_swings_between_exit_and_entry_moves_nothing(data, policy):
    band = st.floats(policy.mql_exit, policy.mql_min_score, exclude_max=True)
    scores = data.draw(st.lists(band, min_size=1, max_size=20))

    for stage in (Stage.LEAD, Stage.MARKETING_QUALIFIED):
        assert set(walked(stage, scores, policy, stay=1000.0)) == {stage}


@given(st.data(), policies)
def test_an_offer_to_sales_survives_a_score_that_swings_above_its_exit(data, policy):
    score = data.draw(st.floats(policy.sql_exit, 100))
    offered = replace(ACTIVE, offered=True)

    decision = decide(Stage.MARKETING_QUALIFIED, offered, Scored(score=score, fit="A"), policy)

    assert decision.recommended is Stage.SALES_QUALIFIED


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60), policies)
def test_no_lead_goes_back_before_it_stayed_its_days(scores, policy):
    stages = [Stage.LEAD, *walked(Stage.LEAD, scores, policy)]
    came = 0
    for day, (before, after) in enumerate(pairwise(stages)):
        if after.rank > before.rank:
            came = day
        if after.rank < before.rank:
            # The day of the move is its first: `stay` counts up from 0 on the day after.
            assert day - came - 1 >= policy.min_days_in_stage


who = st.sampled_from([POLICY, CRM, "key-1", "key-2"])


@st.composite
def histories(draw):
    """Moves of one lead, some of them taken back."""
    moves: list[Move] = []
    for i, (stage, by, back) in enumerate(draw(st.lists(st.tuples(stages, who, st.booleans()), max_size=12))):
        undoable = [m for m in moves if m.undoes is None] and standing(moves).since is not None
        if back and undoable:
            moves.append(replace(undo(moves, at=i, by=by), move_id=i))
        else:
            previous = standing(moves).stage or Stage.LEAD
            moves.append(Move(lead_id="L-1", stage=stage, previous=previous, happened_at=i, by=by, move_id=i))
    return moves


@given(histories(), stages, who)
def test_undoing_the_last_move_restores_exactly_what_was_before(moves, stage, by):
    before = standing(moves)
    made = Move(lead_id="L-1", stage=stage, previous=before.stage or Stage.LEAD, happened_at=98, by=by, move_id=98)

    back = replace(undo([*moves, made], at=99, by="key-1"), move_id=99)
    after = standing([*moves, made, back])

    assert (back.undoes, back.previous, back.stage) == (98, stage, before.stage or Stage.LEAD)
    assert (after.since, after.by) == (before.since, before.by)
    assert after.stage is (before.stage or Stage.LEAD)
    assert after.set_at == 99, "a person took it back: scores respect that for a while"
