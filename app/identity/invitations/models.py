"""Invitations, in the `platform` schema: they are followed before any firm is entered.

Invariant: the secret of a link lies as its SHA-256, and a link makes one member.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from tenants.models import Instant, platform
from tenants.naming import PLATFORM

invitation = Table(
    "invitation",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("hash", BYTEA, nullable=False),
    Column("tenant_id", Uuid, nullable=False),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("books", JSONB, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("accepted_at", Instant),
    Column("revoked_at", Instant),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenant.id"], name="invitation_tenant_fk"),
    UniqueConstraint("hash", name="invitation_hash_uq"),
    Index("invitation_tenant_ix", "tenant_id", "id"),
    comment="Links that make somebody a member of a firm, each for one e-mail and 72 hours",
)
