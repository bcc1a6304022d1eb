"""Leaks to plant into an honest export, and honest columns that look a little like leaks.

All are columns of the leads table without a history, as most companies export them: the value of
today, whenever it was written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from features.clock import DAY
from features.tables import Export
from training.outcomes import OPEN, closed_at, won_at

FILLED_AFTER_CLOSING = "contract_contact"  #: the simulator's own
COUNTER, STAGE = "newsletters_received", "lead_stage"
PLANTED = (FILLED_AFTER_CLOSING, COUNTER, STAGE)


def with_columns(export: Export, columns: Mapping[str, Sequence[object]]) -> Export:
    """The export with further attributes; NaN becomes None."""
    leads = export.leads.copy()
    for name, values in columns.items():
        held = np.empty(len(leads), dtype=object)
        held[:] = [None if isinstance(v, float) and np.isnan(v) else v for v in values]
        leads[name] = pd.Series(held, dtype=object)
    return replace(export, leads=leads)


def without_history(export: Export, field: str) -> Export:
    """The same export, where nobody recorded when the field changed."""
    changes = export.changes[(export.changes["field"] != field).to_numpy()].reset_index(drop=True)
    return replace(export, changes=changes, tracked=export.tracked - {field})


def counter(export: Export, seed: int) -> list[float]:
    """Newsletters received up to today: one a week on average, some leads get more than others."""
    luck = np.random.default_rng([seed, 1])
    weeks = (export.data_end - export.leads["created_at"].to_numpy(dtype=np.int64)) / DAY / 7
    return [float(n) for n in luck.poisson(weeks * luck.gamma(3, 1 / 3, len(weeks)))]


def stage(export: Export, seed: int) -> list[str]:
    """The stage of today; one closed lead in ten was never moved to its last one."""
    luck = np.random.default_rng([seed, 2])
    won, closed = won_at(export) < OPEN, closed_at(export) < OPEN
    before = luck.choice(["New", "Contacted", "Meeting held"], len(won))
    moved = closed & (luck.random(len(won)) < 0.9)
    return [str(s) for s in np.where(moved & won, "Customer", np.where(moved, "Archive", before))]


def planted(export: Export, seed: int) -> Export:
    """The simulator's leaking export without the history of its leak, with a counter and a stage besides."""
    untold = without_history(export, FILLED_AFTER_CLOSING)
    return with_columns(untold, {COUNTER: counter(export, seed), STAGE: stage(export, seed)})


def honest_columns(export: Export, seed: int) -> dict[str, Sequence[object]]:
    """Columns known at creation: telling, drifting, filled in by half, of thousands of values."""
    luck = np.random.default_rng([seed, 3])
    created = export.leads["created_at"].to_numpy(dtype=np.int64)
    leads, time = len(created), (created - created.min()) / (np.ptp(created) or 1)
    won = won_at(export) < OPEN
    strong = 1.1 * won + luck.normal(size=leads)
    form = luck.random(leads) < np.where(won, 0.85, 0.45)
    return {
        "strong": list(strong),
        "strong_class": list(np.where(strong > 1.3, "A", np.where(strong > 0.5, "B", "C"))),
        "rises_with_time": list(100 + 10 * time),
        "falls_with_time": list(np.where(time < 0.4, 4.9, np.maximum(0.7, 4.9 - 12 * (time - 0.4)))),
        "campaign_of_the_time": [f"campaign {int(40 * t)}" for t in time],
        "asked_since_summer": list(np.where(time > 0.6, luck.choice(["p", "q"], leads), None)),
        "asked_until_spring": list(np.where(time < 0.4, luck.integers(1, 90, leads).astype(float), np.nan)),
        "phone": list(np.where(form, "given", None)),
        "need": list(np.where(form, luck.choice(["a", "b"], leads), None)),
        "asked_for_a_call": list(np.where(luck.random(leads) < np.where(won, 0.4, 0.05), "yes", None)),
        "partner": list(np.where(luck.random(leads) < np.where(won, 0.08, 0.004), "Partner X", "no partner")),
        "postcode": list(luck.integers(10_000, 99_999, leads).astype(float)),
        "company_key": [f"k{n}" for n in luck.integers(0, leads // 3, leads)],
        "message": [f"hello {n:.9f} world" for n in luck.random(leads)],
        "first_visit": [
            str(pd.Timestamp(int(c - DAY * d), unit="us").date())
            for c, d in zip(created, luck.exponential(9, leads), strict=True)
        ],
        "age_of_company": list(luck.gamma(2, 12, leads)),
    }
