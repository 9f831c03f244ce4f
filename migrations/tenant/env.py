"""Alembic environment of a firm's schema, which the caller names in `config.attributes["schema"]`.

Revisions say schema="tenant"; the translate map puts the firm's schema there. One firm is one transaction.
"""

from __future__ import annotations

from alembic import context

from app.bootstrap import TENANT_METADATA
from tenants.naming import TENANT, checked

schema = checked(context.config.attributes["schema"])
connection = context.config.attributes["connection"].execution_options(schema_translate_map={TENANT: schema})
context.configure(
    connection=connection,
    target_metadata=TENANT_METADATA,
    version_table_schema=schema,
    include_schemas=True,
    include_name=lambda name, kind, _: kind != "schema" or name == TENANT,
)
with context.begin_transaction():
    context.run_migrations()
