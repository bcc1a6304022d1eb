"""Whether the treatment of rejections hurts: trained with and without verdicts, held against all later leads.

usage: python tests/benchmarks/feedback.py [--leads 2500] [--seeds 3]

The simulator's sales gets codes as reasons, at random; what it says depends on the intent that it senses. Both
models are judged on the same later pairs of all leads, by outcomes alone.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from features.clock import days
from features.make_view import make_view
from features.rows import build_rows
from features.tables import Export
from features.verdicts import Rejection
from support.quick_models import HORIZON_DAYS, quick_company, quick_settings
from training.cohort import cohort
from training.dataset import Dataset
from training.fit import fit
from training.metrics import Ranked, expected_over_observed, log_loss, roc_auc
from training.outcomes import labels
from training.splits import groups, split

FIGURES = {"ROC AUC": roc_auc, "expected / observed": expected_over_observed, "log loss": log_loss}


def with_codes(export: Export, seed: int) -> Export:
    """The same company with a code for each rejection."""
    outcomes = export.outcomes.copy()
    rejected = (outcomes["kind"] == "sales_rejected").to_numpy()
    reasons = outcomes["reason"].to_numpy(dtype=object).copy()
    codes = np.array([reason.value for reason in Rejection], dtype=object)
    reasons[rejected] = codes[np.random.default_rng(seed).integers(0, len(codes), rejected.sum())]
    return replace(export, outcomes=outcomes.assign(reason=reasons))


def pairs_of(export: Export, settings, chosen, view, mask) -> Dataset:
    """Rows and labels of chosen pairs."""
    pairs = chosen.pairs.take(mask)
    return Dataset(
        rows=build_rows(view, export, pairs),
        label=labels(export, pairs.lead, pairs.as_of, days(HORIZON_DAYS)),
        weight=chosen.weight[mask],
        group=groups(export, pairs),
        lead=pairs.lead,
        as_of=pairs.as_of,
    )


def compare(seed: int, leads: int) -> tuple[dict[str, float], dict[str, float], float]:
    """Figures without and with verdicts, and the share of training pairs that verdicts take away."""
    company = quick_company(seed=seed, leads=leads)
    settings, told = quick_settings(company.settings), with_codes(company.export, seed)
    silent = replace(told, outcomes=told.outcomes[~told.outcomes["kind"].str.startswith("sales")])
    everything = cohort(silent, settings)
    label = labels(silent, everything.pairs.lead, everything.pairs.as_of, days(HORIZON_DAYS))
    periods = split(silent, everything.pairs, label, settings).periods
    view, _ = make_view(settings, silent, everything.pairs.take(everything.pairs.as_of <= periods.train_until))
    later = pairs_of(silent, settings, everything, view, everything.pairs.as_of > periods.test_after)
    found, sizes = [], []
    for export in (silent, told):
        chosen = cohort(export, settings)
        past = pairs_of(export, settings, chosen, view, chosen.pairs.as_of <= periods.train_until)
        fitted = fit(view, past, None, settings.model)
        experts, platt = fitted.experts, fitted.platt["both"]
        margin = (experts.linear.margins(later.rows) + experts.trees.margins(later.rows)) / 2
        ranked = Ranked.of(later.label, platt.a * margin + platt.b, later.weight)
        found.append({name: float(figure(ranked)) for name, figure in FIGURES.items()})
        sizes.append(len(past))
    return found[0], found[1], 1 - sizes[1] / sizes[0]


def main() -> None:
    """Print a line for each seed and figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=2_500)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    table = Table("seed", "pairs left out", *(f"{name}, {how}" for name in FIGURES for how in ("without", "with")))
    for seed in range(1, asked.seeds + 1):
        without, with_, share = compare(seed, asked.leads)
        table.add_row(str(seed), f"{share:.1%}", *(f"{f[name]:.4f}" for name in FIGURES for f in (without, with_)))
    console = Console(highlight=False)
    console.width = 160
    console.print(table)


if __name__ == "__main__":
    main()
