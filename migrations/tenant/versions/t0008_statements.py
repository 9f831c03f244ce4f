"""Statements: the forms a book defines for itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import wall

revision = "t0008"
down_revision = "t0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and wall it in."""
    op.create_table(
        "own_statement",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("checks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("code ~ '^own-[a-z0-9-]{1,30}$'", name=op.f("own_statement_code_ck")),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="own_statement_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "code", name="own_statement_pk"),
        schema="tenant",
        comment="Statements a book defines itself: columns by cycle, rows with formulas over its own accounts, checks",
    )
    wall("own_statement", "SELECT, INSERT, UPDATE, DELETE")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("own_statement", schema="tenant")
