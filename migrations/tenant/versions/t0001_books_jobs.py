"""Books, documents, audit, jobs, outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "t0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=True),
        sa.Column("chain", sa.BigInteger(), sa.Computed("coalesce(book_id, 0)", persisted=True), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("prev", postgresql.BYTEA(), nullable=False),
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("on_behalf", sa.Text(), nullable=False),
        sa.Column("session", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("personal", postgresql.BYTEA(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_event_pk"),
        sa.UniqueConstraint("chain", "seq", name="audit_event_chain_uq"),
        schema="tenant",
        comment="Who did what, when and from where; each line carries the hash of the line before it on its chain",
    )
    op.create_index("audit_event_actor_ix", "audit_event", ["actor", "at"], unique=False, schema="tenant")
    op.create_index("audit_event_at_ix", "audit_event", ["at"], unique=False, schema="tenant")
    op.create_index("audit_event_book_ix", "audit_event", ["book_id", "at"], unique=False, schema="tenant")
    op.create_table(
        "book",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("taxpayer", sa.Text(), nullable=False),
        sa.Column("industry", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("small_low_profit", sa.Boolean(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("start_period", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("industry in ('trade','service','industry')", name=op.f("book_industry_ck")),
        sa.CheckConstraint("location in ('city','county','other')", name=op.f("book_location_ck")),
        sa.CheckConstraint("start_period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name=op.f("book_start_period_ck")),
        sa.CheckConstraint("state in ('active','disabled')", name=op.f("book_state_ck")),
        sa.CheckConstraint("taxpayer in ('general','small_scale')", name=op.f("book_taxpayer_ck")),
        sa.PrimaryKeyConstraint("id", name="book_pk"),
        sa.UniqueConstraint("code", name="book_code_uq"),
        sa.UniqueConstraint("uid", name="book_uid_uq"),
        schema="tenant",
    )
    op.create_index("book_tax_id_ix", "book", ["tax_id"], unique=False, schema="tenant")
    op.create_table(
        "idempotency_key",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", postgresql.BYTEA(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", postgresql.BYTEA(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "route", "key", name="idempotency_key_pk"),
        schema="tenant",
    )
    op.create_index("idempotency_key_created_ix", "idempotency_key", ["created_at"], unique=False, schema="tenant")
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=True),
        sa.Column("args", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("dedupe_key", sa.Text(), nullable=True),
        sa.Column("created_by", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('queued','running','cancel_requested','succeeded','partially_succeeded','failed','cancelled')",
            name=op.f("job_state_ck"),
        ),
        sa.PrimaryKeyConstraint("id", name="job_pk"),
        sa.UniqueConstraint("dedupe_key", name="job_dedupe_key_uq"),
        schema="tenant",
        comment="The truth about work in the background; the queue only carries its ids",
    )
    op.create_index(
        "job_open_ix",
        "job",
        ["state", "queued_at"],
        unique=False,
        schema="tenant",
        postgresql_where="finished_at is null",
    )
    op.create_table(
        "book_grant",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="book_grant_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "holder_id", name="book_grant_pk"),
        schema="tenant",
        comment="Who holds which role in a book: a user, an API key or a team; an inspector only until a moment",
    )
    op.create_index("book_grant_holder_ix", "book_grant", ["holder_id"], unique=False, schema="tenant")
    op.create_table(
        "document",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", postgresql.BYTEA(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('stored','recognised','partly_recognised','rejected')", name=op.f("document_state_ck")
        ),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="document_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "id", name="document_pk"),
        sa.UniqueConstraint("book_id", "sha256", name="document_sha256_uq"),
        schema="tenant",
    )
    op.create_table(
        "job_item",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=True),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["tenant.job.id"], name="job_item_job_fk"),
        sa.PrimaryKeyConstraint("book_id", "job_id", "seq", name="job_item_pk"),
        schema="tenant",
        comment="What became of each item of bulk work",
    )
    op.create_index("job_item_job_ix", "job_item", ["job_id", "seq"], unique=False, schema="tenant")
    op.create_table(
        "job_stage",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["tenant.job.id"], name="job_stage_job_fk"),
        sa.PrimaryKeyConstraint("job_id", "stage", name="job_stage_pk"),
        schema="tenant",
        comment="One row per finished stage, written in the stage's own transaction: a stage happens once",
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["tenant.job.id"], name="outbox_job_fk"),
        sa.PrimaryKeyConstraint("id", name="outbox_pk"),
        schema="tenant",
    )
    op.create_index(
        "outbox_unsent_ix", "outbox", ["created_at"], unique=False, schema="tenant", postgresql_where="sent_at is null"
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("outbox", schema="tenant")
    op.drop_table("job_stage", schema="tenant")
    op.drop_table("job_item", schema="tenant")
    op.drop_table("document", schema="tenant")
    op.drop_table("book_grant", schema="tenant")
    op.drop_table("job", schema="tenant")
    op.drop_table("idempotency_key", schema="tenant")
    op.drop_table("book", schema="tenant")
    op.drop_table("audit_event", schema="tenant")
