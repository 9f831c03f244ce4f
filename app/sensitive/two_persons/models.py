"""Acts that need two persons (双人授权), in the control plane: they reach beyond what one firm's doors guard."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Table, Text, Uuid

from tenants.models import Instant, platform
from tenants.naming import PLATFORM

two_person_act = Table(
    "two_person_act",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("act", Text, nullable=False),
    Column("tenant_id", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposer", Text, nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("approved_by", Text),
    Column("approver", Text),
    Column("approved_at", Instant),
    Column("done_at", Instant),
    Column("ended_at", Instant),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="two_person_act_tenant_fk"),
    CheckConstraint("approved_by <> proposed_by and approver <> proposer", name="persons"),
    CheckConstraint("expires_at <= proposed_at + interval '24 hours' and approved_at < expires_at", name="times"),
    CheckConstraint("(approved_by is null) = (approved_at is null)", name="approval"),
    CheckConstraint("done_at is null or approved_at is not null", name="done"),
    CheckConstraint("ended_at is null or approved_at is null", name="ended"),
    Index("two_person_act_tenant_ix", "tenant_id", "proposed_at"),
    comment="Proposed by one operator, approved by another within 24 hours, done once; ended with its proposer",
)
