"""Run the migrations in the transaction of the connection that is given. Alembic loads this file by its path."""

from __future__ import annotations

from alembic import context

from ivr.records.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
