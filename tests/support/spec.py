"""Says what a feature is for leads written as small text tables."""

import math

import numpy as np

from features.definitions import Definition
from features.rows import build_rows
from features.tables import Pairs
from features.view import KindMeaning, View
from support.exports import export_of, moment
from support.text_tables import rows_of

Value = float | str | None


def feature(
    definition: Definition,
    events: str = "",
    *,
    as_of: str,
    leads: str = "",
    changes: str = "",
    categories: tuple[str, ...] = (),
    **view: object,
) -> dict[str, Value]:
    """The feature of each lead at `as_of`; None where it is missing, a category by its text.

    The view knows each kind of the events unless `kinds` says otherwise; leads are those that a
    table names.
    """
    event_rows, lead_rows, change_rows = rows_of(events), rows_of(leads), rows_of(changes)
    named = dict.fromkeys(row.get("lead_id") or row.get("lead") for row in [*lead_rows, *event_rows, *change_rows])
    known = {row["lead"]: row for row in lead_rows}
    export = export_of(
        leads=[{"lead_id": lead, **{k: v for k, v in known.get(lead, {}).items() if k != "lead"}} for lead in named],
        events=[_of_lead(row) for row in event_rows],
        changes=[_of_lead(row) for row in change_rows],
    )
    kinds = dict.fromkeys(row["kind"] for row in event_rows)
    seen = {"kinds": tuple(KindMeaning(name=str(kind)) for kind in kinds)} | view
    seen_view = View(definitions=(definition,), categories={definition.name: categories}, **seen)  # type: ignore[arg-type]
    pairs = Pairs(lead=np.arange(len(named)), as_of=np.full(len(named), moment(as_of)))
    column = build_rows(seen_view, export, pairs)[:, 0]
    return {str(lead): _said(value, categories) for lead, value in zip(named, column, strict=True)}


def _of_lead(row: dict[str, str | None]) -> dict[str, object]:
    value = row.get("value")
    numeric = {"value": float(value)} if value is not None and "kind" in row else {}
    return {**row, "lead_id": row["lead"], **numeric}


def _said(value: float, categories: tuple[str, ...]) -> Value:
    if math.isnan(value):
        return None
    return categories[int(value)] if categories else round(float(value), 9)
