"""Speed of exact explanations: our tables against LightGBM's `pred_contrib`, shap and woodelf.

usage: python tests/benchmarks/explain.py [--rows N] [--rounds N] [--quick] [--out FILE.json]

Two models of 300 trees with 31 leaves on the same seeded rows of 40 columns with missing values: in
one 8 columns are categories, in the other all are numbers. Woodelf refuses splits by category, and
shap hands LightGBM's models to `pred_contrib` unless told to walk itself, which it can't do over
categories either; so both are held against our time on the second model. A third has the 8 leaves
of our training. Rounds alternate between all; medians count. A peer slower than woodelf explains a
part of the rows, and its time is scaled: it grows with the rows, for each is walked alone.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import lightgbm
import numpy as np
import numpy.typing as npt

from models.trees import TreeExpert

COLUMNS, CATEGORIES = 40, (3, 5, 8, 12, 20, 30, 40, 60)  #: sizes of the columns that are categories
PART = 20  #: slow peers explain one row in so many
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Model:
    """A trained model in both forms."""

    name: str
    expert: TreeExpert
    booster: lightgbm.Booster
    took_seconds: float  #: to make its tables

    def contrib(self, rows: Floats, threads: int) -> Floats:
        """What LightGBM says, the base value in the last column."""
        return np.asarray(self.booster.predict(rows, pred_contrib=True, num_threads=threads))


@dataclass(frozen=True, kw_only=True)
class Took:
    """Milliseconds, medians."""

    wall: float
    cpu: float  #: of all threads together: what other programs on the machine change least

    def scaled(self, times: int) -> "Took":
        """As for so many times the rows."""
        return Took(wall=times * self.wall, cpu=times * self.cpu)


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One comparison."""

    what: str
    ours: Took
    against: str
    theirs: Took
    bar: float  #: at least so many times faster; 0 where none was set

    def figures(self) -> dict[str, object]:
        """With how often our time goes into theirs."""
        times = {"times": self.theirs.wall / self.ours.wall, "times_cpu": self.theirs.cpu / self.ours.cpu}
        return asdict(self) | times


def rows_of(count: int, *, seed: int) -> tuple[Floats, Floats]:
    """Codes, counts and measures with a tenth missing; labels that follow some of each."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, COLUMNS))
    for column, size in enumerate(CATEGORIES):
        rows[:, column] = random.integers(0, size, count)
    rows[:, 10:20] = random.poisson(1.5, (count, 10))
    rows[random.random(rows.shape) < 0.1] = np.nan
    told = np.nan_to_num(rows)
    truth = 0.6 * (told[:, 0] == 1) + 0.5 * (told[:, 3] % 3 == 0) + 0.3 * told[:, 10] - 0.4 * told[:, 25]
    truth += 0.5 * told[:, 26] * told[:, 27] + 0.4 * (told[:, 7] > 30) + 0.5 * np.sin(2 * told[:, 30]) - 1.5
    return rows, (random.random(count) < 1 / (1 + np.exp(-truth))).astype(np.float64)


def model_of(name: str, rows: Floats, labels: Floats, *, trees: int, leaves: int, categories: bool) -> Model:
    """Trained with LightGBM's own settings but for its size, the depth not bounded."""
    coded = list(range(len(CATEGORIES))) if categories else []
    data = lightgbm.Dataset(rows, labels, categorical_feature=coded, params={"verbosity": -1})
    settings = {"objective": "binary", "num_leaves": leaves, "learning_rate": 0.05, "verbosity": -1, "seed": 1}
    booster = lightgbm.train(settings | {"feature_fraction": 0.5, "min_child_samples": 40}, data, trees)
    expert = TreeExpert.of(booster)
    expert.check()
    expert.contributions(rows[:1]), expert.contributions(rows[:100])  # compiles
    again = TreeExpert.of(booster)
    started = time.perf_counter()
    if again.explainer is None:
        raise SystemExit("the model has no tables")
    return Model(name=name, expert=again, booster=booster, took_seconds=time.perf_counter() - started)


def medians(jobs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Took]:
    """What each job takes; all take turns."""
    wall: dict[str, list[float]] = {name: [] for name in jobs}
    cpu: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            started, worked = time.perf_counter(), time.process_time()
            job()
            wall[name].append(1000 * (time.perf_counter() - started))
            cpu[name].append(1000 * (time.process_time() - worked))
    return {name: Took(wall=median(wall[name]), cpu=median(cpu[name])) for name in jobs}


def batch_jobs(model: Model, rows: Floats) -> dict[str, Callable[[], object]]:
    """Ours on all rows, `pred_contrib` on a part, plain predictions on all."""
    return {
        f"{model.name}: ours": lambda: model.expert.contributions(rows),
        f"{model.name}: pred_contrib": lambda: model.contrib(rows[::PART], 0),
        f"{model.name}: plain predict": lambda: model.booster.predict(rows, raw_score=True),
    }


