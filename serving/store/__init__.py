"""What the service was told and what it answered: the database layer. docs/store.md has the tables and why."""

from serving.store import live_schema  # its tables belong to the same metadata

__all__ = ["live_schema"]
