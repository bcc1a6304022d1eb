"""What the living service needs: leads that are due, hand-offs, notices with their deliveries, fuller standings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("ended_at IS NULL")
COMMENT = "the last ledger row of each lead with what lists show; can be made again from ledger and facts"

TEXTS = ("band", "action", "action_text", "reasons", "name", "company", "role", "source")


def upgrade() -> None:
    """Bring the tables to this revision."""
    for name in TEXTS:
        op.add_column("standings", sa.Column(name, sa.Text()))
    op.add_column("standings", sa.Column("stage_since", sa.BigInteger()))
    op.add_column("standings", sa.Column("trend", sa.Integer()))
    op.add_column("standings", sa.Column("log_odds", sa.Double()))
    op.add_column("standings", sa.Column("lift", sa.Double()))
    op.add_column("standings", sa.Column("owner", NAME))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"COMMENT ON TABLE standings IS '{COMMENT}'")
    _due()
    _hand_offs()
    _notices()


def _due() -> None:
    op.create_table(
        "due",
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name="pk_due"),
        comment="leads of whom something is known that their score has not seen yet",
    )
    op.create_index("ix_due_since_lead_id", "due", ["since", "lead_id"])


def _hand_offs() -> None:
    op.create_table(
        "hand_offs",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("ledger_id", ID),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("owner", NAME),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ending", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("ended_by", sa.Text()),
        sa.Column("breach_told", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hand_offs"),
        comment="leads offered to sales, with the clock of each and what became of it",
    )
    op.create_index("ix_hand_offs_lead_id", "hand_offs", ["lead_id"])
    op.create_index("ix_hand_offs_open", "hand_offs", ["due_at"], sqlite_where=OPEN, postgresql_where=OPEN)


def _notices() -> None:
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("paused", sa.Text()),
        sa.PrimaryKeyConstraint("webhook_id", name="pk_webhooks"),
        comment="who wants to be told",
    )
    op.create_table(
        "notices",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        comment="what happened that others may want to be told; written with the change itself",
    )
    op.create_index("ix_notices_lead_id", "notices", ["lead_id"])
    op.create_table(
        "deliveries",
        sa.Column("notice_id", ID, nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("notice_id", "webhook_id", name="pk_deliveries"),
        comment="which notice goes to which webhook, and how far that is",
    )
    op.create_index("ix_deliveries_state_next_at", "deliveries", ["state", "next_at"])
    op.create_index("ix_deliveries_lead_id", "deliveries", ["lead_id"])
