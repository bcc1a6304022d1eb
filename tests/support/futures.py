"""The same past with another future: what no feature, view or score may notice."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from features.clock import DAY
from features.tables import Export, Pairs


def only_the_past(export: Export, pairs: Pairs) -> Export:
    """The export as it stood at each lead's moment, its rows in another order; one pair for each lead."""
    moment = pairs.as_of
    events, changes = export.events, export.changes
    seen = (events["happened_at"] <= moment[events["lead"]]) & (events["known_at"] <= moment[events["lead"]])
    known = changes["known_at"] <= moment[changes["lead"]]
    leads = export.leads.copy()
    for name in export.tracked:
        leads[name] = values_then(export, name, moment)
    return replace(export, leads=leads, events=events[seen].sample(frac=1, random_state=1), changes=changes[known])


def values_then(export: Export, name: str, moment: Sequence[int]) -> list[object]:
    """What the leads table would have said of a field at each lead's moment, by plain loops."""
    changes = export.changes[export.changes["field"] == name].sort_values("known_at", kind="stable")
    per_lead = {lead: list(rows.itertuples()) for lead, rows in changes.groupby("lead")}
    values = list(export.leads[name])
    for lead, rows in per_lead.items():
        known = [row.value for row in rows if row.known_at <= moment[lead]]
        values[lead] = known[-1] if known else rows[0].old_value
    return values


def another_future(export: Export, pairs: Pairs) -> Export:
    """The past, and other events and changes that happen or get known after each lead's moment."""
    past = only_the_past(export, pairs)
    rng = np.random.default_rng(13)
    events = export.events.sample(frac=0.5, random_state=2)
    moment = pairs.as_of[events["lead"]]
    late = rng.random(len(events)) < 0.5
    after = moment + 1 + rng.integers(0, 20 * DAY, len(events)) * (rng.random(len(events)) < 0.9)
    events = events.assign(happened_at=np.where(late, events["happened_at"], after), known_at=after)
    changes = export.changes.sample(frac=0.5, random_state=3)
    first = changes.drop_duplicates(["lead", "field"])
    first = first.assign(known_at=pairs.as_of[first["lead"]] + rng.integers(1, DAY, len(first)))
    leads = past.leads.copy()
    if export.has_old_values:
        first["old_value"] = [
            past.leads[field][lead] for lead, field in zip(first["lead"], first["field"], strict=True)
        ]
    for lead, field, value in zip(first["lead"], first["field"], first["value"], strict=True):
        leads.loc[lead, field] = value
    return replace(
        past,
        leads=leads,
        events=pd.concat([events, past.events]).sample(frac=1, random_state=4, ignore_index=True),
        changes=pd.concat([past.changes, first], ignore_index=True),
    )
