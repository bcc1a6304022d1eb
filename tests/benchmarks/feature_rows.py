"""Features of many leads at three moments each: Ripeness against DuckDB, Polars and pandas making the same table.

usage: python tests/benchmarks/feature_rows.py [--events 10000000 | --quick] [--repeat N] [--only NAME ...]
       [--seed N] [--out FILE.json]

Every tool runs in a process of its own and starts from unsorted columns of plain integers that it
holds in memory; loading them is not counted, sorting is. The peers' tables are compared with ours on
every pair. Each peer may try the ways that its users would: one wide aggregation, or one per kind and
then a pivot; Polars also streaming, and in slices of leads that fit into the cache.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import duckdb
import numba
import numpy as np
import numpy.typing as npt
import polars as pl
from rich.console import Console
from rich.table import Table

from features.clock import DAY
from features.definitions import Count, Decayed, Definition, Recency
from features.event_order import Columns
from features.events import EventLog
from features.kernel import behaviour
from features.view import KindMeaning, View

KINDS = 12
WINDOWS_DAYS = (7, 14, 30, 90)
HALF_LIFE_DAYS = 14
EVENTS_PER_LEAD = 50
PAIRS_PER_LEAD = 3
SLICES = 20
OURS = "Ripeness"
FADE = -math.log(2) / (HALF_LIFE_DAYS * DAY)


@dataclass(frozen=True, kw_only=True)
class Data:
    """Events in no order, and the pairs to build rows for."""

    events: dict[str, npt.NDArray[np.int64]]
    pairs: dict[str, npt.NDArray[np.int64]]

    @property
    def leads(self) -> int:
        return len(self.pairs["pair"]) // PAIRS_PER_LEAD

    @classmethod
    def of(cls, n: int, *, seed: int) -> "Data":
        """A year of events; one in twenty gets known up to five days late."""
        rng = np.random.default_rng(seed)
        leads = max(n // EVENTS_PER_LEAD, 1)
        happened = rng.integers(0, 365 * DAY, n)
        late = np.where(rng.random(n) < 0.05, rng.integers(0, 5 * DAY, n), 0)
        pairs = leads * PAIRS_PER_LEAD
        return cls(
            events={
                "lead": rng.integers(0, leads, n),
                "kind": rng.integers(0, KINDS, n),
                "happened_at": happened,
                "known_at": happened + late,
            },
            pairs={
                "pair": np.arange(pairs),
                "lead": np.repeat(np.arange(leads), PAIRS_PER_LEAD),
                "as_of": rng.integers(90 * DAY, 365 * DAY, pairs),
            },
        )


def view() -> View:
    """Counts in each window, recency and decay for each kind."""
    return View(
        definitions=tuple(definition for kind in range(KINDS) for definition in _of_kind(f"k{kind}")),
        kinds=tuple(KindMeaning(name=f"k{kind}") for kind in range(KINDS)),
    )


def _of_kind(kind: str) -> Iterator[Definition]:
    yield from (Count(kind=kind, days=days) for days in WINDOWS_DAYS)
    yield Recency(kind=kind)
    yield Decayed(kind=kind, half_life_days=HALF_LIFE_DAYS)


def names(kind: int) -> tuple[list[str], str, str]:
    """The names of a kind's counts, its recency and its decay."""
    *counts, recency, decayed = (definition.name for definition in _of_kind(f"k{kind}"))
    return counts, recency, decayed


def ripeness(data: Data) -> Callable[[], npt.NDArray[np.float64]]:
    """Sort, then the kernel."""
    none, codes = np.empty(0), np.empty(0, dtype=np.int32)
    columns = Columns(**data.events, value=none, topic=codes, channel=codes)
    wanted = view()

    def build() -> npt.NDArray[np.float64]:
        log = EventLog.of_columns(columns, n_leads=data.leads)
        return behaviour(wanted, log, data.pairs["lead"], data.pairs["as_of"])

    return build


