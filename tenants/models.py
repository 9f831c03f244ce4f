"""Tables below all rooms: the registry in `platform`, and in each firm's schema the job, outbox and idempotency rows.

Invariant: no foreign key joins a firm's schema with another schema (scale.md, rule 1).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from infra.db import NAMING
from tenants.naming import PLATFORM, TENANT

platform = MetaData(schema=PLATFORM, naming_convention=NAMING)
tenant = MetaData(schema=TENANT, naming_convention=NAMING)

Instant = DateTime(timezone=True)

cell = Table(
    "cell",
    platform,
    Column("name", Text, primary_key=True),
    Column("dsn", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    comment="A database that holds firms; an empty dsn means the one this process is configured with",
)

tenant_row = Table(
    "tenant",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("short_name", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("cell", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("step", Text, nullable=False, server_default=""),
    Column("revision", Text, nullable=False, server_default=""),
    Column("live", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    ForeignKeyConstraint(["cell"], [f"{PLATFORM}.cell.name"], name="tenant_cell_fk"),
    UniqueConstraint("number", name="tenant_number_uq"),
    UniqueConstraint("short_name", name="tenant_short_name_uq"),
    CheckConstraint("state in ('provisioning','active','suspended','upgrading')", name="state"),
    CheckConstraint("short_name ~ '^[a-z][a-z0-9-]{1,38}$'", name="short_name"),
)

job = Table(
    "job",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
    Column("book_id", BigInteger),
    Column("args", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("max_attempts", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("lease_owner", Text),
    Column("lease_until", Instant),
    Column("deadline", Instant),
    Column("progress", JSONB, nullable=False, server_default="{}"),
    Column("result", JSONB),
    Column("problem", JSONB),
    Column("dedupe_key", Text),
    Column("created_by", JSONB, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("heartbeat_at", Instant),
    Column("finished_at", Instant),
    UniqueConstraint("dedupe_key", name="job_dedupe_key_uq"),
    CheckConstraint(
        "state in ('queued','running','cancel_requested','succeeded','partially_succeeded','failed','cancelled')",
        name="state",
    ),
    Index("job_open_ix", "state", "queued_at", postgresql_where="finished_at is null"),
    comment="The truth about work in the background; the queue only carries its ids",
)

job_stage = Table(
    "job_stage",
    tenant,
    Column("job_id", Uuid, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("fence", BigInteger, nullable=False),
    ForeignKeyConstraint(["job_id"], [f"{TENANT}.job.id"], name="job_stage_job_fk"),
    comment="One row per finished stage, written in the stage's own transaction: a stage happens once",
)

job_item = Table(
    "job_item",
    tenant,
    Column("book_id", BigInteger, primary_key=True),
    Column("job_id", Uuid, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("fate", Text, nullable=False),
    Column("object_type", Text),
    Column("object_id", Uuid),
    Column("problems", JSONB, nullable=False, server_default="[]"),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["job_id"], [f"{TENANT}.job.id"], name="job_item_job_fk"),
    Index("job_item_job_ix", "job_id", "seq"),
    comment="What became of each item of bulk work",
)

outbox = Table(
    "outbox",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("job_id", Uuid, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    ForeignKeyConstraint(["job_id"], [f"{TENANT}.job.id"], name="outbox_job_fk"),
    Index("outbox_unsent_ix", "created_at", postgresql_where="sent_at is null"),
)

idempotency_key = Table(
    "idempotency_key",
    tenant,
    Column("principal", Text, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", BYTEA, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", BYTEA, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("idempotency_key_created_ix", "created_at"),
)
