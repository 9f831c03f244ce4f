"""Second factors of people, in the `platform` schema.

Invariant: a seed lies sealed by the platform's key, a recovery code and a challenge as their SHA-256.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import BYTEA

from tenants.models import Instant, platform
from tenants.naming import PLATFORM

factor = Table(
    "factor",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("seed", Text),
    Column("last_step", BigInteger),
    Column("credential_id", BYTEA),
    Column("public_key", BYTEA),
    Column("sign_count", BigInteger),
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("used_at", Instant),
    ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.app_user.id"], name="factor_user_fk"),
    UniqueConstraint("credential_id", name="factor_credential_uq"),
    Index("factor_user_ix", "user_id"),
    CheckConstraint("kind in ('totp','passkey')", name="kind"),
    CheckConstraint("(kind = 'totp') = (seed is not null)", name="seed"),
    CheckConstraint("(kind = 'passkey') = (credential_id is not null and public_key is not null)", name="passkey"),
    comment="Apps that make codes and passkeys; unconfirmed ones prove nothing yet",
)

recovery_code = Table(
    "recovery_code",
    platform,
    Column("user_id", Uuid, primary_key=True),
    Column("hash", BYTEA, primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
    ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.app_user.id"], name="recovery_code_user_fk"),
    comment="Ten codes of 80 bits a person, each for one login",
)

challenge = Table(
    "challenge",
    platform,
    Column("hash", BYTEA, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("tenant_id", Uuid, nullable=False),
    Column("session_id", Uuid),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("expires_at", Instant, nullable=False),
    Column("generation", Integer, nullable=False, server_default="0"),
    ForeignKeyConstraint(["user_id"], [f"{PLATFORM}.app_user.id"], name="challenge_user_fk"),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="challenge_tenant_fk"),
    Index("challenge_user_ix", "user_id"),
    CheckConstraint("kind in ('login','register','step_up')", name="kind"),
    CheckConstraint("(kind = 'login') = (session_id is null)", name="session"),
    comment="Questions that wait five minutes for one answer; answering deletes them",
)
