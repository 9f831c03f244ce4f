"""Source documents (原始凭证): the file as it came, encrypted in S3 and never altered."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from tenants.models import Instant, tenant
from tenants.naming import TENANT

document = Table(
    "document",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("filename", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", BYTEA, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("problems", JSONB, nullable=False, server_default="[]"),
    Column("uploaded_by", Text, nullable=False),
    Column("uploaded_at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "id", name="document_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="document_book_fk"),
    UniqueConstraint("book_id", "sha256", name="document_sha256_uq"),
    Index("document_stored_ix", "book_id", "id", postgresql_where="state = 'stored'"),
    CheckConstraint("state in ('stored','recognised','partly_recognised','rejected')", name="state"),
)
