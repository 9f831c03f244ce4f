"""Links that people are handed, in the `platform` schema: they are followed before any firm is entered.

Invariant: the secret of a link lies as its SHA-256, and a link is followed once.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from tenants.models import Instant, platform
from tenants.naming import PLATFORM

invitation = Table(
    "invitation",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("hash", BYTEA, nullable=False),
    Column("tenant_id", Uuid, nullable=False),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("books", JSONB, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("accepted_at", Instant),
    Column("revoked_at", Instant),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="invitation_tenant_fk"),
    UniqueConstraint("hash", name="invitation_hash_uq"),
    Index("invitation_tenant_ix", "tenant_id", "id"),
    comment="Links that make somebody a member of a firm, each for one e-mail and 72 hours",
)

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
