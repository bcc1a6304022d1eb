"""Ids that are told to others are given once: SQLite would give that of a deleted last row again."""

from alembic import op

revision = "0006"
down_revision = "0004"

TOLD = ("ledger", "hand_offs", "stage_moves", "notices")


def upgrade() -> None:
    """Bring the tables to this revision; each is copied with its rows and their ids."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in TOLD:
        with op.batch_alter_table(name, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
