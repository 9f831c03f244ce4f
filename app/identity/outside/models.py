"""Outside identity providers of firms, whom their subjects stand for, and logins under way."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import BYTEA

from tenants.models import Instant, platform
from tenants.naming import PLATFORM

provider = Table(
    "outside_provider",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("agent_id", Text, nullable=False, server_default=""),
    Column("secret", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="outside_provider_tenant_fk"),
    UniqueConstraint("tenant_id", "name", name="outside_provider_name_uq"),
    CheckConstraint("kind in ('oidc','wecom')", name="kind"),
    comment="Identity providers of firms; the secret is sealed",
)

link = Table(
    "outside_link",
    platform,
    Column("provider_id", Uuid, nullable=False),
    Column("subject", Text, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("linked_at", Instant, nullable=False),
    PrimaryKeyConstraint("provider_id", "subject", name="outside_link_pk"),
    ForeignKeyConstraint(["provider_id"], [f"{PLATFORM}.outside_provider.id"], name="outside_link_provider_fk"),
    ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.app_user.id"], name="outside_link_user_fk"),
    UniqueConstraint("provider_id", "user_id", name="outside_link_user_uq"),
    comment="Whom a provider's subject stands for; made only by that person itself",
)

attempt = Table(
    "outside_attempt",
    platform,
    Column("state", BYTEA, primary_key=True),
    Column("binding", BYTEA, nullable=False),
    Column("provider_id", Uuid, nullable=False),
    Column("user_id", Uuid),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("generation", Integer, nullable=False, server_default="0"),
    ForeignKeyConstraint(["provider_id"], [f"{PLATFORM}.outside_provider.id"], name="outside_attempt_provider_fk"),
    Index("outside_attempt_expires_ix", "expires_at"),
    comment="A login or a linking (user_id) under way; state and binding are kept as SHA-256",
)
