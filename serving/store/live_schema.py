"""The tables of the living service: whose score is behind, what was handed to sales, what others are to be told."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, false

from serving.store.schema import Id, Name, metadata

due = Table(
    "due",
    metadata,
    Column("lead_id", Name, primary_key=True),
    Column("seq", Id, nullable=False),  # the last write about the lead that its score hasn't seen
    Column("since", BigInteger, nullable=False),  # when the first such write was received
    Index(None, "since", "lead_id"),
    comment="leads of whom something is known that their score has not seen yet",
)

hand_offs = Table(
    "hand_offs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("seq", Id, nullable=False),
    Column("lead_id", Name, nullable=False),
    Column("offered_at", BigInteger, nullable=False),
    Column("band", Text, nullable=False),  # asked, hot, warm, cold: serving.lifecycle.handoff.Band
    Column("due_at", BigInteger, nullable=False),  # by when sales has to answer, as promised when it was offered
    Column("ledger_id", Id),  # the score that it was offered by; none where a person did it
    Column("by", Text, nullable=False),  # policy, or the id of a key
    Column("owner", Name),  # whose it was when it was offered
    Column("ended_at", BigInteger),
    Column("ending", Text),  # accepted, rejected, withdrawn (the score fell, it was closed), merged
    Column("reason", Text),  # of a rejection
    Column("ended_by", Text),
    Column("breach_told", Boolean, nullable=False, server_default=false()),
    Index(None, "lead_id"),
    Index(
        "ix_hand_offs_open",
        "due_at",
        sqlite_where=Column("ended_at").is_(None),
        postgresql_where=Column("ended_at").is_(None),
    ),
    comment="leads offered to sales, with the clock of each and what became of it",
    sqlite_autoincrement=True,  # its ids are told: none is given again
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),  # signing needs it as it is
    Column("kinds", Text, nullable=False),  # JSON: which notices, none for all
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("paused", Text),  # why nothing is sent there now
    comment="who wants to be told",
)

notices = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("seq", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # stage.changed, band.changed, hand_off.offered, ...
    Column("lead_id", Name, nullable=False),
    Column("data", Text, nullable=False),  # JSON
    Index(None, "lead_id"),
    comment="what happened that others may want to be told; written with the change itself",
    sqlite_autoincrement=True,  # its ids are told: none is given again
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("notice_id", Id, nullable=False),
    Column("webhook_id", Text, nullable=False),
    Column("lead_id", Name, nullable=False),  # so that it goes with the lead
    Column("state", Text, nullable=False),  # waiting, delivered, dead
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("last_status", Integer),
    Column("last_error", Text),
    PrimaryKeyConstraint("notice_id", "webhook_id"),
    Index(None, "state", "next_at"),
    Index(None, "lead_id"),
    comment="which notice goes to which webhook, and how far that is",
)
