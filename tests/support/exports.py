"""Small exports for tests, written as lists of plain rows.

`export_of(leads=[{"lead_id": "a", "industry": "retail"}], events=[{"lead_id": "a", "kind": "visit",
"happened_at": "2026-01-02"}])` is the `Export` that a reader would have made of such files. Times
are ISO texts (UTC unless they say otherwise) or microseconds.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pandas as pd

from features.clock import NEVER, to_micros
from features.tables import CHANGE_COLUMNS, EVENT_COLUMNS, LEAD_COLUMNS, OUTCOME_COLUMNS, Export

Row = Mapping[str, object]


def moment(when: object) -> int:
    """Microseconds of an ISO text; a number stands for itself, None for NEVER."""
    if when is None:
        return NEVER
    if isinstance(when, str):
        read = datetime.fromisoformat(when)
        return to_micros(read if read.tzinfo else read.replace(tzinfo=UTC))
    return int(when)  # type: ignore[call-overload]  # int, or a numpy integer


def export_of(
    *,
    leads: Iterable[Row],
    events: Iterable[Row] = (),
    changes: Iterable[Row] = (),
    outcomes: Iterable[Row] = (),
    data_end: object = None,
    flat: bool = False,
) -> Export:
    """An export of these rows; events, changes and outcomes name their lead by `lead_id`.

    Without `data_end` it is the last `known_at` of all. A field is tracked as soon as a change names it.
    """
    lead_table = _leads([dict(row) for row in leads])
    positions = {lead_id: i for i, lead_id in enumerate(lead_table["lead_id"])}
    event_table = _dated(events, EVENT_COLUMNS, positions)
    change_table = _dated(changes, CHANGE_COLUMNS, positions)
    outcome_table = _dated(outcomes, OUTCOME_COLUMNS, positions)
    known = [t["known_at"].max() for t in (event_table, change_table, outcome_table) if len(t)]
    return Export(
        leads=lead_table,
        events=event_table.astype({"value": "float64", "kind": "str", "topic": "str", "channel": "str"}),
        changes=change_table,
        outcomes=outcome_table,
        data_end=moment(data_end) if data_end is not None else int(max(known, default=0)),
        flat=flat,
        tracked=frozenset(change_table["field"]),
        has_old_values=bool(change_table["old_value"].notna().any()),
    )


def _leads(rows: list[dict[str, object]]) -> pd.DataFrame:
    fields = dict.fromkeys(name for row in rows for name in row if name not in LEAD_COLUMNS)
    own: dict[str, object] = {
        "lead_id": [str(row.get("lead_id", i + 1)) for i, row in enumerate(rows)],
        "created_at": pd.Series([moment(row.get("created_at")) for row in rows], dtype="int64"),
        "account_id": pd.Series([row.get("account_id") for row in rows], dtype="object"),
        "owner": pd.Series([row.get("owner") for row in rows], dtype="object"),
        "age_from": pd.Series([moment(row.get("age_from", row.get("created_at"))) for row in rows], dtype="int64"),
        "order": pd.Series([row.get("order", i) for i, row in enumerate(rows)], dtype="float64"),
        "label": pd.Series([row.get("label") for row in rows], dtype="float64"),
    }
    attributes = {name: pd.Series([row.get(name) for row in rows], dtype="object") for name in fields}
    return pd.DataFrame(own | attributes)


def _dated(rows: Iterable[Row], columns: tuple[str, ...], positions: Mapping[str, int]) -> pd.DataFrame:
    listed = [{**row} for row in rows]
    table = {name: pd.Series([row.get(name) for row in listed], dtype="object") for name in columns}
    table["lead"] = pd.Series([positions[str(row["lead_id"])] for row in listed], dtype="int64")
    happened = [moment(row.get("happened_at", row.get("known_at"))) for row in listed]
    known = [moment(row.get("known_at", row.get("happened_at"))) for row in listed]
    if "happened_at" in columns:
        table["happened_at"] = pd.Series(happened, dtype="int64")
    table["known_at"] = pd.Series(known, dtype="int64")
    return pd.DataFrame(table)
