"""What queue and funnel read of leads, in SQL that both databases take: each part is a table for a WITH clause.

Facts keep the lead_id that they came with, so everything here is counted by `root`, the lead that stays
where leads were merged. All moments are int64 microseconds; `:until` bounds what had happened.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from features.stages import Stage
from features.tables import OUTCOME_KINDS
from serving.store.schema import SOURCE_FIELDS

_FIELDS = ", ".join(f"'{name}'" for name in SOURCE_FIELDS)
_OUTCOMES = ", ".join(f"'{kind}'" for kind in OUTCOME_KINDS)
_FIRST = " ".join(f"WHEN '{name}' THEN {i}" for i, name in enumerate(SOURCE_FIELDS))
_RANK = " ".join(f"WHEN '{stage.value}' THEN {stage.rank}" for stage in Stage)

#: every lead_id with the lead that it is part of
ROOTS = "roots AS (SELECT lead_id, COALESCE(merged_into, lead_id) AS root FROM leads)"

#: each lead, when it came (or was first heard of), and whose it is
PERSONS = """
persons AS (
    SELECT COALESCE(l.merged_into, l.lead_id) AS root,
           MIN(COALESCE(l.created_at, CASE WHEN l.merged_into IS NULL THEN w.at END)) AS came_at,
           MAX(CASE WHEN l.merged_into IS NULL THEN l.owner END) AS owner
    FROM leads l JOIN writes w ON w.seq = l.seq
    GROUP BY COALESCE(l.merged_into, l.lead_id)
)"""

#: how each lead ended, if it did; SQLite takes the index of outcomes only where its whole condition is there, and
#: starts with it only where the results are a table of their own
CLOSINGS = f"""
results AS MATERIALIZED (
    SELECT lead_id, kind, happened_at AS at FROM events
    WHERE kind IN ({_OUTCOMES}) AND kind IN ('closed_won', 'closed_lost') AND happened_at <= :until
),
closings AS MATERIALIZED (SELECT r.root, e.kind, e.at FROM results e JOIN roots r ON r.lead_id = e.lead_id)"""  # noqa: S608  # our own words

#: moves that were not taken back, in their order
MOVED = """
moved AS (
    SELECT m.id, m.lead_id AS root, m.stage, m.previous, m.happened_at AS at, m.known_at, m.because
    FROM stage_moves m JOIN leads l ON l.lead_id = m.lead_id AND l.merged_into IS NULL
    WHERE m.undoes IS NULL AND m.happened_at <= :until
      AND m.id NOT IN (SELECT undoes FROM stage_moves WHERE undoes IS NOT NULL)
)"""

#: the last known source of each lead, as JSON
SOURCES = f"""
sourced AS (
    SELECT root, value FROM (
        SELECT r.root, c.value, ROW_NUMBER() OVER (
            PARTITION BY r.root ORDER BY CASE c.field {_FIRST} END, c.known_at DESC, c.id DESC) AS nth
        FROM attribute_changes c JOIN roots r ON r.lead_id = c.lead_id
        WHERE NOT c.own AND c.field IN ({_FIELDS}) AND c.value <> 'null'
    ) told WHERE nth = 1
)"""  # noqa: S608  # our own words


def rank_of(column: str) -> str:
    """The place of a stage in the lifecycle, 0 to 6."""
    return f"CASE {column} {_RANK} END"


def with_(*tables: str) -> str:
    """A WITH clause of these tables."""
    return "WITH " + ",".join(table.strip() for table in tables)


def over_all(connection: Connection, asked: str, values: Mapping[str, object]) -> Sequence[Any]:
    """Rows of a question about all leads.

    PostgreSQL knows nothing of the sizes of the parts above and would now and then walk through one for each row of
    another; until the end of this transaction it has to sort or hash them.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_nestloop = off"))
    return connection.execute(text(asked), values).all()


def among(name: str, values: Sequence[object]) -> tuple[str, dict[str, object]]:
    """A list of bound values for IN, and the values; never an empty list."""
    bound = {f"{name}_{i}": value for i, value in enumerate(values)} or {f"{name}_none": None}
    return ", ".join(f":{key}" for key in bound), bound
