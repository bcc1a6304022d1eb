"""What the service was told and what it answered: the database layer. docs/store.md has the tables and why."""
