"""How often the gate promotes: a model against itself retrained on a resample (it should not), a truly better one (it should).

usage: python tests/benchmarks/gate.py [--pairs 200] [--jobs 2] [--out FILE.json]

Every simulated company gives one champion and one challenger of each kind, so that pairs are
independent. Models are small (one window, a hundred trees at most) and are fitted on rows built once.
"""

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from features.clock import days, iso
from features.errors import NotEnoughData
from features.make_view import make_view
from features.rows import build_rows
from features.settings import Gate, Settings
from features.tables import Pairs
from features.view import View
from training.cohort import cohort
from training.dataset import Dataset
from training.fit import fit, folds
from training.gate import judge
from training.outcomes import labels
from training.recent import Recent, recent, slices
from training.simulate import WORLD, simulate
from training.splits import groups, split

LEADS, MONTHS, HORIZON_DAYS = 5_000, 24, 60
WINS = 4  #: times as many as the simulator's company wins, so that few leads make a window
ROUNDS = 200  #: resamples; the quantiles of the interval are noisier than by default
SHARE = 0.3  #: of the leads that the champion with less data has
#: no web tracking: what the champion with a feature missing can't see
HIDDEN = ("page_view", "pricing_page_view", "careers_page_view", "activity")

#: kind of pair -> whether the challenger is truly better
KINDS = {
    "A/A: retrained on a resample": False,
    "A/A: two resamples": False,
    "more data": True,
    "a missing feature restored": True,
}


@dataclass(frozen=True, kw_only=True)
class Company:
    """A company's rows, built once, and how a model of them is fitted."""

    settings: Settings
    view: View
    past: Dataset
    recent: Recent
    rows: np.ndarray
    masks: dict[str, np.ndarray]

    @classmethod
    def of(cls, seed: int) -> "Company":
        world = replace(WORLD, won=WINS * WORLD.won)
        company = simulate(seed=seed, leads=LEADS, months=MONTHS, planted_leak=False, world=world)
        settings, export = quick(company.settings), company.export
        chosen = cohort(export, settings)
        label = labels(export, chosen.pairs.lead, chosen.pairs.as_of, days(HORIZON_DAYS))
        until = split(export, chosen.pairs, label, settings).periods.train_until
        card = {"parts": {"train": {"until": iso(until)}}}
        window = recent(export, settings, champion=card, challenger=card)
        seen = chosen.pairs.as_of <= until
        pairs = chosen.pairs.take(seen)
        view, _ = make_view(settings, export, pairs)
        rows = build_rows(view, export, window.pairs)
        past = Dataset(
            rows=build_rows(view, export, pairs),
            label=label[seen],
            weight=chosen.weight[seen],
            group=groups(export, pairs),
            lead=pairs.lead,
            as_of=pairs.as_of,
        )
        masks = slices(export, window.pairs, (view,), (rows,))
        return cls(settings=settings, view=view, past=past, recent=window, rows=rows, masks=masks)

    def answers(self, past: Dataset, hidden: tuple[str, ...] = ()) -> np.ndarray:
        """The log-odds on the recent pairs of a model fitted to `past`, without the columns of hidden groups."""
        kept = np.array([d.group not in hidden for d in self.view.definitions])
        view = replace(self.view, definitions=tuple(d for d, k in zip(self.view.definitions, kept, strict=True) if k))
        past = past.columns(np.flatnonzero(kept))
        held = folds(past, seed=1) < 2
        fitted = fit(view, past.take(~held), past.take(held), self.settings.model)
        return fitted.log_odds(self.rows[:, kept])["both"]

    def resampled(self, seed: int) -> Dataset:
        """As many groups, drawn with replacement; how often decides how much their pairs weigh."""
        names, index = np.unique(self.past.group, return_inverse=True)
        luck = np.random.default_rng(seed)
        times = np.bincount(luck.integers(0, len(names), len(names)), minlength=len(names))[index]
        return replace(self.past, weight=self.past.weight * times).take(times > 0)

    def part(self, seed: int) -> Dataset:
        """A share of the groups."""
        names, index = np.unique(self.past.group, return_inverse=True)
        return self.past.take((np.random.default_rng(seed).random(len(names)) < SHARE)[index])


def quick(settings: Settings) -> Settings:
    """One window, a short horizon, small trees."""
    changes = {
        "features": {"windows_days": (30,), "half_lives_days": ()},
        "outcome": {"horizon_days": HORIZON_DAYS},
        "split": {"test_share": 0.35},
        "model": {"linear_strengths": (0.03,), "max_trees": 100, "learning_rate": 0.1},
        "cohort": {"every_days": 14, "pairs_per_lead": 4},
    }
    stored = settings.model_dump()
    for section, values in changes.items():
        stored[section] |= values
    return Settings.model_validate(stored)


def pairs_of(company: Company, seed: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By kind: (champion's answers, challenger's answers)."""
    whole, one, two = (
        company.answers(past) for past in (company.past, company.resampled(seed), company.resampled(seed + 10_000))
    )
    part, blind = company.answers(company.part(seed)), company.answers(company.past, HIDDEN)
    return {
        "A/A: retrained on a resample": (whole, one),
        "A/A: two resamples": (one, two),
        "more data": (part, whole),
        "a missing feature restored": (blind, whole),
    }


def judged(seed: int) -> list[dict]:
    """What the gate said of each kind of pair of one company; nothing where a model of it learns nothing."""
    company = Company.of(seed)
    found = []
    try:
        pairs = pairs_of(company, seed)
    except NotEnoughData:
        return []
    for kind, log_odds in pairs.items():
        contest = judge(company.recent, log_odds, company.masks, Gate(rounds=ROUNDS), seed=seed)
        failed = [c.name for c in contest.verdict.failed]
        lines = [c.line() for c in contest.verdict.conditions]
        wins = {"recent": company.recent.wins(), "past": company.past.wins, "pairs": len(company.recent)}
        found.append({"kind": kind, "promote": contest.verdict.promote, "failed": failed, "lines": lines, "wins": wins})
    return found


def table_of(results: list[dict]) -> tuple[Table, dict]:
    """Shares promoted with their standard errors, and against the bars."""
    table = Table("pair", "pairs", "promoted", "standard error", "bar", "holds", title="the gate")
    summary = {}
    for kind, better in KINDS.items():
        promoted = np.array([r["promote"] for r in results if r["kind"] == kind], dtype=float)
        share, n = float(promoted.mean()), len(promoted)
        error = float(np.sqrt(share * (1 - share) / n))
        bar = 0.8 if better else 0.05 + 2 * float(np.sqrt(0.05 * 0.95 / n))
        holds = share >= bar if better else share <= bar
        summary[kind] = {"pairs": n, "promoted": share, "standard_error": error, "bar": bar, "holds": holds}
        sign = ">=" if better else "<="
        table.add_row(kind, str(n), f"{share:.1%}", f"{error:.1%}", f"{sign} {bar:.1%}", "yes" if holds else "NO")
    return table, summary


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200, help="of each kind, each from a company of its own")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, help="write all verdicts as JSON")
    asked = parser.parse_args()
    started = time.perf_counter()
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        batches = pool.map(judged, range(1, asked.pairs + 1))
        results = [r for batch in track(batches, total=asked.pairs, console=Console(stderr=True)) for r in batch]
    table, summary = table_of(results)
    Console().print(table)
    Console().print(f"{time.perf_counter() - started:.0f} s")
    if asked.out:
        asked.out.write_text(json.dumps({"summary": summary, "verdicts": results}, indent=1), encoding="utf-8")
    return 0 if all(row["holds"] for row in summary.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
