"""Who you are: users, tokens, API keys, links that set a password, and what OAuth clients hold.

All of it lies in the `platform` schema: it is read before any firm is entered.

Each belongs to one firm, a user too: who serves two firms has two accounts that share nothing, so no firm can reach
another through its people (docs/adr/0021). Invariant: a secret, a code and a refresh token are stored only as their
SHA-256, a password as its argon2id hash.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from tenants.models import Instant, platform
from tenants.naming import PLATFORM

user = Table(
    "app_user",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("password_changed_at", Instant, nullable=False, server_default=text("now()")),
    Column("generation", Integer, nullable=False, server_default="0"),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="app_user_tenant_fk"),
    UniqueConstraint("tenant_id", "email", name="app_user_email_uq"),
    comment="People of firms, each with an account of its own in each firm",
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
    Column("proved_by", Text, nullable=False, server_default=""),
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

oauth_client = Table(
    "oauth_client",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("redirect_uris", ARRAY(Text), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("role", Text, nullable=False),
    Column("books", ARRAY(Uuid)),
    Column("secret_hash", BYTEA),
    Column("jwks", JSONB(none_as_null=True)),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("row_version", Integer, nullable=False, server_default="1"),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="oauth_client_tenant_fk"),
    Index("oauth_client_tenant_ix", "tenant_id", "id"),
    CheckConstraint("kind in ('web','native','service')", name="kind"),
    CheckConstraint("auth in ('none','client_secret_basic','private_key_jwt')", name="auth"),
    CheckConstraint("(kind = 'native') = (auth = 'none')", name="public"),
    CheckConstraint("(auth = 'client_secret_basic') = (secret_hash is not null)", name="secret"),
    CheckConstraint("(auth = 'private_key_jwt') = (jwks is not null)", name="jwks"),
    CheckConstraint("(kind = 'service') = (role <> '')", name="role"),
    comment="Programs that a firm lets in: for a person who consents, or (service) by a role of their own",
)

oauth_consent = Table(
    "oauth_consent",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("client_id", Uuid, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    ForeignKeyConstraint(["client_id"], [f"{PLATFORM}.oauth_client.id"], name="oauth_consent_client_fk"),
    ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.app_user.id"], name="oauth_consent_user_fk"),
    UniqueConstraint("tenant_id", "user_id", "client_id", name="oauth_consent_uq"),
    comment="What a person of a firm lets a client do; withdrawing it ends every token that stands on it",
)

oauth_authorization = Table(
    "oauth_authorization",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("client_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("nonce", Text),
    Column("proved_at", Instant, nullable=False),
    Column("methods", ARRAY(Text), nullable=False),
    Column("session_id", Uuid),
    Column("created_at", Instant, nullable=False),
    Column("code_hash", BYTEA, nullable=False),
    Column("code_expires_at", Instant, nullable=False),
    Column("code_used_at", Instant),
    Column("refresh_hash", BYTEA),
    Column("refresh_previous", BYTEA),
    Column("refreshed_at", Instant),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    ForeignKeyConstraint(["client_id"], [f"{PLATFORM}.oauth_client.id"], name="oauth_authorization_client_fk"),
    ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.app_user.id"], name="oauth_authorization_user_fk"),
    UniqueConstraint("code_hash", name="oauth_authorization_code_uq"),
    Index("oauth_authorization_client_ix", "client_id", "user_id"),
    comment="One yes of a person to a client: its code, then the family of refresh tokens that grew from it",
)

oauth_assertion = Table(
    "oauth_assertion",
    platform,
    Column("client_id", Uuid, primary_key=True),
    Column("jti", Text, primary_key=True),
    Column("expires_at", Instant, nullable=False),
    ForeignKeyConstraint(["client_id"], [f"{PLATFORM}.oauth_client.id"], name="oauth_assertion_client_fk"),
    comment="Ids of client assertions that were used and could still be shown again",
)
