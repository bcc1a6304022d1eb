"""What Alembic runs: always on the connection that it is given."""

from alembic import context

from serving.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
