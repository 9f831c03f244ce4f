"""Names that cross languages: schemas, logins and the settings by which a session says who is inside.

Invariant: a schema name comes from the registry, matches `SCHEMA`, and is never built from a user's text.
"""

from __future__ import annotations

import re

PLATFORM = "platform"
TENANT = "tenant"  # stands in SQL for the firm's schema until `TenantScope` puts the real name there

OWNER, APP, BACKUP, OPS = "zhangfang_owner", "zhangfang_app", "zhangfang_backup", "zhangfang_ops"

SCHEMA = re.compile(r"t_[0-9]{8}")


def schema_name(number: int) -> str:
    """The opaque, unchangeable schema name of the n-th firm of the registry."""
    return checked(f"t_{number:08d}")


def checked(schema: str) -> str:
    """The same name, or `ValueError` when it is not a firm's schema."""
    if not SCHEMA.fullmatch(schema):
        raise ValueError(f"not a tenant schema: {schema!r}")
    return schema
