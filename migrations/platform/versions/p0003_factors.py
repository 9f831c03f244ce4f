"""Second factors, invitations, resets of passwords, and how a firm's people sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.naming import APP, BACKUP

revision = "p0003"
down_revision = "p0002"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.add_column(
        "app_user",
        sa.Column("password_changed_at", _INSTANT, server_default=sa.text("now()"), nullable=False),
        schema="platform",
    )
    op.add_column("membership", sa.Column("name", sa.Text(), server_default="", nullable=False), schema="platform")
    _factors()
    _challenges()
    _policy()
    _links()
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON platform.factor, platform.recovery_code TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON platform.challenge TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON platform.sign_in_policy TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON platform.invitation, platform.password_reset TO {APP}")
    op.execute(f"GRANT SELECT ON platform.factor, platform.recovery_code, platform.challenge TO {BACKUP}")
    op.execute(f"GRANT SELECT ON platform.sign_in_policy, platform.invitation TO {BACKUP}")
    op.execute(f"GRANT SELECT ON platform.password_reset TO {BACKUP}")


def _factors() -> None:
    op.create_table(
        "factor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("credential_id", postgresql.BYTEA(), nullable=True),
        sa.Column("public_key", postgresql.BYTEA(), nullable=True),
        sa.Column("sign_count", sa.BigInteger(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("confirmed_at", _INSTANT, nullable=True),
        sa.Column("used_at", _INSTANT, nullable=True),
        sa.CheckConstraint("kind in ('totp','passkey')", name=op.f("factor_kind_ck")),
        sa.CheckConstraint("(kind = 'totp') = (seed is not null)", name=op.f("factor_seed_ck")),
        sa.CheckConstraint(
            "(kind = 'passkey') = (credential_id is not null and public_key is not null)",
            name=op.f("factor_passkey_ck"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["platform.app_user.id"], name="factor_user_fk"),
        sa.PrimaryKeyConstraint("id", name="factor_pk"),
        sa.UniqueConstraint("credential_id", name="factor_credential_uq"),
        schema="platform",
        comment="Apps that make codes and passkeys; unconfirmed ones prove nothing yet",
    )
    op.create_index("factor_user_ix", "factor", ["user_id"], unique=False, schema="platform")
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["platform.app_user.id"], name="recovery_code_user_fk"),
        sa.PrimaryKeyConstraint("user_id", "hash", name="recovery_code_pk"),
        schema="platform",
        comment="Ten codes of 80 bits a person, each for one login",
    )


def _challenges() -> None:
    op.create_table(
        "challenge",
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.CheckConstraint("kind in ('login','register','step_up')", name=op.f("challenge_kind_ck")),
        sa.CheckConstraint("(kind = 'login') = (session_id is null)", name=op.f("challenge_session_ck")),
        sa.ForeignKeyConstraint(["user_id"], ["platform.app_user.id"], name="challenge_user_fk"),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="challenge_tenant_fk"),
        sa.PrimaryKeyConstraint("hash", name="challenge_pk"),
        schema="platform",
        comment="Questions that wait five minutes for one answer; answering deletes them",
    )
    op.create_index("challenge_user_ix", "challenge", ["user_id"], unique=False, schema="platform")


def _policy() -> None:
    op.create_table(
        "sign_in_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("password_days", sa.Integer(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.CheckConstraint("password_days between 30 and 365", name=op.f("sign_in_policy_days_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="sign_in_policy_tenant_fk"),
        sa.PrimaryKeyConstraint("tenant_id", name="sign_in_policy_pk"),
        schema="platform",
        comment="What a firm demands of its people beyond what the installation demands; no row demands nothing",
    )


def _links() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("books", postgresql.JSONB(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("accepted_at", _INSTANT, nullable=True),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="invitation_tenant_fk"),
        sa.PrimaryKeyConstraint("id", name="invitation_pk"),
        sa.UniqueConstraint("hash", name="invitation_hash_uq"),
        schema="platform",
        comment="Links that make somebody a member of a firm, each for one e-mail and 72 hours",
    )
    op.create_index("invitation_tenant_ix", "invitation", ["tenant_id", "id"], unique=False, schema="platform")
    op.create_table(
        "password_reset",
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="password_reset_tenant_fk"),
        sa.ForeignKeyConstraint(["user_id"], ["platform.app_user.id"], name="password_reset_user_fk"),
        sa.PrimaryKeyConstraint("hash", name="password_reset_pk"),
        schema="platform",
        comment="Links that set a new password once, for 30 minutes, given by a manager",
    )
    op.create_index("password_reset_user_ix", "password_reset", ["user_id"], unique=False, schema="platform")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("password_reset", "invitation", "sign_in_policy", "challenge", "recovery_code", "factor"):
        op.drop_table(table, schema="platform")
    op.drop_column("membership", "name", schema="platform")
    op.drop_column("app_user", "password_changed_at", schema="platform")
