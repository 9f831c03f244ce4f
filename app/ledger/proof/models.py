"""The tables of proof: the seals of closed periods, and the firm's signatures under them.

Invariant: both are written once and never changed (rights: SELECT, INSERT). A seal's `hash` covers every other column
but the trial balance itself, of which it covers the hash.
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
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from tenants.models import Instant, tenant
from tenants.naming import TENANT

closing_seal = Table(
    "closing_seal",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("period", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("ledger_seq", BigInteger, nullable=False),
    Column("chain", BYTEA, nullable=False),
    Column("trial", JSONB, nullable=False),
    Column("trial_hash", BYTEA, nullable=False),
    Column("statements", JSONB, nullable=False),
    Column("standard", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("previous", BYTEA, nullable=False),
    Column("hash", BYTEA, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    PrimaryKeyConstraint("book_id", "number", name="closing_seal_pk"),
    ForeignKeyConstraint(
        ["book_id", "period"], [f"{TENANT}.period.book_id", f"{TENANT}.period.period"], name="closing_seal_period_fk"
    ),
    UniqueConstraint("book_id", "period", "version", name="closing_seal_version_uq"),
    CheckConstraint("number > 0 and version > 0", name="counts"),
    comment="What a close proves: head of the hash chain, trial balance, statements, and the seal before",
)

seal_signature = Table(
    "seal_signature",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("signature", BYTEA, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "number", name="seal_signature_pk"),
    ForeignKeyConstraint(
        ["book_id", "number"],
        [f"{TENANT}.closing_seal.book_id", f"{TENANT}.closing_seal.number"],
        name="seal_signature_seal_fk",
    ),
    comment="The firm's Ed25519 signature under a seal; key is the fingerprint of the public key",
)