def peer_jobs(model: Model, rows: Floats) -> dict[str, Callable[[], object]]:
    """What is installed of shap and woodelf, on a model without categories."""
    import pandas as pd
    import shap

    walker = shap.TreeExplainer(model.booster)
    walker.model.model_type = "internal"
    jobs: dict[str, Callable[[], object]] = {
        "shap": lambda: walker.shap_values(rows[::PART], check_additivity=False),
    }
    try:
        from woodelf import WoodelfExplainer
    except ImportError:
        print("woodelf-explainer is not installed: left out")  # noqa: T201  # a command line
        return jobs
    named, explainer = pd.DataFrame(rows, columns=model.booster.feature_name()), WoodelfExplainer(model.booster)
    return jobs | {"woodelf": lambda: explainer.shap_values(named)}


def compare(models: list[Model], rows: Floats, rounds: int) -> list[Ratio]:
    """All comparisons of batches; the second model is the one without categories."""
    jobs: dict[str, Callable[[], object]] = {}
    for model in models:
        jobs |= batch_jobs(model, rows)
    ms = medians(jobs | peer_jobs(models[1], rows), rounds)
    ms = {name: took.scaled(PART) if name.endswith(("pred_contrib", "shap")) else took for name, took in ms.items()}
    found = []
    for model, bars in zip(models, ((25, 0.25), (0, 0), (0, 0)), strict=True):
        against = {"pred_contrib": bars[0], "plain predict": bars[1]}
        for name, bar in against.items():
            found.append(_ratio(f"{model.name}, {len(rows)} rows", ms, model.name, f"{model.name}: {name}", name, bar))
    peers = {name: bar for name, bar in (("shap", 25), ("woodelf", 5)) if name in ms}
    what = f"{models[1].name}, {len(rows)} rows"
    return found + [_ratio(what, ms, models[1].name, name, name, bar) for name, bar in peers.items()]


def _ratio(what: str, ms: Mapping[str, Took], ours: str, theirs: str, against: str, bar: float) -> Ratio:
    return Ratio(what=what, ours=ms[f"{ours}: ours"], against=against, theirs=ms[theirs], bar=bar)


def compare_single(model: Model, rows: Floats, bar: float) -> Ratio:
    """One row at a time, another each time, against `pred_contrib` with one thread."""
    turn = iter(np.repeat(np.arange(len(rows)), 2).tolist())

    def next_row() -> Floats:
        i = next(turn)
        return rows[i : i + 1]

    jobs = {
        "ours": lambda: model.expert.contributions(next_row()),
        "theirs": lambda: model.contrib(next_row(), 1),
    }
    ms = medians(jobs, len(rows))
    what = f"{model.name}, one row"
    return Ratio(what=what, ours=ms["ours"], against="pred_contrib, 1 thread", theirs=ms["theirs"], bar=bar)


def largest_difference(model: Model, rows: Floats) -> float:
    """Between ours and `pred_contrib`, base value included."""
    theirs = model.contrib(rows, 0)
    ours = model.expert.contributions(rows)
    return float(max(np.abs(ours - theirs[:, :-1]).max(), abs(model.expert.base_value - theirs[0, -1])))


def measure(rows_count: int, trees: int, rounds: int) -> dict[str, object]:
    """Train, compare, and tell the figures."""
    rows, labels = rows_of(rows_count, seed=1)
    models = [
        model_of(name, rows, labels, trees=trees, leaves=leaves, categories=categories)
        for name, leaves, categories in (
            ("31 leaves, 8 categories", 31, True),
            ("31 leaves, all numbers", 31, False),
            ("8 leaves, 8 categories", 8, True),
        )
    ]
    ratios = compare(models, rows, rounds)
    singles = [compare_single(m, rows[: min(400, len(rows))], bar) for m, bar in ((models[0], 6), (models[2], 0))]
    return {
        "ratios": [r.figures() for r in ratios + singles],
        "largest_difference": max(largest_difference(m, rows[::10]) for m in models),
        "tables": {
            m.name: {"megabytes": m.expert.table_bytes / 1e6, "made_in_seconds": m.took_seconds} for m in models
        },
        "trees": trees,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }


def tell(figures: dict[str, object]) -> bool:
    """Print the table; whether each bar was met."""
    met = figures["largest_difference"] <= 1e-9  # type: ignore[operator]
    for r in figures["ratios"]:  # type: ignore[attr-defined]
        bar = f"bar {r['bar']:g}" if r["bar"] else ""
        met &= r["times"] >= r["bar"]
        line = f"{r['what']:36} {r['ours']['wall']:9.3f} ms   {r['against']:22} {r['theirs']['wall']:11.3f} ms"
        print(f"{line}   {r['times']:6.2f} x ({r['times_cpu']:.2f} x by processor time)   {bar}")  # noqa: T201
    print(json.dumps({key: value for key, value in figures.items() if key != "ratios"}))  # noqa: T201
    return bool(met)


def main() -> None:
    """Measure, print a table, write the figures, and fail below a bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="2,000 rows, 30 trees, one round; no bar")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    chosen = parser.parse_args()
    figures = measure(2000, 30, 1) if chosen.quick else measure(chosen.rows, 300, chosen.rounds)
    met = tell(figures)
    if chosen.out:
        chosen.out.write_text(json.dumps(figures, indent=2))
    sys.exit(0 if met or chosen.quick else 1)


if __name__ == "__main__":
    main()
