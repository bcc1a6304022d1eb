"""The backtest sees the past only, stands where it says, and counts every account once."""

from itertools import pairwise

import numpy as np
import pytest

from features.clock import days
from features.settings import Settings
from features.tables import Export
from support.exports import export_of
from training.backtest import Backtest, backtest
from training.cohort import Cohort, cohort
from training.origins import before_the_test, choose_origins, split_at
from training.outcomes import labels
from training.simulate import simulate
from training.splits import TEST, TRAIN, split

LEADS = 900


def quick(settings: Settings, **model: object) -> Settings:
    update = {"bootstrap_rounds": 20, "linear_strengths": (0.1,), "max_trees": 30, "min_wins_for_trees": 60} | model
    return settings.model_copy(update={"model": settings.model.model_copy(update=update)})


def flat_company(seed: int = 0, effect: float = 1.5) -> Export:
    luck = np.random.default_rng(seed)
    visits, source = luck.poisson(3, LEADS), luck.choice(["web", "fair", "list"], LEADS)
    chance = 1 / (1 + np.exp(1.5 - effect * (visits - 3) / 2 - effect * (source == "fair")))
    won = luck.random(LEADS) < chance
    rows = zip(visits, source, won, strict=True)
    return export_of(
        leads=[
            {"lead_id": str(i), "account_id": f"A{i // 2}", "visits": str(v), "source": s, "label": float(w)}
            for i, (v, s, w) in enumerate(rows)
        ],
        flat=True,
        data_end=LEADS - 1,
    )


def prepared(export: Export, settings: Settings) -> tuple[Cohort, np.ndarray, int]:
    chosen = cohort(export, settings)
    horizon = 0 if export.flat else days(settings.outcome.horizon_days)
    label = labels(export, chosen.pairs.lead, chosen.pairs.as_of, horizon)
    return chosen, label, before_the_test(split(export, chosen.pairs, label, settings).periods)


@pytest.fixture(scope="module")
def flat() -> tuple[Export, Settings, Cohort, np.ndarray, int]:
    export, settings = flat_company(), quick(Settings())
    return (export, settings, *prepared(export, settings))


@pytest.fixture(scope="module")
def found(flat) -> Backtest:
    return run(flat)


def run(flat, label=None) -> Backtest:
    export, settings, chosen, own, until = flat
    made = backtest(export, settings, chosen, own if label is None else label, until=until, wanted=3)
    assert made is not None
    return made


def test_each_origin_trains_on_the_past_a_horizon_before_it_tests():
    company = simulate(seed=4, leads=1500, months=24, planted_leak=False)
    export, settings = company.export, quick(company.settings)
    chosen, label, until = prepared(export, settings)
    found = choose_origins(export, chosen, label, settings, until=until, wanted=3)
    gap = days(settings.outcome.horizon_days)
    assert [o.number for o in found] == [1, 2, 3]
    assert all(o.train_until + gap == o.test_after < o.test_until for o in found)
    assert all(a.test_until == b.test_after for a, b in pairwise(found))
    assert found[-1].test_until <= until
    for origin in found:
        part, _, parts = split_at(origin, export, chosen, label, settings)
        train, test = (part.pairs.as_of[parts.part == code] for code in (TRAIN, TEST))
        assert train.max() + gap <= origin.test_after < test.min() and test.max() <= origin.test_until
        assert not set(parts.group[parts.part == TRAIN]) & set(parts.group[parts.part == TEST])


def test_a_flat_export_is_cut_by_its_order(flat, found: Backtest):
    for answered in found.answered:
        assert answered.train.as_of.max() <= answered.origin.test_after < answered.test.as_of.min()
        assert not set(answered.train.group) & set(answered.test.group)
    assert found.answered[-1].test.as_of.max() <= flat[-1]
    assert len(found.answered[0].train) < len(found.answered[1].train) < len(found.answered[2].train)


def test_nothing_of_the_test_period_reaches_the_backtest(flat, found: Backtest):
    _, _, chosen, label, until = flat
    turned = np.where(chosen.pairs.as_of > until, 1 - label, label)
    assert (turned != label).any()
    assert run(flat, turned).to_dict() == found.to_dict()


def test_an_origin_knows_nothing_of_the_next_period(flat, found: Backtest):
    _, _, chosen, label, _ = flat
    last = found.answered[-1].origin
    turned = np.where(chosen.pairs.as_of > last.test_after, 1 - label, label)
    other = run(flat, turned)
    for mine, theirs in zip(found.answered, other.answered, strict=True):
        assert (mine.log_odds["both"] == theirs.log_odds["both"]).all()
    assert other.at("both", 2, "ROC AUC").value == pytest.approx(1 - found.at("both", 2, "ROC AUC").value)


def test_all_contestants_stand_in_one_table_with_means(found: Backtest):
    assert list(found.draws) == ["constant", "naive_bayes", "linear", "trees", "both"] or "trees" not in found.draws
    each = [found.at("both", i, "ROC AUC").value for i in range(3)]
    assert found.mean("both", "ROC AUC").value == pytest.approx(np.mean(each))
    assert found.mean("constant", "ROC AUC").value == 0.5
    assert found.ahead("constant").low > 0.1
    assert found.ahead("both").low == found.ahead("both").high == 0


def test_where_there_is_no_skill_everybody_gets_the_share_of_wins_and_it_is_said():
    export, settings = flat_company(seed=5, effect=0.0), quick(Settings())
    chosen, label, until = prepared(export, settings)
    noise = backtest(export, settings, chosen, label, until=until, wanted=3)
    assert noise is not None
    for answered in noise.answered:
        noted = [n for n in noise.notes if n.startswith(f"origin {answered.origin.number}: no skill")]
        assert (len(set(answered.log_odds["both"])) == 1) == ("both experts" in "".join(noted))
    assert noise.notes
    assert noise.mean("both", "ROC AUC").interval.low <= 0.5


def test_too_short_a_past_gives_fewer_origins_or_none(flat):
    export, settings, chosen, label, until = flat
    assert backtest(export, settings, chosen, label, until=20, wanted=3) is None
    few = choose_origins(export, chosen, label, settings, until=until, wanted=24)
    assert 0 < len(few) < 24
