"""The tables. Times are int64 microseconds UTC; facts are only ever added, and carry the number of their write.

`seq` numbers writes in the order of their commits. What a score could have seen is what has a `seq`
up to the one in its ledger row, so any past answer can be worked out again.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from features.tables import OUTCOME_KINDS

metadata = MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"})

#: a name, compared by its code points in both databases
Name = Text().with_variant(Text(collation="C"), "postgresql")
#: a number that the database gives in the order of insertion
Id = BigInteger().with_variant(Integer, "sqlite")

#: fields that tell where a lead came from, by the names that CRMs give them; the funnel reads them of all leads
SOURCE_FIELDS = (
    *("source", "Source", "lead_source", "Lead_Source", "Lead Source", "original_source", "Original_Source"),
    *("Original Source", "utm_source", "Utm_Source", "Utm Source", "origine", "Origine", "fonte", "Fonte"),
    *("provenienza", "Provenienza"),
)
_TELLS_SOURCE = text("field IN (" + ", ".join(f"'{name}'" for name in SOURCE_FIELDS) + ")")

writes = Table(
    "writes",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),  # when it was received
    Column("key_id", Text, nullable=False),  # whose API key, or "cli"
    Column("action", Text, nullable=False),
    Column("lead_id", Name),  # none where a write is about several
    Column("rows", Integer, nullable=False),
    comment="every write, with no payload: the audit, and the one order of everything",
)

leads = Table(
    "leads",
    metadata,
    Column("lead_id", Name, primary_key=True),
    Column("seq", Id, nullable=False),
    Column("created_at", BigInteger),
    Column("account_id", Name),
    Column("owner", Name),
    Column("merged_into", Name),
    Index(None, "merged_into"),
    comment="who was ever heard of, with the last known creation, account and owner",
)

attribute_changes = Table(
    "attribute_changes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("seq", Id, nullable=False),
    Column("lead_id", Name, nullable=False),
    Column("own", Boolean, nullable=False),  # created_at, account_id or owner, not an attribute of that name
    Column("field", Name, nullable=False),
    Column("value", Text, nullable=False),  # JSON
    Column("known_at", BigInteger, nullable=False),
    Column("merge_seq", Id),  # filled in by this merge from the other lead
    Index(None, "lead_id"),
    Index("ix_attribute_changes_sources", "lead_id", sqlite_where=_TELLS_SOURCE, postgresql_where=_TELLS_SOURCE),
    comment="which field got which value, known when",
)

events = Table(
    "events",
    metadata,
    Column("source", Name, nullable=False),
    Column("event_id", Name, nullable=False),
    Column("seq", Id, nullable=False),
    Column("lead_id", Name, nullable=False),
    Column("kind", Name, nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("value", Double),
    Column("topic", Text),
    Column("channel", Text),
    Column("actor", Text),
    Column("reason", Name),  # of an outcome or a verdict
    Column("note", Text),  # of a verdict: free text
    Column("digest", Text, nullable=False),  # of what was sent, to tell a repetition from a contradiction
    PrimaryKeyConstraint("event_id", "source"),  # in this order: without statistics PostgreSQL scans a whole source
    Index(None, "lead_id"),
    Index(None, "happened_at", "lead_id", "kind"),  # who was active of late, without looking at all events
    Index(
        "ix_events_outcomes",
        "kind",
        "happened_at",
        sqlite_where=Column("kind").in_(OUTCOME_KINDS),
        postgresql_where=Column("kind").in_(OUTCOME_KINDS),
    ),
    comment="what leads did, and as kinds of their own how it ended and what sales said",
)

consents = Table(
    "consents",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("seq", Id, nullable=False),
    Column("lead_id", Name, nullable=False),
    Column("purpose", Text, nullable=False),  # marketing or profiling
    Column("given", Boolean, nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Index(None, "lead_id"),
    comment="what leads allow; an objection to profiling is profiling not given",
)

stage_moves = Table(
    "stage_moves",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("seq", Id, nullable=False),
    Column("lead_id", Name, nullable=False),
    Column("previous", Text),
    Column("stage", Text, nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),  # policy, crm, or the id of a rep's key
    Column("because", Text, nullable=False),  # JSON
    Column("undoes", Id),  # the id of the move taken back
    Index(None, "lead_id"),
    comment="the way of each lead along the lifecycle",
    sqlite_autoincrement=True,  # its ids are told: none is given again
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("seq", Id, nullable=False),
    Column("seen_seq", Id, nullable=False),  # the last write that the score could see
    Column("lead_id", Name, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("scored_at", BigInteger, nullable=False),
    Column("log_odds", Double, nullable=False),
    Column("base_value", Double, nullable=False),
    Column("probability", Double, nullable=False),
    Column("score", Integer, nullable=False),
    Column("fit", Text, nullable=False),  # grade A to D
    Column("engagement", Text, nullable=False),  # grade 1 to 4
    Column("contributions", Text, nullable=False),  # JSON: log-odds by group
    Column("inputs", Text, nullable=False),  # SHA-256 of the lead as it was scored
    Column("bundle", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("view", Text, nullable=False),  # fingerprint
    Column("stage", Text, nullable=False),  # where the lead stood after it
    Index(None, "lead_id", "as_of"),
    comment="every score with all that it takes to work it out again",
    sqlite_autoincrement=True,  # its ids are told: none is given again
)

SHORT = ("stage", "band", "fit", "engagement")  #: filters of lists that are one of a few words
RANKED_BY = (*SHORT, "owner", "source", "trend")  #: all filters of lists

standings = Table(
    "standings",
    metadata,
    Column("lead_id", Name, primary_key=True),
    Column("ledger_id", Id, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("probability", Double, nullable=False),
    Column("score", Integer, nullable=False),
    Column("previous_score", Integer),
    Column("fit", Text, nullable=False),
    Column("engagement", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("stage_since", BigInteger),
    Column("log_odds", Double),
    Column("lift", Double),
    Column("band", Text),  # hot, warm or cold by the policy's thresholds
    Column("trend", Integer),  # the score less that of a week ago; none where there was none
    Column("action", Text),  # the next action's code
    Column("action_text", Text),  # JSON: the next action as a sentence, by language
    Column("reasons", Text),  # JSON: the strongest reasons, each with its sentence by language
    Column("name", Text),  # what people call the lead by, as far as its attributes tell
    Column("company", Text),
    Column("role", Text),
    Column("source", Text),
    Column("owner", Name),
    Column("searched", Name),  # what a search looks at: serving.store.searched
    # the order of lists with what they filter by, so that rows that don't fit are never read; what is searched
    # apart from owners and sources, for PostgreSQL takes 2,700 bytes in an entry at most
    Index("ix_standings_ranked", *("probability", "lead_id", *RANKED_BY)),
    Index("ix_standings_of_owner", "owner", "probability", "lead_id"),
    Index("ix_standings_searched", *("probability", "lead_id", *SHORT), "trend", "action", "searched"),
    comment="the last ledger row of each lead with what lists show; can be made again from ledger and facts",
)

merges = Table(
    "merges",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("seq", Id, nullable=False),
    Column("lead_id", Name, nullable=False),
    Column("into_id", Name, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "into_id"),
    comment="whose facts count as whose from when on; the facts themselves keep the lead_id that they came with",
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("mark", Text, primary_key=True),  # keyed hash of the lead_id
    Column("seq", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    comment="who was deleted, unreadable, so that late facts are refused",
)

kinds_seen = Table(
    "kinds_seen",
    metadata,
    Column("kind", Name, primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    comment="how many events of each kind were ever received",
)

about = Table(
    "about",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    comment="single values of this store, such as the key of its tombstones",
)
