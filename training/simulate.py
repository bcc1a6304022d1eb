"""A B2B company that does not exist, with a truth that is stated: data to learn from, and what is to be learned.

`simulate` makes the company's export; `Simulation.true_probability` says how likely each open lead
really was to be won, from what its record showed at that moment. No honest model can know more.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_numeric_dtype

from features.clock import DAY, to_micros
from features.tables import Export
from training.simulation.activities import Hits, events, hits
from training.simulation.calendar import exposure
from training.simulation.crm import Edits, edits, outcomes
from training.simulation.life import Lives, live
from training.simulation.people import People, blank, people
from training.simulation.world import WORLD, World

START = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A simulated company: its export, and all that only the simulator knows."""

    export: Export
    world: World
    people: People
    lives: Lives
    hits: Hits
    start: int  #: midnight of the first day, microseconds


def simulate(
    *,
    seed: int,
    leads: int = 7_000,
    months: int = 18,
    planted_leak: bool = True,
    start: datetime = START,
    world: World = WORLD,
) -> Simulation:
    """Let a company of `leads` leads live for `months` months from the midnight `start` on.

    Equal arguments give equal bytes. `planted_leak` adds a field that is filled in after closing.

    Raises:
        ValueError: `start` is no midnight UTC.
    """
    begin = to_micros(start)
    if begin % DAY:
        raise ValueError(f"{start.isoformat()} is no midnight UTC")
    n_days = int(np.ceil(months * 365.25 / 12))
    luck = np.random.default_rng(seed).spawn(6)
    crowd = people(world, leads=leads, start=begin, n_days=n_days, rng=luck[0])
    lives = live(world, crowd, exposure(world, begin, n_days), luck[1])
    found = hits(world, lives, begin, luck[2])
    table = events(world, crowd, lives, found, begin, luck[3])
    calls = table[(table["kind"] == "call_logged").to_numpy()]
    export = _export(
        crowd,
        table,
        outcomes(crowd, lives, calls, begin, luck[4]),
        edits(crowd, lives, begin, planted_leak, luck[5]),
        begin + n_days * DAY,
    )
    return Simulation(export=export, world=world, people=crowd, lives=lives, hits=found, start=begin)


def _export(crowd: People, table: pd.DataFrame, results: pd.DataFrame, edited: Edits, end: int) -> Export:
    numbers: npt.NDArray[np.int64] = np.arange(len(crowd))
    leads = pd.DataFrame(
        {
            "lead_id": np.array([f"L{i + 1:06d}" for i in numbers], dtype=object),
            "created_at": crowd.created_at,
            "account_id": crowd.account_id,
            "owner": np.array([f"rep-{i % 5 + 1}" for i in numbers], dtype=object),
            "age_from": crowd.created_at,
            "order": np.nan,
            "label": np.nan,
            **edited.final,
        }
    )
    return Export(
        leads=_objects(leads),
        events=_objects(table),
        changes=_objects(edited.changes),
        outcomes=_objects(results[results["happened_at"] <= end].reset_index(drop=True)),
        data_end=end,
        tracked=frozenset(str(f) for f in edited.changes["field"].unique()),
        has_old_values=True,
    )


def _objects(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its words as plain objects, None where there is none."""
    words = {
        name: pd.Series(blank(column.to_numpy(dtype=object), column.isna().to_numpy()), dtype=object)
        for name, column in table.items()
        if not is_numeric_dtype(column)
    }
    return table.assign(**words)
