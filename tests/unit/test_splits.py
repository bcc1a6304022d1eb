"""Train before calibrate before test, a horizon between, no lead twice, and no bias from that."""

import numpy as np
import pytest

from features.clock import days
from features.errors import NotEnoughData
from features.settings import parse_settings
from features.tables import Export, Pairs
from support.exports import export_of, moment
from training.cohort import cohort
from training.outcomes import labels
from training.splits import CALIBRATE, TEST, TRAIN, split

HORIZON = 30


def long_lived_company(seed: int, leads: int = 6000) -> Export:
    """Leads that come in over two years and close after very different times: many cross the split."""
    luck = np.random.default_rng(seed)
    created = moment("2024-01-01") + (luck.random(leads) * 730 * days(1)).astype(int)
    closed = created + (luck.exponential(120, leads) * days(1)).astype(int)
    return export_of(
        leads=[
            {"lead_id": str(i), "created_at": int(c), "account_id": f"account {i // 2}" if i % 3 else None}
            for i, c in enumerate(created)
        ],
        outcomes=[
            {"lead_id": str(i), "kind": "closed_won" if luck.random() < 0.4 else "closed_lost", "happened_at": int(t)}
            for i, t in enumerate(closed)
        ],
        data_end="2026-01-01",
    )


@pytest.fixture(scope="module")
def company() -> tuple[Export, Pairs, np.ndarray]:
    export = long_lived_company(1)
    pairs = cohort(export, SETTINGS).pairs
    return export, pairs, labels(export, pairs.lead, pairs.as_of, days(HORIZON))


SETTINGS = parse_settings(f"[outcome]\nhorizon_days = {HORIZON}")


def test_periods_follow_each_other_with_a_horizon_between(company):
    export, pairs, label = company
    made = split(export, pairs, label, SETTINGS)
    train, calibrate, test = (pairs.as_of[made.part == part] for part in (TRAIN, CALIBRATE, TEST))
    assert len(train) and len(calibrate) and len(test)
    assert train.max() + days(HORIZON) <= calibrate.min()
    assert calibrate.max() + days(HORIZON) <= test.min()


def test_no_lead_and_no_account_is_in_two_parts(company):
    export, pairs, label = company
    made = split(export, pairs, label, SETTINGS)
    account = export.leads["account_id"].fillna("lead " + export.leads["lead_id"]).to_numpy()[pairs.lead]
    parts_of = {}
    for name, part in zip(account, made.part, strict=True):
        if part >= 0:
            parts_of.setdefault(name, set()).add(int(part))
    assert max(map(len, parts_of.values())) == 1


def test_weights_undo_the_bias_of_giving_each_lead_one_part(company):
    """Without weights, the share of wins among the kept pairs is off; with them it is that of the whole period."""
    export, pairs, label = company
    off, weighted_off = [], []
    for seed in range(40):
        chosen = SETTINGS.model_copy(update={"model": SETTINGS.model.model_copy(update={"seed": seed})})
        made = split(export, pairs, label, chosen)
        kept = made.part == TEST
        whole = label[(pairs.as_of > made.periods.test_after) & (pairs.as_of <= made.periods.test_until)].mean()
        off.append(label[kept].mean() - whole)
        weighted_off.append(np.average(label[kept], weights=made.weight[kept]) - whole)
    error = np.std(weighted_off) / np.sqrt(len(weighted_off))
    assert abs(np.mean(weighted_off)) < 4 * error
    assert abs(np.mean(off)) > 5 * np.std(off) / np.sqrt(len(off))


def test_configured_dates_that_leave_no_horizon_between_are_refused(company):
    export, pairs, label = company
    text = """
        [outcome]
        horizon_days = 30
        [split]
        train_until = 2025-06-01T00:00:00Z
        test_after = 2025-06-11T00:00:00Z
    """
    with pytest.raises(NotEnoughData, match="20 days short of the horizon"):
        split(export, pairs, label, parse_settings(text))


def test_too_few_wins_name_the_part_and_the_remedy(company):
    export, pairs, _ = company
    with pytest.raises(NotEnoughData, match=r"training has 0 won and \d+ not won leads"):
        split(export, pairs, np.zeros(len(pairs)), SETTINGS)


def test_a_flat_export_is_cut_by_its_order():
    export = export_of(
        leads=[{"lead_id": str(i), "label": float(i % 2), "order": 1000 - i} for i in range(200)], flat=True
    )
    pairs = cohort(export, SETTINGS).pairs
    label = labels(export, pairs.lead, pairs.as_of, 0)
    made = split(export, pairs, label, SETTINGS)
    order = export.leads["order"].to_numpy()[pairs.lead]
    assert order[made.part == TRAIN].max() < order[made.part == TEST].min()
    assert (made.part == TRAIN).sum() == 160


def test_a_flat_export_that_is_sorted_by_its_result_is_told_what_to_name():
    export = export_of(leads=[{"lead_id": str(i), "label": float(i < 160), "order": i} for i in range(200)], flat=True)
    pairs = cohort(export, SETTINGS).pairs
    with pytest.raises(NotEnoughData, match=r"training has 160 won and 0 not won .* name a column that runs with time"):
        split(export, pairs, labels(export, pairs.lead, pairs.as_of, 0), SETTINGS)
