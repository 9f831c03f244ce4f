"""The month end: steps of a book's own, and the amounts given for a period."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import wall

revision = "t0006"
down_revision = "t0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and wall them in."""
    op.create_table(
        "closing_given",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id", "period"], ["tenant.period.book_id", "tenant.period.period"], name="closing_given_period_fk"
        ),
        sa.PrimaryKeyConstraint("book_id", "period", "step", name="closing_given_pk"),
        schema="tenant",
        comment="Amounts of a step that come from outside the ledger: figures by case, or lines of a voucher",
    )
    op.create_table(
        "own_step",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cycle in ('month','quarter','year')", name=op.f("own_step_cycle_ck")),
        sa.CheckConstraint("code ~ '^own-[a-z0-9-]{1,30}$'", name=op.f("own_step_code_ck")),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="own_step_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "code", name="own_step_pk"),
        schema="tenant",
        comment="Steps of a book's own in its month end; one that is no longer wanted is made inactive or deleted",
    )
    wall("closing_given", "SELECT, INSERT, UPDATE, DELETE")
    wall("own_step", "SELECT, INSERT, UPDATE, DELETE")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("own_step", schema="tenant")
    op.drop_table("closing_given", schema="tenant")
