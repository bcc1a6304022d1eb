"""The simulated company's data as files that its systems would export, with the settings that explain them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.clock import NEVER, iso
from features.settings import FILE_NAME
from features.tables import Export
from training.simulation.crm import as_text
from training.simulation.world import World

LEADS, EVENTS, CHANGES = "leads.csv", "events.parquet", "attribute_changes.csv"

_SETTINGS = """\
# The simulated company: settings that read its export.

[company]
name = "Simulated B2B company"
language = "en"

[data]
data_end = {data_end}

[data.leads]
file = "leads.csv"
created_at = "created_at"
closed_won_at = "closed_won_at"
closed_lost_at = "closed_lost_at"
account_id = "account_id"
owner = "owner"
ignore = ["import_batch"]  # of no meaning: which file a lead came in by

[data.events]
file = "events.parquet"
known_at = "known_at"
event_id = "event_id"
value = "value"
topic = "topic"
channel = "channel"
actor = "actor"

[data.attribute_changes]
file = "attribute_changes.csv"
old_value = "old_value"

[outcome]
horizon_days = 90
"""
_KIND = """
[kinds.{kind}]
actor = "{actor}"
stage = "{stage}"
"""
_OTHER_KINDS = (
    ("newsletter_signup", "lead", "subscriber"),
    ("email_sent", "seller", "lead"),
    ("call_logged", "seller", "sales_qualified"),
)


def write(export: Export, world: World, folder: Path) -> None:
    """Write the three tables and `ripeness.toml`; the folder is made if it isn't there."""
    folder.mkdir(parents=True, exist_ok=True)
    _csv(_leads(export), folder / LEADS)
    _csv(_changes(export), folder / CHANGES)
    pq.write_table(_events(export), folder / EVENTS, compression="zstd")
    (folder / FILE_NAME).write_text(settings_text(export, world), encoding="utf-8", newline="\n")


def settings_text(export: Export, world: World) -> str:
    """`ripeness.toml` for the written files."""
    own = [(a.kind, "lead", str(a.stage)) for a in world.activities]
    kinds = [_KIND.format(kind=kind, actor=actor, stage=stage) for kind, actor, stage in (*own, *_OTHER_KINDS)]
    return _SETTINGS.format(data_end=iso(export.data_end)) + "".join(kinds)


def _csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _times(micros: pd.Series) -> list[str | None]:
    return [None if moment == NEVER else iso(moment) for moment in micros]


def _leads(export: Export) -> pd.DataFrame:
    leads, outcomes = export.leads, export.outcomes
    table = pd.DataFrame({"lead_id": leads["lead_id"], "created_at": _times(leads["created_at"])})
    for name in ("account_id", "owner", *export.attributes):
        table[name] = leads[name].map(as_text)
    for kind in ("closed_won", "closed_lost"):
        here = outcomes[(outcomes["kind"] == kind).to_numpy()]
        at = pd.Series(np.full(len(leads), NEVER))
        at.iloc[here["lead"].to_numpy()] = here["happened_at"].to_numpy()
        table[f"{kind}_at"] = _times(at)
    return table


def _changes(export: Export) -> pd.DataFrame:
    changes = export.changes
    return pd.DataFrame(
        {
            "lead_id": export.leads["lead_id"].to_numpy()[changes["lead"]],
            "field": changes["field"],
            "value": changes["value"],
            "old_value": changes["old_value"],
            "known_at": _times(changes["known_at"]),
        }
    )


def _events(export: Export) -> pa.Table:
    """Activities and the verdicts of sales, whose reason is their topic, sorted by when they were known."""
    verdicts = export.outcomes[export.outcomes["kind"].isin(("sales_accepted", "sales_rejected")).to_numpy()]
    told = verdicts.rename(columns={"reason": "topic"}).assign(
        actor="seller", value=np.nan, channel=None, event_id=None
    )
    rows = pd.concat([export.events, told[export.events.columns]], ignore_index=True)
    rows = rows.sort_values("known_at", kind="stable")
    moment = pa.timestamp("us", tz="UTC")
    columns = {"lead_id": pa.array(export.leads["lead_id"].to_numpy()[rows["lead"]])}
    columns |= {name: pa.array(rows[name].to_numpy(np.int64), moment) for name in ("happened_at", "known_at")}
    columns["value"] = pa.array(rows["value"].to_numpy(np.float64), from_pandas=True)
    for name in ("kind", "topic", "channel", "actor", "event_id"):
        columns[name] = pa.array(rows[name].to_numpy(dtype=object), pa.string(), from_pandas=True)
    return pa.table(columns)
