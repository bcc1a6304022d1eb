"""Training from very many pairs: who chooses the regularisation, and that fitting in blocks finds the same minimum."""

import numba
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from features.definitions import Attribute
from features.settings import Model
from features.view import View
from models.linear import LinearExpert, LinearInputs
from training import newton
from training.dataset import Dataset
from training.fit import MANY_PAIRS, PAIRS_TO_CHOOSE, WINS_TO_CHOOSE, choice_note, choose_strength, fit_linear, folds

NAMES = ("a", "b", "c", "d")
VIEW = View(
    definitions=(*(Attribute(field=name, encoding="number") for name in NAMES), Attribute(field="e")),
    categories={"e": ("x", "y")},
)
STRENGTHS = (1e-7, 1e-5, 1e-3, 1.0)


def pairs_of(count: int, *, seed: int, per_lead: int = 4, shift: float = -2.0) -> Dataset:
    """Leads of `per_lead` pairs each; two columns tell, one of them is missing at times."""
    luck = np.random.default_rng(seed)
    lead = np.arange(count) // per_lead
    rows = np.column_stack([luck.normal(size=(count, 4)), luck.integers(-1, 2, count)])
    truth = shift + rows[:, 0] - 0.5 * rows[:, 1] + 0.4 * (rows[:, 4] == 1)
    rows[luck.random(count) < 0.1, 2] = np.nan
    label = (luck.random(count) < 1 / (1 + np.exp(-truth))).astype(float)
    weight = luck.integers(1, 4, count).astype(float)
    return Dataset(rows=rows, label=label, weight=weight, group=lead // 2, lead=lead, as_of=np.arange(count))


@pytest.fixture(scope="module")
def many() -> Dataset:
    return pairs_of(MANY_PAIRS + 40, seed=1)


def loss(expert: LinearExpert, pairs: Dataset) -> float:
    """Weighed log loss, the slow way round."""
    p = 1 / (1 + np.exp(-expert.margins(pairs.rows)))
    return float(-np.average(np.where(pairs.label == 1, np.log(p), np.log(1 - p)), weights=pairs.weight))


def slow_expert(inputs: LinearInputs, pairs: Dataset, strength: float) -> LinearExpert:
    """scikit-learn on all pairs at once."""
    model = LogisticRegression(C=strength, solver="lbfgs", max_iter=2000, tol=1e-9)
    model.fit(inputs.matrix(pairs.rows), pairs.label, sample_weight=pairs.weight)
    return LinearExpert.from_coefficients(inputs, model.coef_[0], float(model.intercept_[0]))


def test_whole_leads_are_drawn_by_the_seed_until_pairs_and_wins_suffice(many: Dataset):
    some = many.some_leads(pairs=1000, wins=10, seed=7)
    assert 1000 <= len(some) < 1004
    assert set(np.unique(some.lead, return_counts=True)[1]) == {4}
    assert (np.diff(some.as_of) > 0).all()
    assert (some.as_of == many.some_leads(pairs=1000, wins=10, seed=7).as_of).all()
    assert (some.lead != many.some_leads(pairs=1000, wins=10, seed=8).lead[: len(some)]).any()


def test_rare_wins_draw_more_leads(many: Dataset):
    rare = pairs_of(40_000, seed=3, shift=-7)
    some = rare.some_leads(pairs=1000, wins=60, seed=1)
    assert some.wins == 60
    assert len(some) > 1000
    assert len(rare.some_leads(pairs=1000, wins=10**6, seed=1)) == len(rare)


def test_up_to_the_bound_the_choice_is_by_pairs_spread_evenly_and_beyond_it_by_leads(many: Dataset):
    """Whoever is not looked at may be spoilt: the choice stays."""
    within = many.take(np.arange(MANY_PAIRS))
    model = Model(linear_strengths=STRENGTHS)
    evenly = np.arange(MANY_PAIRS) % (MANY_PAIRS // PAIRS_TO_CHOOSE + 1) == 0
    drawn = np.isin(many.lead, many.some_leads(pairs=PAIRS_TO_CHOOSE, wins=WINS_TO_CHOOSE, seed=model.seed).lead)
    for pairs, looked_at in ((within, evenly), (many, drawn)):
        chosen = choose_strength(VIEW, pairs, model)
        others = np.where(looked_at, pairs.label, 0)
        assert choose_strength(VIEW, Dataset(**(vars(pairs) | {"label": others})), model) == chosen
        noise = np.where(looked_at, np.random.default_rng(5).integers(0, 2, len(pairs)), pairs.label).astype(float)
        assert choose_strength(VIEW, Dataset(**(vars(pairs) | {"label": noise})), model) != chosen


def test_the_strength_that_some_leads_choose_is_as_good_as_the_one_that_all_choose(many: Dataset):
    fold, later = folds(many, seed=1), pairs_of(40_000, seed=9)
    inputs = LinearInputs.of(VIEW, many.rows)
    kept, held_out = many.take(fold != 0), many.take(fold == 0)
    losses = {s: loss(slow_expert(inputs, kept, s), held_out) for s in STRENGTHS}
    by_all = slow_expert(inputs, many, min(losses, key=lambda s: losses[s]))
    by_some = fit_linear(VIEW, many, Model(linear_strengths=STRENGTHS))
    assert loss(by_some, later) == pytest.approx(loss(by_all, later), rel=1e-3)
    assert max(losses.values()) > 1.05 * min(losses.values())


@pytest.mark.parametrize("strength", [1e-5, 1e-2, 1.0])
def test_blocks_find_the_minimum_that_scikit_learn_finds(many: Dataset, strength: float):
    found = fit_linear(VIEW, many, Model(linear_strengths=(strength,)))
    slow = slow_expert(found.inputs, many, strength)
    np.testing.assert_allclose(found.coefficients, slow.coefficients, rtol=0, atol=2e-5)
    assert found.intercept == pytest.approx(slow.intercept, abs=2e-5)


def test_a_start_far_away_ends_at_the_same_minimum():
    pairs = pairs_of(20_000, seed=4)
    inputs = LinearInputs.of(VIEW, pairs.rows)
    ends = [
        newton.logistic(inputs.matrix, pairs.rows, pairs.label, pairs.weight, 0.1, np.full(len(inputs.means) + 1, at))
        for at in (0.0, 6.0, -6.0)
    ]
    np.testing.assert_allclose(ends[1], ends[0], rtol=0, atol=1e-4)
    np.testing.assert_allclose(ends[2], ends[0], rtol=0, atol=1e-4)


def test_threads_change_no_bit(many: Dataset, monkeypatch: pytest.MonkeyPatch):
    def fitted(pairs: Dataset, threads: int) -> LinearExpert:
        with threadpool_limits(limits=threads, user_api="blas"):
            return fit_linear(VIEW, pairs, Model(linear_strengths=(0.1,)))

    few = pairs_of(30_000, seed=2)
    assert fitted(few, 1) == fitted(few, 2)
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 1)
    alone = fitted(many, 1)
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 4)
    assert fitted(many, 2) == alone


def test_the_card_says_who_chose_where_not_all_did(many: Dataset):
    assert "with 10,000 of the 200,040 training pairs and 100 won leads" in str(choice_note(many, Model()))
    assert choice_note(many.take(np.arange(MANY_PAIRS)), Model()) is None
    assert choice_note(many, Model(linear_strengths=(0.1,))) is None