def duckdb_wide(data: Data) -> Callable[[], pl.DataFrame]:
    """One aggregation with a filter for each column."""
    columns = ", ".join(column for kind in range(KINDS) for column in _duckdb_wide_columns(kind))
    return _duckdb(data, f"select pair, {columns} from seen group by pair")  # noqa: S608  # names of this file


def _duckdb_wide_columns(kind: int) -> Iterator[str]:
    counts, recency, decayed = names(kind)
    for name, days in zip(counts, WINDOWS_DAYS, strict=True):
        yield f"count(*) filter (where kind = {kind} and age < {days * DAY}) as {name}"
    yield f"min(age) filter (where kind = {kind}) / {DAY}.0 as {recency}"
    yield f"sum(fading) filter (where kind = {kind}) as {decayed}"


def duckdb_pivot(data: Data) -> Callable[[], pl.DataFrame]:
    """One aggregation per pair and kind, then one row for each pair."""
    counts = ", ".join(f"count(*) filter (where age < {days * DAY}) as c{days}" for days in WINDOWS_DAYS)
    columns = ", ".join(column for kind in range(KINDS) for column in _duckdb_pivot_columns(kind))
    per_kind = f"select pair, kind, {counts}, min(age) / {DAY}.0 as recency, sum(fading) as decayed"
    per_kind += " from seen group by pair, kind"
    return _duckdb(data, f"select pair, {columns} from ({per_kind}) group by pair")  # noqa: S608  # as above


def _duckdb_pivot_columns(kind: int) -> Iterator[str]:
    counts, recency, decayed = names(kind)
    sources = [*(f"c{days}" for days in WINDOWS_DAYS), "recency", "decayed"]
    for name, source in zip([*counts, recency, decayed], sources, strict=True):
        yield f"any_value({source}) filter (where kind = {kind}) as {name}"


def _duckdb(data: Data, query: str) -> Callable[[], pl.DataFrame]:
    connection = duckdb.connect(config={"threads": numba.config.NUMBA_NUM_THREADS})
    for name, columns in (("events", data.events), ("pairs", data.pairs)):
        connection.register("columns", pl.DataFrame(columns).to_arrow())
        connection.execute(f"create table {name} as select * from columns")  # noqa: S608  # as above
    connection.execute(
        """create view seen as
        select p.pair, e.kind, p.as_of - e.happened_at as age, exp((p.as_of - e.happened_at) * fade) as fading
        from pairs p join events e on e.lead = p.lead and e.happened_at <= p.as_of and e.known_at <= p.as_of""".replace(
            "fade)", f"{FADE!r})"
        )
    )
    return lambda: connection.sql(query).pl()


def polars_wide(data: Data, *, engine: str = "in-memory") -> Callable[[], pl.DataFrame]:
    """One aggregation with a conditional sum for each column."""
    events, pairs = pl.DataFrame(data.events), pl.DataFrame(data.pairs)
    return lambda: _polars_wide(events, pairs, engine)


def polars_streaming(data: Data) -> Callable[[], pl.DataFrame]:
    """As `polars_wide`, by the streaming engine."""
    return polars_wide(data, engine="streaming")


