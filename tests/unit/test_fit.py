"""Which pairs choose the number of trees, and what a fit without skill answers."""

import numpy as np
import pytest

from features.definitions import Attribute
from features.settings import Model
from features.view import View
from training.dataset import Dataset
from training.fit import fit, folds
from training.grow import early_and_late, grow

NUMBERS = View(definitions=(Attribute(field="a", encoding="number"), Attribute(field="b", encoding="number")))
QUICK = Model(linear_strengths=(0.1,), max_trees=30, min_leads_per_leaf=20)


def pairs_of(leads: int, per_lead: int, *, seed: int, skill: float, share: float = 0.1) -> Dataset:
    """Leads that stay for `per_lead` moments each; `skill` is the slope of the first column."""
    luck = np.random.default_rng(seed)
    lead = np.repeat(np.arange(leads), per_lead)
    as_of = lead + np.tile(np.arange(per_lead) * leads, leads) // 2
    rows = luck.normal(size=(leads, 2))[lead]
    won = luck.random(leads) < 1 / (1 + np.exp(-(np.log(share / (1 - share)) + skill * rows[::per_lead, 0])))
    order = np.argsort(as_of, kind="stable")
    made = Dataset(
        rows=rows, label=won[lead].astype(float), weight=np.ones(len(lead)), group=lead, lead=lead, as_of=as_of
    )
    return made.take(order)


def test_the_leads_that_choose_the_number_of_trees_are_as_old_as_the_latest_pairs():
    pairs = pairs_of(4000, 4, seed=1, skill=1)
    early, late = early_and_late(pairs, seed=3)
    assert not set(early.group) & set(late.group)
    here = np.arange(len(pairs)) >= 0.8 * len(pairs)
    age = (pairs.as_of - pairs.lead)[here].mean()
    assert np.average(late.as_of - late.lead, weights=late.weight) == pytest.approx(age, rel=0.05)
    assert late.weight.sum() == pytest.approx(here.sum(), rel=0.05)
    assert early.weight.sum() == pytest.approx((~here).sum(), rel=0.05)


def test_large_accounts_do_not_leave_one_tree():
    pairs = pairs_of(3000, 2, seed=2, skill=1.5)
    accounts = Dataset(**(vars(pairs) | {"group": pairs.lead % 60}))
    _, grown = grow(NUMBERS, accounts, QUICK, folds(accounts, seed=1))
    assert grown.trees > 5


@pytest.mark.parametrize(("leads", "by_later"), [(1500, False), (8000, True)])
def test_few_late_wins_choose_by_all_and_say_so(leads: int, by_later: bool):
    pairs = pairs_of(leads, 1, seed=4, skill=1)
    trees, grown = grow(NUMBERS, pairs, QUICK, folds(pairs, seed=1))
    assert grown.by_later == by_later
    assert (grown.note is None) == by_later
    assert trees.booster.num_trees() == grown.trees


def test_noise_gives_everybody_the_share_of_wins_instead_of_a_crash():
    noise = [pairs_of(400, 1, seed=seed, skill=0.0) for seed in range(12)]
    fitted = [fit(NUMBERS, pairs, None, QUICK) for pairs in noise]
    flat = [(f, p) for f, p in zip(fitted, noise, strict=True) if "both" in f.without_skill]
    assert flat, "none of twelve draws of noise ranks held-out leads upside down"
    for made, pairs in flat:
        answers = made.log_odds(pairs.rows)["both"]
        assert np.ptp(answers) == 0
        assert 1 / (1 + np.exp(-answers[0])) == pytest.approx(pairs.label.mean())


def test_a_fit_tells_how_it_was_made():
    pairs = pairs_of(1000, 1, seed=5, skill=1, share=0.03)
    made = fit(NUMBERS, pairs, None, QUICK)
    assert (made.strength, made.cross_fitted, made.experts.grown) == (0.1, True, None)
    assert not fit(NUMBERS, pairs, pairs_of(1000, 1, seed=6, skill=1), QUICK).cross_fitted
    assert not made.without_skill
