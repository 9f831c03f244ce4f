"""Credentials of outside systems (外部系统凭据): sealed by the firm's key, of the firm itself or of one book."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
)

from tenants.models import Instant, tenant
from tenants.naming import TENANT

credential = Table(
    "credential",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("book_id", BigInteger),
    Column("system", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("row_version", Integer, nullable=False, server_default="1"),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", Text, nullable=False),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="credential_book_fk"),
    CheckConstraint("sealed ~ '^s1[.][0-9a-f]{8}[.][0-9A-Za-z_-]{38,}$'", name="sealed"),
    Index("credential_book_ix", "book_id", "id"),
    comment="How the firm or a book logs in at a tax bureau, a bank or another system; the secret only ever sealed",
)
