"""Acts (操作日志): who did what to which object; the app's login may only insert."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from tenants.models import Instant, tenant

audit_event = Table(
    "audit_event",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("book_id", BigInteger),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("details", JSONB, nullable=False),
    Column("request_id", Text, nullable=False),
    Index("audit_event_book_ix", "book_id", "at"),
    Index("audit_event_at_ix", "at"),
)
