"""Alembic environment of the control plane: one schema, `platform`, through the owner's login."""

from __future__ import annotations

from alembic import context

from app.bootstrap import PLATFORM_METADATA
from tenants.naming import PLATFORM

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=PLATFORM_METADATA,
    version_table_schema=PLATFORM,
    include_schemas=True,
    include_name=lambda name, kind, _: kind != "schema" or name == PLATFORM,
)
with context.begin_transaction():
    context.run_migrations()
