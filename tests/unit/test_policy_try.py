"""A policy replayed over a simulated company: equal to the service asked day by day, and to the company's truth."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from commands.policy import sentences
from features.clock import DAY, days
from features.request import FactsIn
from features.rows import lead_at
from features.settings import Capacity, Lifecycle
from features.stages import Stage
from features.tables import Pairs
from serving.language import catalog
from serving.lifecycle import Facts, Scored
from serving.policy_history import OPEN, Historian, Past, Replayed, Step
from serving.policy_try import HandedOver, Trial, alternatives, calls_per_week, changed, try_policies
from serving.predict import Case, Predictor
from support.quick_models import HORIZON_DAYS, quick
from training.recent import learned_until
from training.simulate import WORLD, simulate

LEADS = 900
CAPACITY = Capacity(reps=1, calls_per_rep_per_day=1)


@pytest.fixture(scope="module")
def company():
    return quick(leads=LEADS)


@pytest.fixture(scope="module")
def time(company):
    start = learned_until(company.challenger.card) + days(HORIZON_DAYS)
    return Replayed(start=start, end=company.export.data_end)


@pytest.fixture(scope="module")
def pasts(company, time):
    history = Historian(bundle=company.challenger, settings=company.settings, export=company.export, time=time)
    return list(history.pasts())


@pytest.fixture(scope="module")
def trials(company, time, pasts):
    policies = alternatives(company.settings.lifecycle)
    return try_policies(pasts, policies, time=time, capacity=CAPACITY)


def wins_of(export, time):
    """When each lead was won in the time that is replayed, by its id, straight from the export."""
    rows = export.outcomes[export.outcomes["kind"] == "closed_won"]
    ids = export.leads["lead_id"].to_list()
    won = {ids[lead]: at for lead, at in zip(rows["lead"], rows["happened_at"], strict=True)}
    return {lead: at for lead, at in won.items() if time.start < at <= time.end}


def test_wins_found_and_missed_are_those_of_the_export(company, time, trials):
    wins = wins_of(company.export, time)
    assert len(wins) > 20

    for trial in trials:
        handed = {h.lead_id: h.at for h in trial.handed_over}
        found = {lead for lead, at in wins.items() if lead in handed and handed[lead] < at}
        assert (trial.won, trial.missed, trial.wins) == (len(found), len(wins) - len(found), len(wins))
        assert trial.won + trial.lost + trial.open == len(handed) == len(trial.handed_over)


def test_as_many_are_won_as_the_truth_behind_the_company_says(company, time, trials):
    world = replace(WORLD, won=4 * WORLD.won)
    truth = simulate(seed=1, leads=LEADS, months=24, planted_leak=False, world=world)
    horizon = days(HORIZON_DAYS)
    position = {lead_id: i for i, lead_id in enumerate(company.export.leads["lead_id"])}
    known = [h for h in trials[0].handed_over if h.at + horizon <= time.end]
    pairs = Pairs(
        lead=np.array([position[h.lead_id] for h in known]), as_of=np.array([h.at for h in known], dtype=np.int64)
    )

    chance = truth.true_probability(pairs, HORIZON_DAYS)
    won = sum(h.won_at <= h.at + horizon for h in known)

    assert len(known) > 40
    assert won == pytest.approx(chance.sum(), abs=3 * np.sqrt((chance * (1 - chance)).sum()))
    assert won / len(known) > trials[0].wins / trials[0].leads, "better than handing over everybody"


def test_the_replay_hands_over_whom_the_service_would_have_handed_over(company, pasts, trials):
    """The service is asked again and again as a CRM would: a lead, its events, and where it stands."""
    predictor = Predictor(bundle=company.challenger, version="1", settings=company.settings)
    position = {lead_id: i for i, lead_id in enumerate(company.export.leads["lead_id"])}
    handed = {h.lead_id: h.at for h in trials[0].handed_over}
    some = [p for p in pasts if p.lead_id in handed][:12] + [p for p in pasts if p.lead_id not in handed][:12]

    for past in some:
        assert handed.get(past.lead_id) == asked_of(predictor, position[past.lead_id], past, company.export)


def asked_of(predictor, position, past, export):
    """When the service first says to hand the lead over."""
    stage, since = Stage.LEAD, None
    for at in (step.as_of for step in past.steps):
        lead = lead_at(export, position, at)
        said = facts_of(export, position, at) | {"stage": stage, "stage_since": since}
        case = Case(lead=lead, as_of=at, facts=FactsIn.model_construct(**said))
        told = predictor.answer(case, catalog("en"))["stage"]
        if told["next_action"]["kind"] == "hand_off":
            return at
        if told["recommended"] != stage:
            stage, since = Stage(told["recommended"]), at
    return None


def facts_of(export, position, at):
    rows = export.outcomes[(export.outcomes["lead"] == position) & (export.outcomes["known_at"] <= at)]
    verdicts = rows[rows["kind"].isin(("sales_accepted", "sales_rejected"))]
    if not len(verdicts) or verdicts.iloc[-1]["kind"] == "sales_accepted":
        return {}
    return {"disqualified_reason": verdicts.iloc[-1]["reason"], "disqualified_at": verdicts.iloc[-1]["happened_at"]}


def test_a_request_is_handed_over_when_it_is_made_not_at_the_end_of_the_week(company, time, trials):
    asked = [h for h in trials[0].handed_over if h.asked]

    assert asked
    assert any((time.end - h.at) % (7 * DAY) for h in asked)
    assert all((time.end - h.at) % (7 * DAY) == 0 for h in trials[0].handed_over if not h.asked)


def test_a_higher_threshold_hands_over_fewer_and_finds_no_more_wins(trials):
    fit = trials[0].policy.sql_min_fit
    by_score = sorted((t for t in trials if t.policy.sql_min_fit == fit), key=lambda t: t.policy.sql_min_score)
    handed = [{h.lead_id for h in t.handed_over} for t in by_score]

    assert len(by_score) >= 6
    assert all(lower >= higher for lower, higher in pairwise(handed))
    assert [t.missed for t in by_score] == sorted(t.missed for t in by_score)


def test_the_load_is_counted_by_week_and_sales_calls_no_more_than_it_can(trials):
    trial = trials[0]

    assert sum(trial.load) == len(trial.handed_over)
    assert trial.calls_per_week == calls_per_week(CAPACITY) == 5
    assert len({h.lead_id for h in trial.called}) == len(trial.called) <= len(trial.handed_over)
    assert 0 < trial.won_called <= trial.won


TIME = Replayed(start=0, end=21 * DAY)


def handed(name, day, *, score=95, asked=False, closed=OPEN):
    return HandedOver(lead_id=name, at=round(day * DAY), asked=asked, score=score, won_at=OPEN, closed_at=closed)


def trial(*given, calls):
    return Trial(policy=Lifecycle(), time=TIME, calls_per_week=calls, handed_over=given, qualified=0, leads=9, wins=0)


def test_who_asked_is_called_first_then_the_best_scores_and_the_rest_waits_unless_it_closed():
    week = (
        handed("tepid", 1, score=93),
        handed("hot", 2, score=99),
        handed("asked", 3, score=1, asked=True),
        handed("gone", 4, score=92, closed=6 * DAY),
    )
    found = trial(*week, calls=2)

    assert [h.lead_id for h in found.called] == ["asked", "hot", "tepid"]
    assert found.load == (4, 0, 0)
    assert found.per_week == pytest.approx(4 / 3)


def past(*scores, won_at=OPEN, **facts):
    told = Facts(active_days=5, idle_days=0, **facts)
    steps = [Step((i + 1) * DAY, told, Scored(score=score, fit="A")) for i, score in enumerate(scores)]
    return Past(lead_id="a", steps=steps, won_at=won_at, closed_at=won_at)


def test_a_lead_that_was_won_before_anybody_looked_is_a_missed_win():
    (found,) = try_policies([past(won_at=DAY // 2)], [Lifecycle()], time=TIME, capacity=CAPACITY)

    assert (found.won, found.missed, found.wins, found.qualified) == (0, 1, 1, 0)


def test_leads_that_came_to_marketing_qualified_are_counted_once():
    leads = [past(80, 10, 80), past(10, 20), past(80, 95)]
    (found,) = try_policies(leads, [Lifecycle()], time=TIME, capacity=CAPACITY)

    assert (found.qualified, len(found.handed_over)) == (2, 1)


def test_other_bounds_are_tried_only_where_they_agree_with_the_policy():
    policy = Lifecycle(mql_min_score=88, sql_exit_score=91)

    found = alternatives(policy)

    assert found[0] == policy
    assert {p.sql_min_score for p in found} == {92, 95, 98}
    assert {p.sql_min_fit for p in found} == {"A", "B", "C"}
    assert changed(policy, {"sql_min_score": 89.0}) is None


def test_the_sentences_add_up(trials):
    told = " ".join(sentences(trials[0]))
    numbers = [int(n.replace(",", "")) for n in re.findall(r"hands over ([\d,]+).*? ([\d,]+) were won", told)[0]]

    assert numbers == [len(trials[0].handed_over), trials[0].won]
    assert f"misses {trials[0].missed:,} of {trials[0].wins:,} wins" in told
