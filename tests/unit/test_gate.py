"""The gate lets a better model through, names what fails otherwise, and is not fooled by luck or age."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from features.errors import NotComparable, NotEnoughData
from features.settings import Gate
from features.tables import Pairs
from support.quick_models import quick, quick_settings
from training.gate import gate, judge
from training.recent import Recent

RULES = Gate(rounds=100)


def window(seed: int, *, leads: int = 1200, base: float = -2.0):
    """Leads with one pair each whose log-odds of being won are `truth`."""
    luck = np.random.default_rng(seed)
    truth = luck.normal(base, 1.2, leads)
    won = (luck.random(leads) < expit(truth)).astype(float)
    pairs = Pairs(lead=np.arange(leads), as_of=np.arange(leads))
    recent = Recent(pairs=pairs, label=won, weight=np.ones(leads), group=np.arange(leads), when="then")
    return recent, truth, luck


def verdict(recent, champion, challenger, masks=None, rules=RULES):
    return judge(recent, (champion, challenger), masks or {}, rules, seed=3).verdict


def blurred(truth, luck, noise):
    """A calibrated model that knows the truth but for noise of this size, given what it sees."""
    seen = truth + luck.normal(0, noise, len(truth))
    share = truth.var() / (truth.var() + noise**2)
    return truth.mean() + share * (seen - truth.mean())


def names(said) -> list[str]:
    return [condition.name for condition in said.failed]


def test_a_model_that_knows_more_is_let_through():
    recent, truth, luck = window(1)
    said = verdict(recent, blurred(truth, luck, 1.5), truth)
    assert said.promote
    assert "may be promoted" in said.sentence()


def test_age_alone_never_promotes():
    recent, truth, _ = window(2)
    said = verdict(recent, truth, truth.copy())
    assert names(said) == ["better in log loss or PR AUC"]
    assert "+0.0000 (+0.0000 to +0.0000)" in said.sentence()
    assert not re.search(r"-0\.0+\b", " ".join(condition.line() for condition in said.conditions))


def test_a_worse_model_is_refused_with_every_reason_and_its_numbers():
    recent, truth, luck = window(3)
    said = verdict(recent, truth, blurred(truth, luck, 1.5))
    assert {"log loss no worse", "PR AUC no worse", "better in log loss or PR AUC"} <= set(names(said))
    assert re.search(r"its interval may reach -0\.\d{4}, no farther", said.sentence())


def test_better_ranking_with_wrong_probabilities_is_refused_for_its_calibration():
    recent, truth, luck = window(4)
    said = verdict(recent, blurred(truth, luck, 2.0), truth + 0.6)
    assert "expected / observed no farther from 1" in names(said)
    extreme = truth.mean() + 1.7 * (truth - truth.mean())
    assert "calibration slope no farther from 1" in names(verdict(recent, blurred(truth, luck, 2.0), extreme))


def test_a_champion_that_gives_everybody_one_number_can_be_displaced():
    recent, truth, _ = window(4)
    constant = np.full(len(truth), truth.mean())
    said = verdict(recent, constant, truth)
    assert said.promote
    assert "can't tell leads apart" in " ".join(condition.says for condition in said.conditions)
    assert "calibration slope no farther from 1" in names(verdict(recent, truth, constant))


def test_a_slice_that_is_served_worse_is_named():
    recent, truth, luck = window(5, leads=3000)
    partner = np.arange(3000) % 6 == 0
    challenger = np.where(partner, blurred(truth, luck, 4.0), truth)
    said = verdict(recent, blurred(truth, luck, 1.5), challenger, {"source: Partner": partner, "rest": ~partner})
    assert names(said) == ["log loss of source: Partner not worse"]


def test_a_slice_with_few_wins_is_no_condition():
    recent, truth, luck = window(5)
    few = np.zeros(1200, dtype=bool)
    few[np.flatnonzero(recent.label == 1)[:10]] = True
    said = verdict(recent, blurred(truth, luck, 1.5), np.where(few, truth - 3, truth), {"few": few})
    assert not any(condition.slice for condition in said.conditions)


def test_too_few_recent_wins_are_said_before_any_figure():
    recent, truth, _ = window(6, leads=100, base=-4.0)
    said = verdict(recent, truth - 1, truth)
    assert names(said) == ["recent wins"]
    assert len(said.conditions) == 1
    assert "at least 30 are needed" in said.sentence()


def test_wins_are_counted_by_lead_and_leads_are_resampled_whole():
    recent, truth, luck = window(7, leads=150)
    champion = blurred(truth, luck, 1.0)
    often = Recent(
        pairs=Pairs(lead=np.repeat(recent.pairs.lead, 8), as_of=np.arange(1200)),
        label=np.repeat(recent.label, 8),
        weight=np.ones(1200),
        group=np.repeat(recent.group, 8),
        when="then",
    )
    assert often.wins() == recent.wins()
    once, eight = (
        judge(w, (np.repeat(champion, n), np.repeat(truth, n)), {}, replace_rules(min_recent_wins=5), seed=1)
        for w, n in ((recent, 1), (often, 8))
    )
    assert eight.figures["log loss"].difference.low == pytest.approx(once.figures["log loss"].difference.low, abs=1e-9)


def replace_rules(**changes) -> Gate:
    return RULES.model_copy(update=changes)


def test_two_equally_good_models_are_rarely_promoted_and_a_better_one_mostly():
    equal, better = 0, 0
    for seed in range(40):
        recent, truth, luck = window(1000 + seed, leads=1200)
        champion, challenger = blurred(truth, luck, 1.0), blurred(truth, luck, 1.0)
        equal += verdict(recent, champion, challenger).promote
        better += verdict(recent, blurred(truth, luck, 2.5), challenger).promote
    assert equal <= 40 * (0.05 + 2 * np.sqrt(0.05 * 0.95 / 40))
    assert better >= 32


def test_real_models_are_judged_each_by_its_own_view():
    q = quick()
    contest = gate(q.champion, q.challenger, q.export, q.settings)
    assert len(q.champion.view.names) < len(q.challenger.view.names)
    assert contest.verdict.promote, contest.verdict.sentence()
    back = gate(q.challenger, q.champion, q.export, q.settings)
    assert not back.verdict.promote
    loss, ssol = contest.figures["log loss"].difference, back.figures["log loss"].difference
    assert (loss.low, loss.value, loss.high) == pytest.approx((-ssol.high, -ssol.value, -ssol.low), abs=1e-12)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"outcome": {"horizon_days": 30}}, "horizon_days is 60.0, the settings' 30.0"),
        ({"company": {"name": "Another"}}, "company is"),
        ({"cohort": {"mode": "ages"}}, "cohort mode is 'snapshots', the settings' 'ages'"),
        ({"outcome": {"reporting_delay_days": 3}}, "reporting_delay_days"),
    ],
)
def test_another_question_is_no_comparison(changes, says):
    q = quick()
    with pytest.raises(NotComparable, match="different questions") as refused:
        gate(q.champion, q.challenger, q.export, quick_settings(q.settings, **changes))
    assert says in str(refused.value)


def test_models_of_different_horizons_are_told_apart_even_by_old_cards():
    q = quick()
    old = replace(q.challenger, horizon_days=30.0, card={**q.challenger.card, "question": {}})
    with pytest.raises(NotComparable, match=r"The champion's horizon_days is 60.0, the challenger's 30.0"):
        gate(q.champion, old, q.export, q.settings)


def test_a_card_that_tells_nothing_can_not_be_compared():
    q = quick()
    with pytest.raises(NotComparable, match="until when it learned"):
        gate(replace(q.champion, card={}), q.challenger, q.export, q.settings)


def test_only_leads_later_than_all_that_either_learned_from_take_part():
    q = quick()
    contest = gate(q.champion, q.challenger, q.export, q.settings)
    later = "2026-05-01T00:00:00Z"
    learned_more = replace(q.champion, card={**q.champion.card, "parts": {"train": {"won": 200, "until": later}}})
    fewer = gate(learned_more, q.challenger, q.export, q.settings)
    assert 0 < len(fewer.recent) < len(contest.recent)
    first = np.datetime64(int(fewer.recent.pairs.as_of.min()), "us")
    assert first > np.datetime64("2026-05-01") + np.timedelta64(60, "D")
    assert any("champion learned from later leads" in note for note in fewer.verdict.notes)
    assert not any("champion learned from later leads" in note for note in contest.verdict.notes)
    everything = replace(
        q.champion, card={**q.champion.card, "parts": {"train": {"won": 200, "until": "2026-12-30T00:00:00Z"}}}
    )
    with pytest.raises(NotEnoughData, match="compare again when more have matured"):
        gate(everything, q.challenger, q.export, q.settings)
