"""How often the gate promotes a model against itself retrained on a resample (it should not) or a truly better one.

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

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from features.clock import days, iso
from features.errors import NotEnoughData
from features.make_view import make_view
from features.rows import build_rows
from features.settings import Gate, Settings
from features.view import View
from training.cohort import cohort
from training.dataset import Dataset
from training.fit import fit
from training.gate import judge
from training.outcomes import labels
from training.recent import Recent, recent
from training.simulate import WORLD, simulate
from training.slices import masks_of
from training.splits import groups, split

LEADS, MONTHS, HORIZON_DAYS = 4_000, 24, 60
WINS = 4  #: times as many as the simulator's company wins, so that few leads make a window
ROUNDS = 200  #: resamples; the quantiles of the interval are noisier than by default
SHARE = 0.3  #: of the leads that the champion with less data has
#: no web tracking: what the champion with a feature missing can't see
HIDDEN = ("page_view", "pricing_page_view", "careers_page_view", "activity")

RESAMPLE, TWO, WRONG = "A/A: retrained on a resample", "A/A: two resamples", "A/A: two resamples, truly no better"
MORE, RESTORED = "more data", "a missing feature restored"


@dataclass(frozen=True, kw_only=True)
class Company:
    """A company's rows, built once, and how a model of them is fitted."""

    settings: Settings
    view: View
    past: Dataset
    recent: Recent
    rows: np.ndarray
    masks: dict[str, np.ndarray]
    truth: np.ndarray  #: the true probability of each recent pair

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
        masks = masks_of(export, window.pairs, (view,), (rows,))
        truth = company.true_probability(window.pairs, HORIZON_DAYS)
        return cls(settings=settings, view=view, past=past, recent=window, rows=rows, masks=masks, truth=truth)

    def answers(self, past: Dataset, hidden: tuple[str, ...] = ()) -> np.ndarray:
        """The log-odds on the recent pairs of a model fitted to `past`, without the columns of hidden groups."""
        kept = np.array([d.group not in hidden for d in self.view.definitions])
        view = replace(self.view, definitions=tuple(d for d, k in zip(self.view.definitions, kept, strict=True) if k))
        past = past.columns(np.flatnonzero(kept))
        fitted = fit(view, past, None, self.settings.model)
        return fitted.log_odds(self.rows[:, kept])["both"]

    def expected_loss(self, log_odds: np.ndarray) -> float:
        """Log loss as it would be over all outcomes that the truth allows: no luck of the window in it."""
        surprise = np.logaddexp(0.0, log_odds) - self.truth * log_odds
        return float(np.average(surprise, weights=self.recent.weight))

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
        "model": {"linear_strengths": (0.03,), "max_trees": 30, "learning_rate": 0.1},
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
    return {RESAMPLE: (whole, one), TWO: (one, two), MORE: (part, whole), RESTORED: (blind, whole)}


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
        before, after = (company.expected_loss(answers) for answers in log_odds)
        found.append(
            {
                "kind": kind,
                "promote": contest.verdict.promote,
                "truly_better_by": before - after,
                "recent_wins": company.recent.wins(),
                "past_wins": company.past.wins,
                "conditions": [c.line() for c in contest.verdict.conditions],
            }
        )
    return found


def shares_of(results: list[dict]) -> dict[str, dict]:
    """Shares promoted with their standard errors, and against the bars.

    Two resamples make two models that truly differ: of those pairs only a promotion of the truly worse is wrong.
    """
    promoted = {kind: [r["promote"] for r in results if r["kind"] == kind] for kind in (RESAMPLE, TWO, MORE, RESTORED)}
    promoted[WRONG] = [r["promote"] and r["truly_better_by"] <= 0 for r in results if r["kind"] == TWO]
    found = {}
    for kind, yes in promoted.items():
        share, n = float(np.mean(yes)), len(yes)
        at_most = 0.05 + 2 * float(np.sqrt(0.05 * 0.95 / n))
        bar, holds = ("", True) if kind == TWO else (f"<= {at_most:.1%}", share <= at_most)
        if kind in {MORE, RESTORED}:
            bar, holds = ">= 80.0%", share >= 0.8
        error = float(np.sqrt(share * (1 - share) / n))
        found[kind] = {"pairs": n, "promoted": share, "standard_error": error, "bar": bar, "holds": holds}
    return found


def table_of(shares: dict[str, dict]) -> Table:
    table = Table("pair", "pairs", "promoted", "standard error", "bar", "holds", title="the gate")
    for kind, row in shares.items():
        figures = (str(row["pairs"]), f"{row['promoted']:.1%}", f"{row['standard_error']:.1%}")
        table.add_row(kind, *figures, row["bar"], "yes" if row["holds"] else "NO")
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200, help="of each kind, each from a company of its own")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, help="write all verdicts as JSON")
    asked = parser.parse_args()
    started = time.perf_counter()
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        batches = pool.map(judged, range(1, asked.pairs + 1))
        results = [r for batch in track(batches, total=asked.pairs, console=Console(stderr=True)) for r in batch]
    shares = shares_of(results)
    Console().print(table_of(shares))
    Console().print(f"{time.perf_counter() - started:.0f} s")
    if asked.out:
        asked.out.write_text(json.dumps({"shares": shares, "verdicts": results}, indent=1), encoding="utf-8")
    return 0 if all(row["holds"] for row in shares.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
