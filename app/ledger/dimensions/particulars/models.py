"""Particulars of items (往来单位与员工的敏感资料): one row a value, sealed by the firm's key for its own place."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import BYTEA

from tenants.models import tenant
from tenants.naming import TENANT

particular = Table(
    "particular",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("item_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("blind", BYTEA),
    PrimaryKeyConstraint("book_id", "item_id", "kind", name="particular_pk"),
    ForeignKeyConstraint(
        ["book_id", "item_id"],
        [f"{TENANT}.dimension_item.book_id", f"{TENANT}.dimension_item.id"],
        name="particular_item_fk",
    ),
    CheckConstraint("kind in ('identity_number','phone','bank_account','bank_name','address')", name="kind"),
    CheckConstraint("sealed ~ '^s1[.][0-9a-f]{8}[.][0-9A-Za-z_-]{38,}$'", name="sealed"),
    Index("particular_blind_ix", "book_id", "kind", "blind", postgresql_where="blind is not null"),
    comment="Sensitive values of items, only ever sealed; blind is a keyed hash by which an exact value is found",
)
