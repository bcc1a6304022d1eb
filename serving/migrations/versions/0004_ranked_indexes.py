"""What the ranked list needs to be quick: its order with all that it filters by, so that no row is read in vain."""

from alembic import op

revision = "0004"
down_revision = "0005"

RANKED = ("probability", "lead_id", "stage", "band", "fit", "engagement", "owner", "source", "trend")


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.drop_index("ix_standings_probability_lead_id", "standings")
    op.create_index("ix_standings_ranked", "standings", RANKED)
    op.create_index("ix_standings_of_owner", "standings", ["owner", "probability", "lead_id"])
    op.create_index("ix_standings_named", "standings", ["probability", "lead_id", "name", "company"])
