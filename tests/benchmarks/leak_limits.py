"""Where the leak detector ends: weak leaks, small samples, and columns whose names say nothing.

usage: python tests/benchmarks/leak_limits.py [--seeds N]

Prints, for simulated companies, in how many seeds each planted column is refused (and suspicious);
for real flat sets, in how many random samples each column is refused, and what is left of the
verdicts when every column is renamed.
"""

import argparse
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from features.clock import DAY
from features.guess import guess
from features.settings import Settings
from features.sources import read_export
from features.tables import Export
from support.planted_leaks import with_columns
from training.leaks import find_leaks
from training.outcomes import OPEN, closed_at, won_at
from training.simulate import simulate

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
FLAT = ("x_education", "bank_marketing")


def weak_leaks(export: Export, seed: int) -> dict[str, list[object]]:
    """Leaks from strong to weak."""
    luck = np.random.default_rng([seed, 4])
    won, lost = won_at(export) < OPEN, (closed_at(export) < OPEN) & (won_at(export) == OPEN)
    leads = len(won)
    age = (export.data_end - export.leads["created_at"].to_numpy(dtype=np.int64)) / DAY
    found: dict[str, list[object]] = {}
    for share in (0.35, 0.2, 0.1, 0.05):
        told = won & (luck.random(leads) < share) | lost & (luck.random(leads) < 0.002)
        found[f"filled in for {share:.0%} of wins, 0.2% of losses"] = list(np.where(told, "x", None))
        found[f"flag set for {share:.0%} of wins, 0.2% of losses"] = list(np.where(told, "yes", "no"))
    for share in (0.9, 0.8, 0.6):
        guessed = np.where(luck.random(leads) < 0.5, "a", "b")
        found[f"true for {share:.0%}, luck for the rest"] = list(
            np.where(luck.random(leads) < share, np.where(won, "a", "b"), guessed)
        )
    for share in (0.9, 0.7, 0.5):
        mean = share * age / 30 + (1 - share) * 9
        found[f"counter, {share:.0%} by age and the rest fixed"] = list(luck.poisson(mean).astype(float))
    return found


def simulated(say: Console, seeds: int) -> None:
    """Weak leaks in companies of two sizes."""
    for leads in (1_500, 7_000):
        refused, suspicious, wins = Counter[str](), Counter[str](), 0
        names: list[str] = []
        for seed in range(201, 201 + seeds):
            company = simulate(seed=seed, leads=leads, planted_leak=False)
            planted = weak_leaks(company.export, seed)
            report = find_leaks(with_columns(company.export, planted), company.settings)
            refused.update(report.refused)
            suspicious.update(report.suspicious)
            names, wins = [*planted], wins + int((won_at(company.export) < OPEN).sum())
        say.print(f"{leads:,} leads, about {wins / seeds:.0f} wins, {seeds} seeds: refused (suspicious)")
        for name in names:
            say.print(f"  {refused[name]:3d} ({suspicious[name]:3d})  {name}")
        say.print(f"  others refused: {[name for name in refused if name not in names]}")


def sampled(name: str, say: Console, seeds: int) -> None:
    """A real flat set, cut down and stripped of its names."""
    settings = guess(SHARED / name).settings
    export = read_export(SHARED / name, settings)
    for share in (0.5, 0.25):
        refused, suspicious = Counter[str](), Counter[str]()
        for seed in range(seeds):
            report = find_leaks(part_of(export, share, seed), settings)
            refused.update(report.refused)
            suspicious.update(report.suspicious)
        say.print(f"{name}, {share:.0%} of the leads, {seeds} samples: refused {dict(refused)}; {dict(suspicious)}")
    old = {f"column {i}": column for i, column in enumerate(export.attributes)}
    renamed = replace(export, leads=export.leads.rename(columns={column: new for new, column in old.items()}))
    report = find_leaks(renamed, settings)
    without = [old[n] for n in report.refused], [old[n] for n in report.suspicious]
    say.print(f"{name} without names: refused {without[0]}; suspicious {without[1]}")


def part_of(export: Export, share: float, seed: int) -> Export:
    """A random part of a flat export's leads."""
    chosen = np.random.default_rng([seed, 5]).random(len(export.leads)) < share
    return replace(export, leads=export.leads[chosen].reset_index(drop=True))


def speed(say: Console) -> None:
    """A hundred thousand leads."""
    company = simulate(seed=3, leads=100_000)
    luck = np.random.default_rng(0)
    more = {f"number {i}": list(luck.normal(size=100_000)) for i in range(10)}
    more |= {f"text {i}": [f"value {n}" for n in luck.integers(0, 50, 100_000)] for i in range(10)}
    more |= {f"own {i}": [f"{n:.9f} said" for n in luck.random(100_000)] for i in range(10)}
    export = with_columns(company.export, more)
    started = time.perf_counter()
    find_leaks(export, Settings())
    took = time.perf_counter() - started
    say.print(f"{len(export.attributes)} columns, 100,000 leads, {len(export.events):,} events: {took:.1f} s")


def main() -> int:
    """Print all of it; nothing here is a bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    wanted, say = parser.parse_args(), Console(width=200, highlight=False)
    simulated(say, wanted.seeds)
    for name in FLAT:
        if (SHARED / name).is_dir():
            sampled(name, say, wanted.seeds)
        else:
            say.print(f"{name}: not beside the project (looked in ../shared/data); left out")
    speed(say)
    return 0


if __name__ == "__main__":
    sys.exit(main())
