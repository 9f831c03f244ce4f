"""Control plane: cells, firms, users, memberships, tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "p0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "app_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="app_user_pk"),
        sa.UniqueConstraint("email", name="app_user_email_uq"),
        schema="platform",
    )
    op.create_table(
        "cell",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dsn", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="cell_pk"),
        schema="platform",
        comment="A database that holds firms; an empty dsn means the one this process is configured with",
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), server_default="", nullable=False),
        sa.Column("revision", sa.Text(), server_default="", nullable=False),
        sa.Column("live", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("short_name ~ '^[a-z][a-z0-9-]{1,38}$'", name=op.f("tenant_short_name_ck")),
        sa.CheckConstraint("state in ('provisioning','active','suspended','upgrading')", name=op.f("tenant_state_ck")),
        sa.ForeignKeyConstraint(["cell"], ["platform.cell.name"], name="tenant_cell_fk"),
        sa.PrimaryKeyConstraint("id", name="tenant_pk"),
        sa.UniqueConstraint("number", name="tenant_number_uq"),
        sa.UniqueConstraint("short_name", name="tenant_short_name_uq"),
        schema="platform",
    )
    op.create_table(
        "membership",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="membership_tenant_fk"),
        sa.ForeignKeyConstraint(["user_id"], ["platform.app_user.id"], name="membership_user_fk"),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name="membership_pk"),
        schema="platform",
    )
    op.create_index("membership_user_ix", "membership", ["user_id"], unique=False, schema="platform")
    op.create_table(
        "token",
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("books", postgresql.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("ceiling", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.Column("strong_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'operator') = (tenant_id is null)", name=op.f("token_tenant_ck")),
        sa.CheckConstraint("kind in ('session','api_key','operator','access','visit')", name=op.f("token_kind_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="token_tenant_fk"),
        sa.ForeignKeyConstraint(["user_id"], ["platform.app_user.id"], name="token_user_fk"),
        sa.PrimaryKeyConstraint("hash", name="token_pk"),
        sa.UniqueConstraint("id", name="token_id_uq"),
        schema="platform",
        comment="Opaque secrets of 256 bits; a session or API key is bound to exactly one firm",
    )
    op.create_index("token_user_ix", "token", ["user_id"], unique=False, schema="platform")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("token", schema="platform")
    op.drop_table("membership", schema="platform")
    op.drop_table("tenant", schema="platform")
    op.drop_table("cell", schema="platform")
    op.drop_table("app_user", schema="platform")
