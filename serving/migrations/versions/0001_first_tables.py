"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OUTCOME = sa.text("kind IN ('closed_won', 'closed_lost', 'sales_accepted', 'sales_rejected')")


def upgrade() -> None:
    """Bring the tables to this revision."""
    _single_values()
    _who()
    _facts()
    _moves()
    _scores()


def _single_values() -> None:
    """What belongs to the whole store."""
    op.create_table(
        "about",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_about"),
        comment="single values of this store, such as the key of its tombstones",
    )
    op.create_table(
        "kinds_seen",
        sa.Column("kind", NAME, nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_kinds_seen"),
        comment="how many events of each kind were ever received",
    )
    op.create_table(
        "writes",
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("lead_id", NAME, nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_writes"),
        comment="every write, with no payload: the audit, and the one order of everything",
    )


def _who() -> None:
    """Leads, and what became of them as records."""
    op.create_table(
        "leads",
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("account_id", NAME, nullable=True),
        sa.Column("owner", NAME, nullable=True),
        sa.Column("merged_into", NAME, nullable=True),
        sa.PrimaryKeyConstraint("lead_id", name="pk_leads"),
        comment="who was ever heard of, with the last known creation, account and owner",
    )
    op.create_index("ix_leads_merged_into", "leads", ["merged_into"], unique=False)
    op.create_table(
        "attribute_changes",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("field", NAME, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("merge_seq", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_attribute_changes"),
        comment="which field got which value, known when",
    )
    op.create_index("ix_attribute_changes_lead_id", "attribute_changes", ["lead_id"], unique=False)
    op.create_table(
        "merges",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("into_id", NAME, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_merges"),
        comment="whose facts count as whose from when on; the facts themselves keep the lead_id that they came with",
    )
    op.create_index("ix_merges_into_id", "merges", ["into_id"], unique=False)
    op.create_table(
        "tombstones",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_tombstones"),
        comment="who was deleted, unreadable, so that late facts are refused",
    )


def _facts() -> None:
    """What leads did and said."""
    op.create_table(
        "events",
        sa.Column("source", NAME, nullable=False),
        sa.Column("event_id", NAME, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("reason", NAME, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "source", name="pk_events"),
        comment="what leads did, and as kinds of their own how it ended and what sales said",
    )
    op.create_index("ix_events_lead_id", "events", ["lead_id"], unique=False)
    op.create_index(
        "ix_events_outcomes",
        "events",
        ["kind", "happened_at"],
        unique=False,
        sqlite_where=OUTCOME,
        postgresql_where=OUTCOME,
    )
    op.create_table(
        "consents",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
        comment="what leads allow; an objection to profiling is profiling not given",
    )
    op.create_index("ix_consents_lead_id", "consents", ["lead_id"], unique=False)


def _moves() -> None:
    """Where leads went."""
    op.create_table(
        "stage_moves",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("undoes", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_stage_moves"),
        comment="the way of each lead along the lifecycle",
    )
    op.create_index("ix_stage_moves_lead_id", "stage_moves", ["lead_id"], unique=False)


def _scores() -> None:
    """What was answered."""
    op.create_table(
        "ledger",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("seen_seq", ID, nullable=False),
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("scored_at", sa.BigInteger(), nullable=False),
        sa.Column("log_odds", sa.Double(), nullable=False),
        sa.Column("base_value", sa.Double(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("fit", sa.Text(), nullable=False),
        sa.Column("engagement", sa.Text(), nullable=False),
        sa.Column("contributions", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        comment="every score with all that it takes to work it out again",
    )
    op.create_index("ix_ledger_lead_id_as_of", "ledger", ["lead_id", "as_of"], unique=False)
    op.create_table(
        "standings",
        sa.Column("lead_id", NAME, nullable=False),
        sa.Column("ledger_id", ID, nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("previous_score", sa.Integer(), nullable=True),
        sa.Column("fit", sa.Text(), nullable=False),
        sa.Column("engagement", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name="pk_standings"),
        comment="the last ledger row of each lead, for lists; can be made again from the ledger",
    )
    op.create_index("ix_standings_probability_lead_id", "standings", ["probability", "lead_id"], unique=False)
