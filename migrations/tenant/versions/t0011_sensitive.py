"""Sensitive fields, sealed by the firm's key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import wall

revision = "t0011"
down_revision = "t0010"
branch_labels = None
depends_on = None

_SEALED = "sealed ~ '^s1[.][0-9a-f]{8}[.][0-9A-Za-z_-]{38,}$'"


def upgrade() -> None:
    """Make the tables and wall them in."""
    op.create_table(
        "particular",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("blind", postgresql.BYTEA(), nullable=True),
        sa.CheckConstraint(
            "kind in ('identity_number','phone','bank_account','bank_name','address')",
            name=op.f("particular_kind_ck"),
        ),
        sa.CheckConstraint(_SEALED, name=op.f("particular_sealed_ck")),
        sa.ForeignKeyConstraint(
            ["book_id", "item_id"],
            ["tenant.dimension_item.book_id", "tenant.dimension_item.id"],
            name="particular_item_fk",
        ),
        sa.PrimaryKeyConstraint("book_id", "item_id", "kind", name="particular_pk"),
        schema="tenant",
        comment="Sensitive values of items, only ever sealed; blind is a keyed hash by which an exact value is found",
    )
    op.create_index(
        "particular_blind_ix",
        "particular",
        ["book_id", "kind", "blind"],
        unique=False,
        schema="tenant",
        postgresql_where="blind is not null",
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=True),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint(_SEALED, name=op.f("credential_sealed_ck")),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="credential_book_fk"),
        sa.PrimaryKeyConstraint("id", name="credential_pk"),
        schema="tenant",
        comment="How the firm or a book logs in at a tax bureau, a bank or another system; the secret only ever sealed",
    )
    op.create_index("credential_book_ix", "credential", ["book_id", "id"], unique=False, schema="tenant")
    wall("particular", "SELECT, INSERT, UPDATE, DELETE")
    wall("credential", "SELECT, INSERT, UPDATE, DELETE", owner="either")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("credential", schema="tenant")
    op.drop_table("particular", schema="tenant")
