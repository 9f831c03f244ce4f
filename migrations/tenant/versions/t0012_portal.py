"""What a firm asks of its client, and what the client confirms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import wall

revision = "t0012"
down_revision = "t0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and wall them in."""
    op.create_table(
        "client_request",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("returned", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(answered_by is null) = (answered_at is null)", name=op.f("client_request_answered_ck")),
        sa.CheckConstraint("state in ('open','answered','closed')", name=op.f("client_request_state_ck")),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="client_request_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "id", name="client_request_pk"),
        schema="tenant",
        comment="What a firm asks of its client (资料催收)",
    )
    op.create_index(
        "client_request_state_ix", "client_request", ["book_id", "state", "id"], unique=False, schema="tenant"
    )
    op.create_table(
        "client_request_document",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id", "document_id"],
            ["tenant.document.book_id", "tenant.document.id"],
            name="client_request_document_document_fk",
        ),
        sa.ForeignKeyConstraint(
            ["book_id", "request_id"],
            ["tenant.client_request.book_id", "tenant.client_request.id"],
            name="client_request_document_request_fk",
        ),
        sa.PrimaryKeyConstraint("book_id", "request_id", "document_id", name="client_request_document_pk"),
        schema="tenant",
    )
    op.create_table(
        "confirmation",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'waiting') = (decided_at is null)", name=op.f("confirmation_decided_ck")),
        sa.CheckConstraint("state in ('waiting','confirmed','disputed')", name=op.f("confirmation_state_ck")),
        sa.ForeignKeyConstraint(
            ["book_id", "period"], ["tenant.period.book_id", "tenant.period.period"], name="confirmation_period_fk"
        ),
        sa.PrimaryKeyConstraint("book_id", "id", name="confirmation_pk"),
        sa.UniqueConstraint("book_id", "period", "version", name="confirmation_version_uq"),
        schema="tenant",
        comment="What a client said of a closed period's statements (报表确认); decided once",
    )
    wall("client_request", "SELECT, INSERT, UPDATE")
    wall("client_request_document", "SELECT, INSERT")
    wall("confirmation", "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("confirmation", schema="tenant")
    op.drop_table("client_request_document", schema="tenant")
    op.drop_table("client_request", schema="tenant")
