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
        leads[name] = pd.Series(values_then(export, name, moment), dtype="object")
    return replace(export, leads=leads, events=events[seen].sample(frac=1, random_state=1), changes=changes[known])


def values_then(export: Export, name: str, moment: Sequence[int]) -> list[object]:
    """What the leads table would have said of a field at each lead's moment, by plain loops."""
    values = list(export.leads[name])
    changed: set[int] = set()
    for row in export.changes[export.changes["field"] == name].sort_values("known_at", kind="stable").itertuples():
        if row.lead not in changed:
            values[row.lead] = row.old_value
        if row.known_at <= moment[row.lead]:
            values[row.lead] = row.value
        changed.add(row.lead)
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
    first = export.changes.sample(frac=0.5, random_state=3).drop_duplicates(["lead", "field"])
    first = first.assign(known_at=pairs.as_of[first["lead"]] + rng.integers(1, DAY, len(first)))
    values = {field: list(past.leads[field]) for field in export.tracked}
    if export.has_old_values:
        first["old_value"] = [values[row.field][row.lead] for row in first.itertuples()]
    for row in first.itertuples():
        values[row.field][row.lead] = row.value
    leads = past.leads.assign(**{field: pd.Series(each, dtype="object") for field, each in values.items()})
    return replace(
        past,
        leads=leads,
        events=pd.concat([events, past.events]).sample(frac=1, random_state=4, ignore_index=True),
        changes=pd.concat([past.changes, first], ignore_index=True),
    )
