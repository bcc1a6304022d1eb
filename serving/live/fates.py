"""What became of hand-offs, as SQL: results, moves and sources are read of those leads alone that sales was offered."""

from serving.live.tables_of_leads import CLOSINGS, MOVED, SOURCES, with_

_ROOT = "COALESCE(l.merged_into, l.lead_id)"
OFFERED = f"""
handed AS MATERIALIZED (
    SELECT h.id, h.lead_id, h.offered_at, h.due_at, h.band, h.owner, h.reason, {_ROOT} AS root,
           CASE WHEN h.ended_at <= :until THEN h.ended_at END AS ended_at,
           CASE WHEN h.ended_at <= :until THEN h.ending END AS ending,
           LEAD(h.offered_at) OVER (PARTITION BY {_ROOT} ORDER BY h.offered_at, h.id) AS next_at
    FROM hand_offs h JOIN leads l ON l.lead_id = h.lead_id
    WHERE h.offered_at <= :until
),
roots AS MATERIALIZED (
    SELECT DISTINCT root AS lead_id, root FROM handed
    UNION ALL SELECT lead_id, merged_into FROM leads WHERE merged_into IN (SELECT root FROM handed)
)"""  # noqa: S608  # our own words
_BETWEEN = "{0}.at >= h.offered_at AND (h.next_at IS NULL OR {0}.at < h.next_at)"
FATES = f"""
ended AS (
    SELECT h.id, MIN(CASE WHEN c.kind = 'closed_won' THEN c.at END) AS won_at,
           MIN(CASE WHEN c.kind = 'closed_lost' THEN c.at END) AS lost_at
    FROM handed h JOIN closings c ON c.root = h.root AND {_BETWEEN.format("c")}
    GROUP BY h.id
),
opened AS (
    SELECT h.id, MIN(m.at) AS at
    FROM handed h JOIN moved m ON m.root = h.root AND m.stage = 'opportunity' AND {_BETWEEN.format("m")}
    GROUP BY h.id
),
became AS (
    SELECT h.*, e.won_at, e.lost_at, o.at AS opened_at, s.value AS source,
           CASE WHEN COALESCE(h.ended_at, :until) > h.due_at THEN 1 ELSE 0 END AS late,
           CASE WHEN e.won_at IS NOT NULL THEN 'won' WHEN e.lost_at IS NOT NULL THEN 'lost'
                WHEN o.at IS NOT NULL THEN 'opportunity' WHEN h.ending IS NULL THEN 'waiting'
                WHEN h.ending IN ('accepted', 'merged') THEN h.ending WHEN h.next_at IS NOT NULL THEN 'recycled'
                ELSE h.ending END AS became
    FROM handed h LEFT JOIN ended e ON e.id = h.id LEFT JOIN opened o ON o.id = h.id
    LEFT JOIN sourced s ON s.root = h.root
    WHERE h.offered_at > :since
)"""  # noqa: S608  # our own words

WITH_FATES = with_(OFFERED, CLOSINGS, MOVED, SOURCES, FATES)
