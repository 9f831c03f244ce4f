"""The invoice register (发票台账): each invoice of a book once, by whatever road it came."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from tenants.models import Instant, tenant
from tenants.naming import TENANT

Amount = Numeric(19, 2)

invoice = Table(
    "invoice",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("direction", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("seller_name", Text, nullable=False),
    Column("seller_tax_id", Text, nullable=False),
    Column("buyer_name", Text, nullable=False),
    Column("buyer_tax_id", Text, nullable=False),
    Column("net", Amount, nullable=False),
    Column("tax", Amount, nullable=False),
    Column("gross", Amount, nullable=False),
    Column("red", Boolean, nullable=False),
    Column("special", Boolean, nullable=False),
    Column("original_number", Text),
    Column("status", Text, nullable=False),
    Column("business", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("problems", JSONB, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("voucher_id", Uuid),
    Column("row_version", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "id", name="invoice_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="invoice_book_fk"),
    ForeignKeyConstraint(
        ["book_id", "document_id"], [f"{TENANT}.document.book_id", f"{TENANT}.document.id"], name="invoice_document_fk"
    ),
    ForeignKeyConstraint(
        ["book_id", "voucher_id"], [f"{TENANT}.voucher.book_id", f"{TENANT}.voucher.id"], name="invoice_voucher_fk"
    ),
    UniqueConstraint("book_id", "code", "number", name="invoice_number_uq"),
    Index("invoice_issued_ix", "book_id", "issued_on"),
    Index("invoice_state_ix", "book_id", "state"),
    CheckConstraint("direction in ('sales','purchase','unknown')", name="direction"),
    CheckConstraint("state in ('registered','booked','needs_attention','not_booked')", name="state"),
    CheckConstraint("net + tax = gross", name="gross"),
)

invoice_line = Table(
    "invoice_line",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("invoice_id", Uuid, nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("tax_code", Text, nullable=False),
    Column("quantity", Numeric(19, 6)),
    Column("unit_price", Numeric(25, 13)),
    Column("net", Amount, nullable=False),
    Column("tax_rate", Numeric(7, 4)),
    Column("tax", Amount, nullable=False),
    PrimaryKeyConstraint("book_id", "invoice_id", "line_no", name="invoice_line_pk"),
    ForeignKeyConstraint(
        ["book_id", "invoice_id"], [f"{TENANT}.invoice.book_id", f"{TENANT}.invoice.id"], name="invoice_line_invoice_fk"
    ),
)
