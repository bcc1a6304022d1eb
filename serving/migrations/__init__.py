"""The history of the tables, as Alembic keeps it; `serving.store.engine.migrate` walks it at each start."""
