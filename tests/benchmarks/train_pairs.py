"""Training from pairs to a fitted model: what it takes beside LightGBM's own `train` calls in it.

usage: python tests/benchmarks/train_pairs.py [--pairs 1000000] [--columns 60] [--evaluate] [--out FILE.json]

The pipeline sorts events, builds rows, chooses the regularisation, fits both experts and calibrates. LightGBM's share
is what its own calls took in that very run: `train` (one chooses the number of trees, one grows them), the `cv` that
chooses for few wins, and its data sets. `--evaluate` adds, apart, what the report on the test period takes:
baselines, of which two train again, and the intervals of every figure.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np

from features.clock import DAY
from features.definitions import Count, Decayed, Recency
from features.event_order import Columns
from features.events import EventLog
from features.kernel import behaviour
from features.settings import Settings
from features.view import KindMeaning, View
from training.dataset import Dataset
from training.evaluate import evaluate
from training.fit import Fitted, fit, with_strength

BAR = 0.30
PAIRS_A_LEAD, EVENTS_A_LEAD = 4, 40


class Clock:
    """Adds up what calls of some functions took."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0
        self.inside = False

    def around(self, function: Callable[..., object]) -> Callable[..., object]:
        """The function, timed; calls inside of timed calls count once."""

        def timed(*args: object, **options: object) -> object:
            if self.inside:
                return function(*args, **options)
            self.inside = True
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                return function(*args, **options)
            finally:
                self.seconds += time.perf_counter() - wall
                self.cpu_seconds += time.process_time() - cpu
                self.inside = False

        return timed


def view_of(columns: int) -> View:
    """Counts, recency and decay of a few kinds."""
    kinds = -(-columns // 6)
    definitions = [
        definition
        for kind in range(kinds)
        for definition in (
            *(Count(kind=f"k{kind}", days=days) for days in (7, 14, 30, 90)),
            Recency(kind=f"k{kind}"),
            Decayed(kind=f"k{kind}", half_life_days=14),
        )
    ]
    return View(
        definitions=tuple(definitions[:columns]), kinds=tuple(KindMeaning(name=f"k{kind}") for kind in range(kinds))
    )


def dataset(view: View, pairs: int, seed: int) -> Dataset:
    """Rows of seeded events, and labels that follow some of the columns."""
    chance = np.random.default_rng(seed)
    leads = pairs // PAIRS_A_LEAD
    events = leads * EVENTS_A_LEAD
    happened = chance.integers(0, 365 * DAY, events)
    none, codes = np.empty(0), np.empty(0, dtype=np.int32)
    columns = Columns(
        lead=chance.integers(0, leads, events),
        happened_at=happened,
        known_at=happened,
        kind=chance.integers(0, len(view.kinds), events),
        value=none,
        topic=codes,
        channel=codes,
    )
    log = EventLog.of_columns(columns, n_leads=leads)
    lead = np.repeat(np.arange(leads), PAIRS_A_LEAD)
    as_of = np.sort(chance.integers(90 * DAY, 365 * DAY, len(lead)))
    rows = behaviour(view, log, lead, as_of)
    truth = 0.5 * rows[:, 2] + 0.4 * rows[:, 5] - 0.3 * rows[:, 8] - 4
    label = (chance.random(len(rows)) < 1 / (1 + np.exp(-truth))).astype(np.float64)
    return Dataset(rows=rows, label=label, weight=np.ones(len(rows)), group=lead, lead=lead, as_of=as_of)


def evaluation_figures(
    view: View, past: Dataset, later: Dataset, fitted: Fitted, settings: Settings, clock: Clock
) -> dict[str, float]:
    """Processor time of the evaluation, and LightGBM's part in it."""
    before, cpu = clock.cpu_seconds, time.process_time()
    half = np.arange(len(later)) < len(later) // 2
    evaluate(view, past, later.take(half), later.take(~half), fitted, settings, 0.1)
    return {
        "evaluation_cpu_seconds": time.process_time() - cpu,
        "evaluation_lightgbm_cpu_seconds": clock.cpu_seconds - before,
    }


def main() -> int:
    """Measure, print, and fail above the bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=60)
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    view, settings = view_of(asked.columns), Settings()
    dataset(view, 2_000, 1)  # compiles
    clock = Clock()
    lightgbm.train = clock.around(lightgbm.train)
    lightgbm.cv = clock.around(lightgbm.cv)
    lightgbm.Dataset.construct = clock.around(lightgbm.Dataset.construct)
    wall, cpu = time.perf_counter(), time.process_time()
    data = dataset(view, asked.pairs, 1)
    rows_wall = time.perf_counter() - wall
    cut = int(0.8 * len(data))
    places = np.arange(len(data))
    past, later = data.take(places[:cut]), data.take(places[cut:])
    fitted = fit(view, past, later, with_strength(view, past, settings.model), lambda _: None)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    figures = {
        "pairs": asked.pairs,
        "columns": asked.columns,
        "seconds": wall,
        "cpu_seconds": cpu,
        "rows_seconds": rows_wall,
        "lightgbm_seconds": clock.seconds,
        "lightgbm_cpu_seconds": clock.cpu_seconds,
        "overhead": wall / clock.seconds - 1,
        "overhead_cpu": cpu / clock.cpu_seconds - 1,
        "bar": BAR,
    }
    if asked.evaluate:
        figures |= evaluation_figures(view, past, later, fitted, settings, clock)
    print(json.dumps(figures, indent=1))  # noqa: T201  # a command line
    if asked.out:
        asked.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
