"""What firms demand of their people, in the `platform` schema: it is asked before the firm is entered."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKeyConstraint, Integer, Table, Uuid

from tenants.models import Instant, platform
from tenants.naming import PLATFORM

sign_in_policy = Table(
    "sign_in_policy",
    platform,
    Column("tenant_id", Uuid, primary_key=True),
    Column("second_factor", Boolean, nullable=False),
    Column("password_days", Integer),
    Column("row_version", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="sign_in_policy_tenant_fk"),
    CheckConstraint("password_days between 30 and 365", name="days"),
    comment="What a firm demands of its people beyond what the installation demands; no row demands nothing",
)
