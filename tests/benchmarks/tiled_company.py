"""Exports of any size: a simulated company laid side by side, each copy with ids, addresses and times of its own."""

import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.settings import FILE_NAME
from training.simulate import simulate

START = datetime(2023, 1, 1, tzinfo=UTC)
TILE = 20_000  #: leads of the company that is repeated
EVENTS_A_LEAD = 20
JITTER_DAYS = 3
CLOSED = ["closed_won_at", "closed_lost_at", "contract_contact"]  #: all leads are open: all are scored


def write_tiled(folder: Path, leads: int, *, seed: int = 5) -> Path:
    """Write `leads` open leads with 20 events each as Parquet, events in no order, with settings."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch)
        simulate(seed=seed, leads=min(leads, TILE), start=START).write(source)
        people = pd.read_csv(source / "leads.csv").drop(columns=CLOSED)
        events = pd.read_parquet(source / "events.parquet")
        events = events[events["actor"] == "lead"].reset_index(drop=True)
        settings = (source / FILE_NAME).read_text(encoding="utf-8")
    writers: list[pq.ParquetWriter] = []
    for tables in _tiles(people, events, leads, np.random.default_rng(seed)):
        if not writers:
            paths = folder / "leads.parquet", folder / "events.parquet"
            writers = [pq.ParquetWriter(path, table.schema) for path, table in zip(paths, tables, strict=True)]
        for writer, table in zip(writers, tables, strict=True):
            writer.write_table(table.cast(writer.schema))
    for writer in writers:
        writer.close()
    (folder / FILE_NAME).write_text(_settings(settings), encoding="utf-8")
    return folder


def _tiles(
    people: pd.DataFrame, events: pd.DataFrame, leads: int, chance: np.random.Generator
) -> Iterator[tuple[pa.Table, pa.Table]]:
    place = events["lead_id"].map({lead_id: i for i, lead_id in enumerate(people["lead_id"])}).to_numpy()
    for tile in range(-(-leads // len(people))):
        count = min(len(people), leads - tile * len(people))
        own = people.iloc[:count].copy()
        own["lead_id"] = [f"L{tile:04d}{i:06d}" for i in range(count)]
        own["email"] = [text.replace("@", f".{tile}@") if isinstance(text, str) else None for text in own["email"]]
        drawn = chance.choice(np.flatnonzero(place < count), EVENTS_A_LEAD * count)
        told = events.iloc[drawn].copy()
        told["lead_id"] = own["lead_id"].to_numpy()[place[drawn]]
        told["event_id"] = [f"E{tile:04d}{i:07d}" for i in range(len(told))]
        earlier = pd.to_timedelta(chance.integers(0, JITTER_DAYS * 86_400_000_000, len(told)), unit="us")
        told["happened_at"], told["known_at"] = told["happened_at"] - earlier, told["known_at"] - earlier
        yield tuple(pa.Table.from_pandas(table, preserve_index=False) for table in (own, told))


def _settings(text: str) -> str:
    """Those of the simulated company, without what was taken out."""
    text = re.sub(r"closed_(won|lost)_at = .*\n|data_end = .*\n", "", text.replace("leads.csv", "leads.parquet"))
    return re.sub(r"\[data\.attribute_changes\]\n(?:\w+ = .*\n)+", "", text)
