"""Resets of passwords, in the `platform` schema: they are followed before any firm is entered.

Invariant: the secret of a link lies as its SHA-256, and a link sets one password.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, Table, Uuid
from sqlalchemy.dialects.postgresql import BYTEA

from tenants.models import Instant, platform
from tenants.naming import PLATFORM

password_reset = Table(
    "password_reset",
    platform,
    Column("hash", BYTEA, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="password_reset_tenant_fk"),
    ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.app_user.id"], name="password_reset_user_fk"),
    Index("password_reset_user_ix", "user_id"),
    comment="Links that set a new password once, for 30 minutes, given by a manager",
)
