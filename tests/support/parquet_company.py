"""A simulated company as Parquet files, with rows at fault, in no order."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pandas as pd

from features.settings import FILE_NAME, Settings, load_settings
from training.simulate import simulate

START = datetime(2025, 1, 1, tzinfo=UTC)


@cache
def _simulated(leads: int):
    return simulate(seed=11, leads=leads, start=START)


def write_company(folder: Path, *, leads: int) -> Settings:
    """Write the files and their settings: a lead twice, ids in margins, events of nobody, typing errors of times."""
    _simulated(leads).write(folder)
    settings_file = folder / FILE_NAME
    text = settings_file.read_text(encoding="utf-8")
    for name in ("leads", "attribute_changes"):
        table = pd.read_csv(folder / f"{name}.csv", dtype=str)
        if name == "leads":
            table = pd.concat([table.sample(frac=1, random_state=1), table.head(3).assign(industry="Twice")])
            table.iloc[5, table.columns.get_loc("lead_id")] += " "
            table.iloc[7, table.columns.get_loc("created_at")] = "2199-01-01T00:00:00Z"
            table.iloc[9, table.columns.get_loc("created_at")] = "soon"
        table.to_parquet(folder / f"{name}.parquet", index=False)
        (folder / f"{name}.csv").unlink()
        text = text.replace(f"{name}.csv", f"{name}.parquet")
    events = pd.read_parquet(folder / "events.parquet").sample(frac=1, random_state=2)
    strangers = events.head(5).assign(lead_id="nobody", event_id=[f"stranger-{i}" for i in range(5)])
    pd.concat([events, strangers]).to_parquet(folder / "events.parquet", index=False)
    settings_file.write_text(text, encoding="utf-8")
    return load_settings(settings_file)
