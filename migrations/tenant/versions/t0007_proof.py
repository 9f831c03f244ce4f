"""Proof: the seals of closed periods and the firm's signatures under them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import run, wall

revision = "t0007"
down_revision = "t0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and wall them in: seals and signatures are written once."""
    op.create_table(
        "closing_seal",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=False),
        sa.Column("chain", postgresql.BYTEA(), nullable=False),
        sa.Column("trial", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("trial_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("statements", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("previous", postgresql.BYTEA(), nullable=False),
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("number > 0 and version > 0", name=op.f("closing_seal_counts_ck")),
        sa.ForeignKeyConstraint(
            ["book_id", "period"], ["tenant.period.book_id", "tenant.period.period"], name="closing_seal_period_fk"
        ),
        sa.PrimaryKeyConstraint("book_id", "number", name="closing_seal_pk"),
        sa.UniqueConstraint("book_id", "period", "version", name="closing_seal_version_uq"),
        schema="tenant",
        comment="What a close proves: head of the hash chain, trial balance, statements, and the seal before",
    )
    op.create_table(
        "seal_signature",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signature", postgresql.BYTEA(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id", "number"],
            ["tenant.closing_seal.book_id", "tenant.closing_seal.number"],
            name="seal_signature_seal_fk",
        ),
        sa.PrimaryKeyConstraint("book_id", "number", name="seal_signature_pk"),
        schema="tenant",
        comment="The firm's Ed25519 signature under a seal; key is the fingerprint of the public key",
    )
    # The key of a balance: without this the planner expects as many keys as lines, and sorts them all.
    run(
        "CREATE STATISTICS tenant.voucher_line_keys (ndistinct)"
        " ON book_id, period, account_id, dim_set_id, currency, cash_item FROM tenant.voucher_line"
    )
    wall("closing_seal", "SELECT, INSERT")
    wall("seal_signature", "SELECT, INSERT")


def downgrade() -> None:
    """Drop the tables."""
    run("DROP STATISTICS tenant.voucher_line_keys")
    op.drop_table("seal_signature", schema="tenant")
    op.drop_table("closing_seal", schema="tenant")
