"""A seeded script of told facts, merges, deletes, verdicts and questions on SQLite and PostgreSQL: equal answers?

usage: python tests/benchmarks/both_databases.py [--steps 2000] [--seed 1] [--seeds 1]
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import structlog
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.stores import DATABASES
from support.two_databases import difference, play


def main() -> None:
    """Print, for each seed, how many answers differ, and the first of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    structlog.configure(processors=[_silent])
    console, unequal = Console(highlight=False), 0
    for seed in range(asked.seed, asked.seed + asked.seeds):
        unequal += _compare(console, seed, asked.steps)
    sys.exit(1 if unequal else 0)


def _compare(console: Console, seed: int, steps: int) -> int:
    played, started = [], time.perf_counter()
    for kind in DATABASES:
        with tempfile.TemporaryDirectory() as home:
            played.append(play(kind, Path(home), seed=seed, steps=steps))
    took, found = time.perf_counter() - started, []
    for i, (ours, theirs) in enumerate(zip(*played, strict=True)):
        same = ours.status == theirs.status
        at = difference(ours.body, theirs.body) if same else f"{ours.status} is not {theirs.status}"
        if at is not None:
            found.append(f"  step {i}, {ours.step.method} {ours.step.path}: {at}")
    statuses = Counter(one.status for one in played[0])
    told = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    console.print(f"seed {seed}: {steps:,} steps, {len(found)} answers differ ({told}; {took:.0f} s)")
    for line in found[:5]:
        console.print(line)
    return len(found)


def _silent(*_: object) -> dict[str, object]:
    raise structlog.DropEvent


if __name__ == "__main__":
    main()