def polars_slices(data: Data) -> Callable[[], pl.DataFrame]:
    """As `polars_wide`, for one slice of the leads after the other."""
    events, pairs = pl.DataFrame(data.events), pl.DataFrame(data.pairs)
    bounds = [data.leads * i // SLICES for i in range(SLICES + 1)]

    def build() -> pl.DataFrame:
        chosen = [pl.col("lead").is_between(a, b, closed="left") for a, b in pairwise(bounds)]
        return pl.concat([_polars_wide(events.filter(some), pairs.filter(some), "in-memory") for some in chosen])

    return build


def _seen(events: pl.DataFrame, pairs: pl.DataFrame) -> pl.LazyFrame:
    age = pl.col("as_of") - pl.col("happened_at")
    visible = (pl.col("happened_at") <= pl.col("as_of")) & (pl.col("known_at") <= pl.col("as_of"))
    joined = pairs.lazy().join(events.lazy(), on="lead").filter(visible)
    return joined.select("pair", "kind", age=age, fading=(age * FADE).exp())


def _polars_wide(events: pl.DataFrame, pairs: pl.DataFrame, engine: str) -> pl.DataFrame:
    columns = [column for kind in range(KINDS) for column in _polars_wide_columns(kind)]
    return _seen(events, pairs).group_by("pair").agg(columns).collect(engine=engine)


def _polars_wide_columns(kind: int) -> Iterator[pl.Expr]:
    counts, recency, decayed = names(kind)
    own = pl.col("kind") == kind
    for name, days in zip(counts, WINDOWS_DAYS, strict=True):
        yield (own & (pl.col("age") < days * DAY)).sum().alias(name)
    yield (pl.when(own).then("age").min() / DAY).alias(recency)
    yield pl.when(own).then("fading").sum().alias(decayed)


def polars_pivot(data: Data) -> Callable[[], pl.DataFrame]:
    """One aggregation per pair and kind, then a pivot."""
    events, pairs = pl.DataFrame(data.events), pl.DataFrame(data.pairs)
    counts = [(pl.col("age") < days * DAY).sum().alias(f"c{days}") for days in WINDOWS_DAYS]
    sources = [*(f"c{days}" for days in WINDOWS_DAYS), "recency", "decayed"]
    own_names = {
        f"{source}_{kind}": name
        for kind in range(KINDS)
        for source, name in zip(sources, [*names(kind)[0], *names(kind)[1:]], strict=True)
    }

    def build() -> pl.DataFrame:
        per_kind = _seen(events, pairs).group_by("pair", "kind")
        long = per_kind.agg(*counts, recency=pl.col("age").min() / DAY, decayed=pl.col("fading").sum()).collect()
        return long.pivot(on="kind", index="pair", values=sources).rename(own_names)

    return build


def pandas_pivot(data: Data) -> Callable[[], pl.DataFrame]:
    """One `groupby` per pair and kind, then an `unstack`."""
    import pandas as pd

    events, pairs = pd.DataFrame(data.events), pd.DataFrame(data.pairs)

    def build() -> pl.DataFrame:
        seen = pairs.merge(events, on="lead")
        seen = seen[(seen["happened_at"] <= seen["as_of"]) & (seen["known_at"] <= seen["as_of"])]
        age = seen["as_of"] - seen["happened_at"]
        told = {f"c{days}": age < days * DAY for days in WINDOWS_DAYS} | {
            "recency": age / DAY,
            "decayed": np.exp(age * FADE),
        }
        how = {f"c{days}": "sum" for days in WINDOWS_DAYS} | {"recency": "min", "decayed": "sum"}
        long = seen[["pair", "kind"]].assign(**told).groupby(["pair", "kind"]).agg(how).unstack("kind")
        own = [*(f"c{days}" for days in WINDOWS_DAYS), "recency", "decayed"]
        named = {
            (source, kind): name
            for kind in range(KINDS)
            for source, name in zip(own, [*names(kind)[0], *names(kind)[1:]], strict=True)
        }
        long.columns = [named[column] for column in long.columns]
        return pl.from_pandas(long.reset_index())

    return build


PEERS: dict[str, Callable[[Data], Callable[[], pl.DataFrame]]] = {
    "DuckDB, wide": duckdb_wide,
    "DuckDB, per kind": duckdb_pivot,
    "Polars, wide": polars_wide,
    "Polars, wide, streaming": polars_streaming,
    "Polars, wide, slices of leads": polars_slices,
    "Polars, per kind": polars_pivot,
    "pandas, per kind": pandas_pivot,
}


def differences(rows: npt.NDArray[np.float64], peer: pl.DataFrame) -> list[str]:
    """The columns where a peer's table says something else on any pair."""
    at = peer["pair"].to_numpy()
    found = []
    for name, mine in zip(view().names, rows.T, strict=True):
        theirs = np.full(len(mine), np.nan)
        theirs[at] = peer[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        if not name.endswith("recency_days"):
            theirs = np.nan_to_num(theirs)
        tolerance = 0.0 if "_count_" in name else 1e-9
        if not np.allclose(mine, theirs, rtol=tolerance, atol=tolerance, equal_nan=True):
            found.append(name)
    return found


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one tool took, run by run, and the columns where its table differs from ours.

    CPU time counts every thread, so that it says more than the clock on a busy machine. The first
    run is kept apart: it asks the system for memory that the others have already.
    """

    seconds: list[float]
    cpu_seconds: list[float]
    differences: list[str]

    @property
    def wall(self) -> float:
        return statistics.median(self.seconds[1:])

    @property
    def cpu(self) -> float:
        return statistics.median(self.cpu_seconds[1:])


def measure(name: str, data: Data, repeat: int) -> Result:
    """Run one tool in this process, once and then `repeat` times."""
    build = ripeness(data) if name == OURS else PEERS[name](data)
    if name == OURS:
        ripeness(Data.of(1_000, seed=0))()  # reads the compiled code from disk, or compiles
    seconds, cpu_seconds = [], []
    for _ in range(repeat + 1):
        table = None  # gives the memory of the last run back
        wall, cpu = time.perf_counter(), time.process_time()
        table = build()
        cpu_seconds.append(time.process_time() - cpu)
        seconds.append(time.perf_counter() - wall)
    different = differences(ripeness(data)(), table) if isinstance(table, pl.DataFrame) else []
    return Result(seconds=seconds, cpu_seconds=cpu_seconds, differences=different)


def measure_apart(name: str, events: int, seed: int, repeat: int) -> Result:
    """As `measure`, in a process of its own, so that no tool works with what another left behind."""
    asked = ["--tool", name, "--events", str(events), "--seed", str(seed), "--repeat", str(repeat)]
    answer = subprocess.run([sys.executable, __file__, *asked], check=True, capture_output=True, text=True)
    return Result(**json.loads(answer.stdout))


def show(results: dict[str, Result], say: Console) -> None:
    """A table of medians, with the ratio to ours."""
    ours = results[OURS]
    table = Table("", "first", "median", "times", "CPU", "times", "equal", title="seconds, and times ours")
    for name, result in results.items():
        ratios = [f"{result.wall / ours.wall:.1f}", f"{result.cpu / ours.cpu:.1f}"]
        equal = ", ".join(result.differences) or "all"
        numbers = [f"{result.seconds[0]:.2f}", f"{result.wall:.2f}", ratios[0], f"{result.cpu:.2f}", ratios[1]]
        table.add_row(name, *numbers, equal)
    say.print(table)


def main() -> int:
    """Run what the command line asks for; 1 when a table differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--quick", action="store_true", help="200,000 events")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each tool after its first")
    parser.add_argument("--only", nargs="*", choices=list(PEERS), default=list(PEERS), help="peers to run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    parser.add_argument("--tool", choices=[OURS, *PEERS], help="measure this one here and print JSON")
    asked = parser.parse_args()
    events = 200_000 if asked.quick else asked.events
    say = Console()
    if asked.tool:
        say.print_json(data=asdict(measure(asked.tool, Data.of(events, seed=asked.seed), asked.repeat)))
        return 0
    results = {}
    for name in [OURS, *asked.only]:
        say.print(f"{name} ...")
        results[name] = measure_apart(name, events, asked.seed, asked.repeat)
    show(results, say)
    if asked.out:
        figures = {name: asdict(result) for name, result in results.items()}
        facts = {"events": events, "threads": numba.config.NUMBA_NUM_THREADS, "results": figures}
        asked.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return 1 if any(result.differences for result in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
