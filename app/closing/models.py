"""The month end's own tables; what a step did is in the ledger's `closing_step`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
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

closing_given = Table(
    "closing_given",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("period", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("figures", JSONB, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("row_version", Integer, nullable=False, server_default="1"),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    PrimaryKeyConstraint("book_id", "period", "step", name="closing_given_pk"),
    ForeignKeyConstraint(
        ["book_id", "period"], [f"{TENANT}.period.book_id", f"{TENANT}.period.period"], name="closing_given_period_fk"
    ),
    comment="Amounts of a step that come from outside the ledger: figures by case, or lines of a voucher",
)

own_step = Table(
    "own_step",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("cycle", Text, nullable=False),
    Column("condition", Text, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("row_version", Integer, nullable=False, server_default="1"),
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "code", name="own_step_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="own_step_book_fk"),
    CheckConstraint("cycle in ('month','quarter','year')", name="cycle"),
    CheckConstraint("code ~ '^own-[a-z0-9-]{1,30}$'", name="code"),
    comment="Steps of a book's own in its month end; one that is no longer wanted is made inactive or deleted",
)
