"""Which leads are scored when; the slow oracle walks every lead and every snapshot by plain loops."""

import numpy as np
import pytest

from features.clock import days
from features.errors import NotEnoughData
from features.settings import Settings, parse_settings
from features.tables import Export
from support.exports import export_of, moment
from training.cohort import cohort
from training.outcomes import labels, won_at


def settings(text: str = "") -> Settings:
    return parse_settings(text)


def random_company(seed: int, leads: int = 60) -> Export:
    luck = np.random.default_rng(seed)
    start = moment("2025-01-01")
    created = start + luck.integers(0, 300, leads) * days(1) + luck.integers(0, days(1), leads)
    closed = created + (luck.exponential(60, leads) * days(1)).astype(int)
    result = luck.choice(["closed_won", "closed_lost", "open"], leads)
    return export_of(
        leads=[{"lead_id": str(i), "created_at": int(c)} for i, c in enumerate(created)],
        outcomes=[
            {"lead_id": str(i), "kind": kind, "happened_at": int(at)}
            for i, (kind, at) in enumerate(zip(result, closed, strict=True))
            if kind != "open"
        ],
        data_end="2026-01-01",
    )


def slow_snapshots(export: Export, horizon: float, every: float, delay: float) -> set[tuple[int, int]]:
    """Every (lead, as_of) that a person would list by hand."""
    pairs = set()
    as_of = export.data_end - days(horizon) - days(delay)
    while as_of >= export.leads["created_at"].min():
        for lead, created in enumerate(export.leads["created_at"]):
            own = export.outcomes[export.outcomes["lead"] == lead]
            closed = [at for at in own["happened_at"] if at <= as_of]
            if created <= as_of and not closed:
                pairs.add((lead, as_of))
        as_of -= days(every)
    return pairs


@pytest.mark.parametrize("seed", range(8))
def test_snapshots_are_those_that_a_slow_walk_finds(seed: int):
    export = random_company(seed)
    chosen = settings("""
        outcome = {horizon_days = 45, reporting_delay_days = 5}
        cohort = {every_days = 10, pairs_per_lead = 1000}
    """)
    found = cohort(export, chosen).pairs
    assert set(zip(found.lead.tolist(), found.as_of.tolist(), strict=True)) == slow_snapshots(export, 45, 10, 5)
    assert np.all(np.diff(found.as_of) >= 0)


@pytest.mark.parametrize("cap", [1, 2, 5])
def test_the_cap_keeps_that_many_different_snapshots_of_each_lead(cap: int):
    export = random_company(3)
    everything = cohort(export, settings("[cohort]\npairs_per_lead = 1000")).pairs
    capped = cohort(export, settings(f"[cohort]\npairs_per_lead = {cap}")).pairs
    listed = list(zip(capped.lead.tolist(), capped.as_of.tolist(), strict=True))
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(zip(everything.lead.tolist(), everything.as_of.tolist(), strict=True))
    available = np.bincount(everything.lead, minlength=60)
    assert np.array_equal(np.bincount(capped.lead, minlength=60), np.minimum(available, cap))


@pytest.mark.parametrize("cap", [1, 3])
def test_capped_pairs_stand_for_all_snapshots_of_their_lead(cap: int):
    export = random_company(5)
    everything = cohort(export, settings("[cohort]\npairs_per_lead = 1000")).pairs
    capped = cohort(export, settings(f"[cohort]\npairs_per_lead = {cap}"))
    stood_for = np.bincount(capped.pairs.lead, weights=capped.weight, minlength=60)
    assert np.array_equal(stood_for, np.bincount(everything.lead, minlength=60))


def test_every_snapshot_of_a_lead_is_drawn_equally_often():
    export = export_of(
        leads=[{"lead_id": str(i), "created_at": "2025-01-01"} for i in range(4000)], data_end="2025-06-30"
    )
    chosen = settings("[cohort]\npairs_per_lead = 1")
    pairs = cohort(export, chosen).pairs
    _, counts = np.unique(pairs.as_of, return_counts=True)
    assert len(counts) == 13
    assert np.abs(counts - 4000 / 13).max() < 5 * np.sqrt(4000 / 13)


def test_fixed_ages_need_the_lead_to_be_created_open_and_mature():
    export = export_of(
        leads=[
            {"lead_id": "scored", "created_at": "2025-01-01"},
            {"lead_id": "won on day 2", "created_at": "2025-01-01"},
            {"lead_id": "won at the moment", "created_at": "2025-01-01"},
            {"lead_id": "too young", "created_at": "2025-03-01"},
        ],
        outcomes=[
            {"lead_id": "won on day 2", "kind": "closed_won", "happened_at": "2025-01-03"},
            {"lead_id": "won at the moment", "kind": "closed_won", "happened_at": "2025-01-04"},
        ],
        data_end="2025-03-10",
    )
    found = cohort(export, settings('[cohort]\nmode = "ages"\nat_ages_days = [3]\n[outcome]\nhorizon_days = 30'))
    assert found.pairs.lead.tolist() == [0]
    assert found.pairs.as_of.tolist() == [moment("2025-01-04")]
    assert found.dropped["pairs too young to have a label (censored)"] == 1
    assert found.dropped["pairs of leads closed before they reached the age"] == 2


def test_a_label_sees_the_horizon_open_on_the_left_and_closed_on_the_right():
    as_of = moment("2025-01-10")
    at = [as_of, as_of + 1, as_of + days(30), as_of + days(30) + 1]
    export = export_of(
        leads=[{"lead_id": str(i), "created_at": "2025-01-01"} for i in range(5)],
        outcomes=[{"lead_id": str(i), "kind": "closed_won", "happened_at": t} for i, t in enumerate(at)],
    )
    lead = np.arange(5)
    assert labels(export, lead, np.full(5, as_of), days(30)).tolist() == [0, 1, 1, 0, 0]
    assert won_at(export)[:4].tolist() == at


def test_a_cohort_that_is_empty_says_what_took_the_leads_away():
    export = export_of(leads=[{"lead_id": "a", "created_at": "2025-01-01"}], data_end="2025-01-20")
    with pytest.raises(NotEnoughData, match=r"1 leads created too late to have a label.*horizon is 90 days"):
        cohort(export, settings())
