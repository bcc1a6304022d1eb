"""A B2B company that does not exist, with a truth that is stated: data to learn from, and what is to be learned.

`simulate` makes the company's export; `Simulation.true_probability` says how likely each open lead
really was to be won, from what its record showed at that moment. No honest model can know more.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_numeric_dtype

from features.clock import DAY, to_micros
from features.settings import Settings, parse_settings
from features.tables import Export, Pairs
from training.simulation.activities import events
from training.simulation.calendar import exposure
from training.simulation.company import Company, hits
from training.simulation.crm import LEAK, Edits, edits, outcomes
from training.simulation.files import settings_text, write
from training.simulation.life import live
from training.simulation.people import blank, people
from training.simulation.truth import oracle_probability, true_probability
from training.simulation.world import WORLD, World

Floats = npt.NDArray[np.float64]

START = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Planted:
    """What a model should find, should find nothing in, and must not use."""

    signal_fields: tuple[str, ...] = ("source", "job_title", "industry", "employees", "country", "email")
    signal_kinds: tuple[str, ...] = ("page_view", "pricing_page_view", "email_click", "trial_started", "demo_request")
    noise_fields: tuple[str, ...] = ("import_batch", "owner")
    noise_kinds: tuple[str, ...] = ("careers_page_view",)
    leaks: tuple[str, ...] = (LEAK,)
    seller_kinds: tuple[str, ...] = ("call_logged", "email_sent")  #: sellers sense the intent: their judgement leaks


PLANTED = Planted()


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A simulated company: its export, and all that only the simulator knows."""

    export: Export
    company: Company

    def true_probability(self, pairs: Pairs, horizon_days: float) -> Floats:
        """The best possible answer, (n_pairs,): P(won in (as_of, as_of + horizon] | what was known at `as_of`).

        Known are the lead's attributes, what it did and did not do, and that it is still open; not its
        hidden intent. NaN for a lead that was not there yet or already closed.
        """
        return true_probability(self.company, pairs, horizon_days)

    def oracle_probability(self, pairs: Pairs, horizon_days: float) -> Floats:
        """The same given the hidden intent as well: how much of the outcome is plain luck."""
        return oracle_probability(self.company, pairs, horizon_days)

    @property
    def settings(self) -> Settings:
        """The settings that `write` puts beside the files."""
        return parse_settings(settings_text(self.export, self.company.world))

    def write(self, folder: Path) -> None:
        """Write the export as files with a `ripeness.toml`; equal simulations write equal bytes."""
        write(self.export, self.company.world, folder)


def simulate(
    *,
    seed: int,
    leads: int = 7_000,
    months: int = 24,
    planted_leak: bool = True,
    start: datetime = START,
    world: World = WORLD,
) -> Simulation:
    """Let a company of `leads` leads live for `months` months from the midnight `start` on.

    Equal arguments give equal bytes. `planted_leak` adds a field that is filled in after closing.

    Raises:
        ValueError: `start` is no midnight UTC.
    """
    begin, n_days = to_micros(start), math.ceil(months * 365.25 / 12)
    if begin % DAY:
        raise ValueError(f"{start.isoformat()} is no midnight UTC")
    luck = np.random.default_rng(seed).spawn(6)
    crowd = people(world, leads=leads, start=begin, n_days=n_days, rng=luck[0])
    exposed = exposure(world, begin, n_days)
    lives = live(world, crowd, exposed, luck[1])
    company = Company(
        world=world,
        people=crowd,
        exposure=exposed,
        lives=lives,
        hits=hits(world, lives, begin, luck[2]),
        start=begin,
    )
    table = events(company, luck[3])
    calls = table[(table["kind"] == "call_logged").to_numpy()]
    results, edited = outcomes(company, calls, luck[4]), edits(company, planted_leak=planted_leak, rng=luck[5])
    return Simulation(export=_export(company, table, results, edited), company=company)


def _export(company: Company, table: pd.DataFrame, results: pd.DataFrame, edited: Edits) -> Export:
    crowd, numbers = company.people, range(len(company.people))
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
        outcomes=_objects(results[results["happened_at"] <= company.end].reset_index(drop=True)),
        data_end=company.end,
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
