"""What the funnel needs to be quick: events by when they happened, and the fields that tell a lead's source."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0002"

SOURCE_FIELDS = (
    *("source", "Source", "lead_source", "Lead_Source", "Lead Source", "original_source", "Original_Source"),
    *("Original Source", "utm_source", "Utm_Source", "Utm Source", "origine", "Origine", "fonte", "Fonte"),
    *("provenienza", "Provenienza"),
)


def upgrade() -> None:
    """Bring the tables to this revision."""
    fields = sa.text("field IN (" + ", ".join(f"'{name}'" for name in SOURCE_FIELDS) + ")")
    op.create_index(
        "ix_attribute_changes_sources",
        "attribute_changes",
        ["lead_id"],
        sqlite_where=fields,
        postgresql_where=fields,
    )
    op.create_index("ix_events_happened_at_lead_id_kind", "events", ["happened_at", "lead_id", "kind"])
