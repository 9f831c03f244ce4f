"""The book row (账套) and who may enter it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from tenants.models import Instant, tenant
from tenants.naming import TENANT

book = Table(
    "book",
    tenant,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("uid", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("tax_id", Text, nullable=False),
    Column("taxpayer", Text, nullable=False),
    Column("industry", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("small_low_profit", Boolean, nullable=False),
    Column("standard", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("start_period", Text, nullable=False),
    Column("settings", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("row_version", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("uid", name="book_uid_uq"),
    UniqueConstraint("code", name="book_code_uq"),
    CheckConstraint("taxpayer in ('general','small_scale')", name="taxpayer"),
    CheckConstraint("industry in ('trade','service','industry')", name="industry"),
    CheckConstraint("location in ('city','county','other')", name="location"),
    CheckConstraint("state in ('active','disabled')", name="state"),
    CheckConstraint("start_period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name="start_period"),
    Index("book_tax_id_ix", "tax_id"),
)

book_grant = Table(
    "book_grant",
    tenant,
    Column("book_id", BigInteger, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("role", Text, nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("granted_by", Text, nullable=False),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="book_grant_book_fk"),
    Index("book_grant_user_ix", "user_id"),
)
