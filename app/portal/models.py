"""What a firm asks of its client, and what the client confirms."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import BYTEA

from tenants.models import Instant, tenant
from tenants.naming import TENANT

client_request = Table(
    "client_request",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("due", Date),
    Column("state", Text, nullable=False),
    Column("answer", Text),
    Column("returned", Text),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("answered_by", Text),
    Column("answered_at", Instant),
    Column("row_version", Integer, nullable=False, server_default="1"),
    PrimaryKeyConstraint("book_id", "id", name="client_request_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="client_request_book_fk"),
    CheckConstraint("state in ('open','answered','closed')", name="state"),
    CheckConstraint("(answered_by is null) = (answered_at is null)", name="answered"),
    Index("client_request_state_ix", "book_id", "state", "id"),
    comment="What a firm asks of its client (资料催收)",
)

request_document = Table(
    "client_request_document",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("request_id", Uuid, nullable=False),
    Column("document_id", Uuid, nullable=False),
    PrimaryKeyConstraint("book_id", "request_id", "document_id", name="client_request_document_pk"),
    ForeignKeyConstraint(
        ["book_id", "request_id"],
        [f"{TENANT}.client_request.book_id", f"{TENANT}.client_request.id"],
        name="client_request_document_request_fk",
    ),
    ForeignKeyConstraint(
        ["book_id", "document_id"],
        [f"{TENANT}.document.book_id", f"{TENANT}.document.id"],
        name="client_request_document_document_fk",
    ),
)

confirmation = Table(
    "confirmation",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("period", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", BYTEA, nullable=False),
    Column("state", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Instant),
    Column("remark", Text),
    PrimaryKeyConstraint("book_id", "id", name="confirmation_pk"),
    UniqueConstraint("book_id", "period", "version", name="confirmation_version_uq"),
    ForeignKeyConstraint(
        ["book_id", "period"], [f"{TENANT}.period.book_id", f"{TENANT}.period.period"], name="confirmation_period_fk"
    ),
    CheckConstraint("state in ('waiting','confirmed','disputed')", name="state"),
    CheckConstraint("(state = 'waiting') = (decided_at is null)", name="decided"),
    comment="What a client said of a closed period's statements (报表确认); decided once",
)
