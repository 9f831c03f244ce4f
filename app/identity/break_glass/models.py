"""Break-glass visits: asked for by an operator, decided by the firm."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Table, Text, Uuid

from tenants.models import Instant, platform
from tenants.naming import PLATFORM

visit = Table(
    "break_glass",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("operator_id", Uuid, nullable=False),
    Column("operator_name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Text),
    Column("opened_at", Instant),
    Column("token_id", Uuid),
    Column("ends_at", Instant, nullable=False),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="break_glass_tenant_fk"),
    CheckConstraint("minutes between 1 and 60", name="minutes"),
    CheckConstraint("state in ('requested','approved','refused','open','ended')", name="state"),
    CheckConstraint("(token_id is null) = (opened_at is null)", name="opened"),
    Index("break_glass_tenant_ix", "tenant_id", "id"),
    Index("break_glass_operator_ix", "operator_id", "id"),
    comment="What an operator asked to see of a firm, and what the firm said",
)
