"""Login with a firm's outside identity provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.naming import APP, BACKUP

revision = "p0005"
down_revision = "p0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "outside_provider",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text(), server_default="", nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('oidc','wecom')", name=op.f("outside_provider_kind_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="outside_provider_tenant_fk"),
        sa.PrimaryKeyConstraint("id", name="outside_provider_pk"),
        sa.UniqueConstraint("tenant_id", "name", name="outside_provider_name_uq"),
        schema="platform",
        comment="Identity providers of firms; the secret is sealed",
    )
    op.create_table(
        "outside_attempt",
        sa.Column("state", postgresql.BYTEA(), nullable=False),
        sa.Column("binding", postgresql.BYTEA(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["provider_id"], ["platform.outside_provider.id"], name="outside_attempt_provider_fk"),
        sa.PrimaryKeyConstraint("state", name="outside_attempt_pk"),
        schema="platform",
        comment="A login or a linking (user_id) under way; state and binding are kept as SHA-256",
    )
    op.create_index("outside_attempt_expires_ix", "outside_attempt", ["expires_at"], unique=False, schema="platform")
    op.create_table(
        "outside_link",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["platform.outside_provider.id"], name="outside_link_provider_fk"),
        sa.ForeignKeyConstraint(["user_id"], ["platform.app_user.id"], name="outside_link_user_fk"),
        sa.PrimaryKeyConstraint("provider_id", "subject", name="outside_link_pk"),
        sa.UniqueConstraint("provider_id", "user_id", name="outside_link_user_uq"),
        schema="platform",
        comment="Whom a provider's subject stands for; made only by that person itself",
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON platform.outside_provider TO {APP}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON platform.outside_attempt, platform.outside_link TO {APP}")
    op.execute(
        f"GRANT SELECT ON platform.outside_provider, platform.outside_attempt, platform.outside_link TO {BACKUP}"
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("outside_link", schema="platform")
    op.drop_table("outside_attempt", schema="platform")
    op.drop_table("outside_provider", schema="platform")
