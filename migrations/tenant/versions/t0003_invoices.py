"""The invoice register."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "t0003"
down_revision = "t0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "invoice",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("seller_name", sa.Text(), nullable=False),
        sa.Column("seller_tax_id", sa.Text(), nullable=False),
        sa.Column("buyer_name", sa.Text(), nullable=False),
        sa.Column("buyer_tax_id", sa.Text(), nullable=False),
        sa.Column("net", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("tax", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("gross", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("red", sa.Boolean(), nullable=False),
        sa.Column("special", sa.Boolean(), nullable=False),
        sa.Column("original_number", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("business", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("direction in ('sales','purchase','unknown')", name=op.f("invoice_direction_ck")),
        sa.CheckConstraint(
            "state in ('registered','booked','needs_attention','not_booked')", name=op.f("invoice_state_ck")
        ),
        sa.CheckConstraint("net + tax = gross", name=op.f("invoice_gross_ck")),
        sa.ForeignKeyConstraint(
            ["book_id", "document_id"], ["tenant.document.book_id", "tenant.document.id"], name="invoice_document_fk"
        ),
        sa.ForeignKeyConstraint(
            ["book_id", "voucher_id"], ["tenant.voucher.book_id", "tenant.voucher.id"], name="invoice_voucher_fk"
        ),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="invoice_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "id", name="invoice_pk"),
        sa.UniqueConstraint("book_id", "code", "number", name="invoice_number_uq"),
        schema="tenant",
    )
    op.create_index("invoice_issued_ix", "invoice", ["book_id", "issued_on"], unique=False, schema="tenant")
    op.create_index("invoice_state_ix", "invoice", ["book_id", "state"], unique=False, schema="tenant")
    op.create_table(
        "invoice_line",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=19, scale=6), nullable=True),
        sa.Column("unit_price", sa.Numeric(precision=25, scale=13), nullable=True),
        sa.Column("net", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("tax_rate", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.Column("tax", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id", "invoice_id"], ["tenant.invoice.book_id", "tenant.invoice.id"], name="invoice_line_invoice_fk"
        ),
        sa.PrimaryKeyConstraint("book_id", "invoice_id", "line_no", name="invoice_line_pk"),
        schema="tenant",
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("invoice_line", schema="tenant")
    op.drop_table("invoice", schema="tenant")
