"""A firm's own roles, its teams and their members."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import wall

revision = "t0010"
down_revision = "t0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "role",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("all_books", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("code ~ '^own_[a-z0-9_]{1,34}$'", name=op.f("role_code_ck")),
        sa.CheckConstraint("reach in ('firm','book')", name=op.f("role_reach_ck")),
        sa.CheckConstraint("side in ('staff','client')", name=op.f("role_side_ck")),
        sa.CheckConstraint("not all_books or (reach = 'firm' and side = 'staff')", name=op.f("role_all_books_ck")),
        sa.PrimaryKeyConstraint("code", name="role_pk"),
        schema="tenant",
        comment="Roles a firm made from permissions; the built-in ones are in app/kernel/permissions.py",
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="team_pk"),
        sa.UniqueConstraint("name", name="team_name_uq"),
        schema="tenant",
    )
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["tenant.team.id"], name="team_member_team_fk"),
        sa.PrimaryKeyConstraint("team_id", "user_id", name="team_member_pk"),
        schema="tenant",
    )
    op.create_index("team_member_user_ix", "team_member", ["user_id"], unique=False, schema="tenant")
    wall("role", "SELECT, INSERT, UPDATE", owner="firm")
    wall("team", "SELECT, INSERT, UPDATE, DELETE", owner="firm")
    wall("team_member", "SELECT, INSERT, DELETE", owner="firm")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("team_member", schema="tenant")
    op.drop_table("team", schema="tenant")
    op.drop_table("role", schema="tenant")
