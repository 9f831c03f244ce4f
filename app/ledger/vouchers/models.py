"""The desk's own tables: templates, rules of review, and which documents a voucher is made from.

Invariant: a version of a review rule never changes what it says, only its state, so a voucher's `rule@version` can be
read for as long as the voucher is kept (财会〔2024〕11号 Art. 17).
"""

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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.ledger.models import Amount
from tenants.models import Instant, tenant
from tenants.naming import TENANT

voucher_template = Table(
    "voucher_template",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("word", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("row_version", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "id", name="voucher_template_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="voucher_template_book_fk"),
    UniqueConstraint("book_id", "name", name="voucher_template_name_uq"),
    comment="What a recurring voucher says; a line without an amount is asked for when a voucher is made from it",
)

review_rule = Table(
    "review_rule",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("source_type", Text, nullable=False),
    Column("source_rule", Text, nullable=False),
    Column("word", Text, nullable=False),
    Column("max_amount", Amount),
    Column("accounts", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposer", Text, nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("approved_by", Text),
    Column("approved_at", Instant),
    Column("retired_by", Text),
    Column("retired_at", Instant),
    PrimaryKeyConstraint("book_id", "id", "version", name="review_rule_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="review_rule_book_fk"),
    Index("review_rule_active_uq", "book_id", "id", unique=True, postgresql_where="state = 'active'"),
    CheckConstraint("state in ('proposed','active','retired')", name="state"),
    CheckConstraint("state <> 'active' or approved_at is not null", name="approved"),
    CheckConstraint("version >= 1 and (max_amount is null or max_amount > 0)", name="bounds"),
    comment="Which vouchers the system made are reviewed by rule; an edit is a new version, approved by a person",
)

voucher_document = Table(
    "voucher_document",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("voucher_id", Uuid, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("linked_by", Text, nullable=False),
    Column("linked_at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "voucher_id", "document_id", name="voucher_document_pk"),
    ForeignKeyConstraint(
        ["book_id", "voucher_id"],
        [f"{TENANT}.voucher.book_id", f"{TENANT}.voucher.id"],
        name="voucher_document_voucher_fk",
    ),
    ForeignKeyConstraint(
        ["book_id", "document_id"],
        [f"{TENANT}.document.book_id", f"{TENANT}.document.id"],
        name="voucher_document_document_fk",
    ),
    Index("voucher_document_document_ix", "book_id", "document_id"),
    comment="The source documents of a voucher; none is taken away once the voucher is posted",
)
