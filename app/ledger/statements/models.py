"""The statements' own table: forms that a book defines for itself (财会〔2024〕12号 Art. 25).

What a close keeps of statements is in the ledger's `statement_snapshot`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from tenants.models import Instant, tenant
from tenants.naming import TENANT

own_statement = Table(
    "own_statement",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("columns", JSONB, nullable=False),
    Column("rows", JSONB, nullable=False),
    Column("checks", JSONB, nullable=False),
    Column("row_version", Integer, nullable=False, server_default="1"),
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "code", name="own_statement_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="own_statement_book_fk"),
    CheckConstraint("code ~ '^own-[a-z0-9-]{1,30}$'", name="code"),
    comment="Statements a book defines itself: columns by cycle, rows with formulas over its own accounts, checks",
)
