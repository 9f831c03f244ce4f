"""The log of acts (操作日志), where each of its chains stands, and the checkpoints that were signed over them.

Invariant: the app's login inserts and reads lines and checkpoints, and moves a head only along lines that are there
(a trigger of the migrations looks); it changes and deletes nothing.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Computed, Index, Integer, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from tenants.models import Instant, tenant

audit_event = Table(
    "audit_event",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("book_id", BigInteger),
    Column("chain", BigInteger, Computed("coalesce(book_id, 0)", persisted=True), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("prev", BYTEA, nullable=False),
    Column("hash", BYTEA, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("on_behalf", Text, nullable=False),
    Column("session", Uuid),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("details", JSONB, nullable=False),
    Column("personal", BYTEA),
    Column("request_id", Text, nullable=False),
    UniqueConstraint("chain", "seq", name="audit_event_chain_uq"),
    Index("audit_event_book_ix", "book_id", "at"),
    Index("audit_event_at_ix", "at"),
    Index("audit_event_actor_ix", "actor", "at"),
    comment="Who did what, when and from where; each line carries the hash of the line before it on its chain",
)

audit_head = Table(
    "audit_head",
    tenant,
    Column("chain", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", BYTEA, nullable=False),
    comment="Where each chain of the log stands: 0 is the firm's, any other a book's; locked last in a transaction",
)

audit_checkpoint = Table(
    "audit_checkpoint",
    tenant,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("chains", Integer, nullable=False),
    Column("root", BYTEA, nullable=False),
    Column("digest", BYTEA, nullable=False),
    Column("key", Text, nullable=False),
    Column("signature", BYTEA, nullable=False),
    comment="The index of the firm's checkpoints; the checkpoints themselves lie outside, under object lock",
)
