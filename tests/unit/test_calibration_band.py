"""The band around a promise: as wide as luck, not wider, and narrower with more leads."""

import numpy as np
from scipy.special import expit, logit

from training.calibration_band import Calibration, consistency_band
from training.metrics import Ranked


def test_the_band_holds_what_luck_gives_to_a_right_promise():
    luck = np.random.default_rng(0)
    for probability, cases in ((0.02, 400), (0.2, 60), (0.6, 35)):
        low, high = consistency_band(probability, cases)
        shares = luck.binomial(cases, probability, 20_000) / cases
        inside = ((shares >= low) & (shares <= high)).mean()
        assert 0.95 <= inside <= 0.985
        assert low < probability < high


def test_more_leads_make_it_narrower():
    widths = [high - low for low, high in (consistency_band(0.1, n) for n in (50, 500, 5000))]
    assert widths[0] > 2 * widths[1] > 4 * widths[2]


def promised(factor: float, leads: int = 4000, pairs: int = 1) -> Calibration:
    """Log-odds that are `factor` times the truth."""
    luck = np.random.default_rng(1)
    truth = luck.normal(-2, 1, leads)
    won = (luck.random(leads) < expit(truth)).astype(float)
    each = (np.repeat(values, pairs) for values in (won, factor * truth, np.arange(leads)))
    label, log_odds, groups = each
    return Calibration.of(Ranked.of(label, log_odds), groups)


def test_a_right_model_keeps_its_promises_and_an_overconfident_one_does_not():
    assert sum(not p.kept for p in promised(1.0).promises) <= 1
    wrong = promised(0.4)
    assert sum(p.kept for p in wrong.promises) <= 3
    assert "too much" in wrong.verdict() and "too little" in wrong.verdict()


def test_five_pairs_of_one_lead_count_as_one_case():
    one, five = promised(1.0, 800), promised(1.0, 800, pairs=5)
    assert sum(p.cases for p in one.promises) == 800
    assert max(p.cases for p in five.promises) <= 800
    assert sum(not p.kept for p in five.promises) <= 1


def test_the_band_holds_what_luck_gives_where_some_leads_have_many_pairs():
    luck = np.random.default_rng(2)
    pairs = np.where(np.arange(600) % 5 == 0, 8, 1)
    truth = luck.normal(-1.5, 0.7, 600)
    groups = np.repeat(np.arange(600), pairs)
    kept = []
    for _ in range(150):
        won = np.repeat(luck.random(600) < expit(truth), pairs)
        told = Calibration.of(Ranked.of(won, np.repeat(truth, pairs)), groups)
        kept += [promise.kept for promise in told.promises]
    assert np.mean(kept) >= 0.945


def test_a_share_outside_is_named_by_its_side():
    label = np.r_[np.ones(40), np.zeros(160)]
    told = Calibration.of(Ranked.of(label, np.full(200, logit(0.1))), np.arange(200))
    assert not told.promises[0].kept
    assert (
        told.verdict()
        == "0 of 1 bins lie inside the band that luck alone would give; 0 promise too much, 1 too little."
    )


def test_thirty_wins_give_at_least_three_bins_although_fewer_were_expected():
    log_odds = np.linspace(-6, -2, 900)
    for won, bins in ((30, 3), (29, 1)):
        label = np.zeros(900)
        label[np.linspace(300, 899, won).astype(int)] = 1
        told = Calibration.of(Ranked.of(label, log_odds - 1.2), np.arange(900))
        assert told.wins == won
        assert len(told.promises) == bins
        assert ("Too few wins for a curve: 29 leads" in told.verdict()) == (won < 30)


def test_wins_of_one_account_are_one_win():
    label = np.r_[np.ones(40), np.zeros(160)]
    told = Calibration.of(Ranked.of(label, np.linspace(-1, -3, 200)), np.arange(200) // 2)
    assert told.wins == 20
    assert "Too few wins" in told.verdict()
