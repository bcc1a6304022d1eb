"""The stated truth is true: it comes to pass, nothing in the record adds to it, nothing later changes it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from features.clock import DAY, days
from features.tables import Pairs
from training.outcomes import closed_at, labels
from training.simulate import Simulation, simulate
from training.simulation.life import STILL_OPEN
from training.simulation.truth import true_probability
from training.simulation.world import WORLD

HORIZON = 90
HITS = ("lead", "day", "activity", "happened_at")


def one_moment_each(simulated: Simulation, seed: int = 0) -> Pairs:
    """A moment of each lead's first months, chosen without a look at its future; of leads open then."""
    luck, export = np.random.default_rng(seed), simulated.export
    n = len(export.leads)
    as_of = export.leads["created_at"].to_numpy() + (luck.random(n) ** 2 * 120 * DAY).astype(np.int64)
    here = (as_of < closed_at(export)) & (as_of <= export.data_end - days(HORIZON))
    return Pairs(lead=np.flatnonzero(here), as_of=as_of[here])


@cache
def company(seed: int = 100) -> Simulation:
    return simulate(seed=seed, leads=8_000, months=15)


@cache
def answered() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Truth, oracle, label and record of many pairs, one per lead, of some companies."""
    found = []
    for seed in range(100, 103):
        simulated = company(seed)
        pairs = one_moment_each(simulated, seed)
        label = labels(simulated.export, pairs.lead, pairs.as_of, days(HORIZON))
        truth, oracle = simulated.true_probability(pairs, HORIZON), simulated.oracle_probability(pairs, HORIZON)
        found.append((truth, oracle, label, record(simulated, pairs)))
    return tuple(np.concatenate(part) for part in zip(*found, strict=True))


def record(simulated: Simulation, pairs: Pairs) -> np.ndarray:
    """Log counts of each kind known by as_of, age, fit and origin; a plain table, one row per pair."""
    asked = pd.DataFrame({"lead": pairs.lead, "as_of": pairs.as_of, "row": np.arange(len(pairs))})
    seen = simulated.export.events.merge(asked, on="lead")
    kinds = sorted(a.kind for a in WORLD.activities)
    seen = seen[(seen["known_at"] <= seen["as_of"]) & (seen["actor"] == "lead") & seen["kind"].isin(kinds)]
    counts = np.zeros((len(pairs), len(kinds)))
    np.add.at(counts, (seen["row"], np.searchsorted(kinds, seen["kind"].to_numpy(str))), 1)
    people = simulated.company.people
    age = (pairs.as_of - people.created_at[pairs.lead]) / DAY
    origin = people.origin[pairs.lead][:, None] == np.arange(len(WORLD.origins) - 1)
    return np.column_stack([np.log1p(counts), np.log1p(age), people.fit[pairs.lead], origin])


def test_true_probabilities_are_what_happens_in_each_tenth() -> None:
    truth, oracle, label, _ = answered()
    _require_calibrated(truth, label)
    _require_calibrated(oracle, label)


def _require_calibrated(p: np.ndarray, label: np.ndarray) -> None:
    tenth = np.searchsorted(np.quantile(p, np.linspace(0, 1, 11)[1:-1]), p)
    expected, won, spread = (np.bincount(tenth, weights=w, minlength=10) for w in (p, label, p * (1 - p)))
    assert ((won - expected) ** 2 / spread).sum() < chi2.ppf(0.999, df=10)


def test_probabilities_a_third_too_high_are_found_out() -> None:
    p, _, label, _ = answered()
    with pytest.raises(AssertionError):
        _require_calibrated(4 / 3 * p, label)


def test_reading_minds_ranks_better_than_the_record_allows() -> None:
    p, oracle, label, _ = answered()
    assert roc_auc_score(label, oracle) > roc_auc_score(label, p) + 0.02


def test_nothing_in_the_record_adds_to_the_truth() -> None:
    """Beside the true log-odds a regression finds no use for counts, age and attributes, beyond chance."""
    truth, _, label, x = answered()
    x, offset = (x - x.mean(axis=0)) / x.std(axis=0), logit(truth)[:, None]
    gain = 2 * (_likelihood(np.column_stack([offset, x]), label) - _likelihood(offset, label))
    assert gain < chi2.ppf(0.999, df=x.shape[1])


def test_beside_a_coarser_answer_the_record_is_of_use() -> None:
    _, _, label, x = answered()
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    gain = 2 * (_likelihood(x, label) - _likelihood(x[:, -10:], label))
    assert gain > chi2.ppf(0.999, df=x.shape[1])


def _likelihood(x: np.ndarray, y: np.ndarray) -> float:
    p = LogisticRegression(C=np.inf, solver="newton-cholesky", max_iter=100).fit(x, y).predict_proba(x)
    return float(np.log(p[np.arange(len(y)), y.astype(int)]).sum())


def test_nothing_that_comes_later_changes_a_true_probability() -> None:
    simulated, last = company(), 200
    pairs = one_moment_each(simulated)
    pairs = pairs.take(pairs.as_of < simulated.company.start + last * DAY)
    known, lives = simulated.company.hits.day < last, simulated.company.lives
    seen, possible, intent = (a.copy() for a in (lives.seen, lives.possible, lives.intent))
    seen[:, last:], possible[:, last:], intent[:, last:] = 0, 0, -1
    closed = np.where(lives.closed_day < last, lives.closed_day, STILL_OPEN)
    hits = replace(simulated.company.hits, **{f: getattr(simulated.company.hits, f)[known] for f in HITS})
    promoted = simulated.company.people.promoted_day
    cut = replace(
        simulated.company,
        lives=replace(lives, seen=seen, possible=possible, intent=intent, closed_day=closed, won=lives.won & False),
        hits=hits,
        people=replace(simulated.company.people, promoted_day=np.where(promoted < last, promoted, 10**6)),
    )
    assert len(pairs) > 1000
    assert np.array_equal(true_probability(cut, pairs, HORIZON), simulated.true_probability(pairs, HORIZON))


def test_leads_that_are_not_there_have_no_probability() -> None:
    simulated = company()
    created, closed = simulated.company.people.created_at, simulated.company.closed_at
    shut = np.flatnonzero(closed <= simulated.export.data_end)[:5]
    pairs = Pairs(lead=np.concatenate([shut, shut]), as_of=np.concatenate([created[shut] - 1, closed[shut]]))
    assert np.isnan(simulated.true_probability(pairs, HORIZON)).all()
    just_before = Pairs(lead=shut, as_of=closed[shut] - 1)
    assert np.isfinite(simulated.true_probability(just_before, HORIZON)).all()
