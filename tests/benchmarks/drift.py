"""How often `ripeness drift` alarms where nothing moved, and how surely it finds what did.

Columns of several laws, 500 reference leads and 500 leads now, many times over: without any change,
and with one column shifted by half of its standard deviation, each law in turn. Then a simulated
company whose ways never change, looked at week after week.

    python tests/benchmarks/drift.py --runs 1000
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from rich.console import Console

from features.clock import DAY
from features.definitions import Attribute
from features.settings import Drift
from features.tables import Pairs
from features.view import View
from models.evidence import Evidence
from models.reference import Binned, Reference
from training.drift import Now, compare_columns, compare_scores

LEADS = 500
MOST_FALSE, LEAST_FOUND = 0.01, 0.95
CATEGORIES = tuple("abcdefghijkl")

#: law -> n values of it, shifted by so many of its standard deviations
LAWS: dict[str, Callable[[np.random.Generator, int, float], np.ndarray]] = {
    "normal": lambda random, n, by: random.normal(by, 1, n),
    "uniform": lambda random, n, by: random.random(n) + by / 12**0.5,
    "log-normal": lambda random, n, by: np.exp(random.normal(by, 1, n)),
    "count": lambda random, n, by: random.poisson(3 + by * 3**0.5, n).astype(float),
    "rare count": lambda random, n, by: random.poisson(0.3 + by * 0.3**0.5, n).astype(float),
    "often missing": lambda random, n, by: np.where(random.random(n) < 0.3, np.nan, random.normal(by, 1, n)),
}


@dataclass(frozen=True)
class Column:
    """A column of the made-up table."""

    law: str  #: of LAWS, or "category"

    def draw(self, random: np.random.Generator, n: int, by: float = 0) -> np.ndarray:
        if self.law == "category":
            return np.minimum(random.geometric(0.25, n) - 1, len(CATEGORIES) - 1).astype(float)
        return LAWS[self.law](random, n, by)


def table(columns: int) -> tuple[Column, ...]:
    laws = [*LAWS, "category"]
    return tuple(Column(laws[i % len(laws)]) for i in range(columns))


@cache
def view_of(made: tuple[Column, ...]) -> View:
    definitions = tuple(
        Attribute(field=f"f{i}", encoding="category" if c.law == "category" else "number") for i, c in enumerate(made)
    )
    categories = {d.name: CATEGORIES for d in definitions if d.encoding == "category"}
    return View(definitions=definitions, categories=categories)


def reference_of(view: View, rows: np.ndarray, log_odds: np.ndarray) -> Reference:
    evidence = Evidence.of(view, rows, np.zeros(len(rows)))
    none = np.zeros(len(rows), dtype=bool)
    columns = tuple(
        Binned.of(e.edges, len(view.categories.get(name, ())), rows[:, i], none, none.astype(float))
        for i, (name, e) in enumerate(zip(view.names, evidence.columns, strict=True))
    )
    edges = tuple(np.quantile(log_odds, np.arange(1, 10) / 10).tolist())
    return Reference(
        moment=None,
        leads=len(rows),
        independent=len(rows),
        probability=0.1,
        columns=columns,
        log_odds=Binned.of(edges, 0, log_odds, none, log_odds),
    )


def now_of(rows: np.ndarray, log_odds: np.ndarray) -> Now:
    lead = np.arange(len(rows))
    return Now(
        pairs=Pairs(lead=lead, as_of=lead * DAY),
        rows=rows,
        strange=np.zeros(rows.shape, dtype=bool),
        values={},
        lead_id=lead.astype(str).astype(object),
        log_odds=log_odds,
        contributions=np.zeros(rows.shape),
        independent=len(rows),
    )


def alarms(seed: int, *, columns: int, leads: int = LEADS, shifted: int | None = None, by: float = 0.5) -> set[str]:
    """What moved, by name: columns, and "score" for the answers, of which there is one per lead."""
    random, made = np.random.default_rng(seed), table(columns)
    then = np.column_stack([c.draw(random, leads) for c in made])
    now = np.column_stack([c.draw(random, leads, by if i == shifted else 0) for i, c in enumerate(made)])
    answers = random.normal(-3, 1, (2, leads))
    reference, rules = reference_of(view_of(made), then, answers[0]), Drift()
    found = compare_columns(view_of(made), reference, now_of(now, answers[1]), rules)
    score = compare_scores(reference, answers[1], leads, rules)
    return {c.name for c in found if c.moved} | ({"score"} if score.moved else set())


def false_share(runs: int, *, columns: int, first_seed: int = 1) -> float:
    """Share of runs without drift in which anything alarms."""
    return sum(bool(alarms(first_seed + i, columns=columns)) for i in range(runs)) / runs


def found_shares(runs: int, *, columns: int, first_seed: int = 1) -> Iterator[tuple[str, float]]:
    """By law, the share of runs in which a column shifted by half a standard deviation alarms."""
    for position, law in enumerate(LAWS):
        seeds = range(first_seed, first_seed + runs)
        yield law, sum(f"f{position}" in alarms(s, columns=columns, shifted=position) for s in seeds) / runs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--columns", type=int, nargs="*", default=[14, 100])
    asked = parser.parse_args()
    console, held = Console(highlight=False, width=120), True
    for columns in asked.columns:
        false = false_share(asked.runs, columns=columns)
        held &= false <= MOST_FALSE
        console.print(
            f"{columns} columns, nothing moved: {false:.2%} of {asked.runs} runs alarm (at most {MOST_FALSE:.0%})"
        )
        for law, share in found_shares(asked.runs // 2, columns=columns):
            held &= share >= LEAST_FOUND
            console.print(f"{columns} columns, {law} shifted: found in {share:.1%} (at least {LEAST_FOUND:.0%})")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
