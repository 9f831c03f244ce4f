"""Who you are: users, memberships, tokens and API keys, in the `platform` schema (a user may serve several firms).

Invariant: a secret is stored only as its SHA-256 (tokens, keys) or argon2id hash (passwords).
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from tenants.models import Instant, platform
from tenants.naming import PLATFORM

user = Table(
    "app_user",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("password_changed_at", Instant, nullable=False, server_default=text("now()")),
    UniqueConstraint("email", name="app_user_email_uq"),
)

membership = Table(
    "membership",
    platform,
    Column("tenant_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("role", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.app_user.id"], name="membership_user_fk"),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="membership_tenant_fk"),
    Index("membership_user_ix", "user_id"),
)

token = Table(
    "token",
    platform,
    Column("hash", BYTEA, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("tenant_id", Uuid),
    Column("user_id", Uuid),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("books", ARRAY(Uuid)),
    Column("ceiling", ARRAY(Text)),
    Column("client_id", Uuid),
    Column("authorization_id", Uuid),
    Column("address", Text, nullable=False, server_default=""),
    Column("agent", Text, nullable=False, server_default=""),
    Column("strong_at", Instant),
    Column("seen_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.app_user.id"], name="token_user_fk"),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="token_tenant_fk"),
    UniqueConstraint("id", name="token_id_uq"),
    Index("token_user_ix", "user_id"),
    Index("token_client_ix", "client_id"),
    Index("token_authorization_ix", "authorization_id"),
    CheckConstraint("kind in ('session','api_key','operator','access','visit')", name="kind"),
    CheckConstraint("(kind = 'operator') = (tenant_id is null)", name="tenant"),
    comment="Opaque secrets of 256 bits; a session or API key is bound to exactly one firm",
)
