"""The book row (账套) and who may enter it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from tenants.models import Instant, tenant
from tenants.naming import TENANT

book = Table(
    "book",
    tenant,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("uid", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("tax_id", Text, nullable=False),
    Column("taxpayer", Text, nullable=False),
    Column("industry", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("small_low_profit", Boolean, nullable=False),
    Column("standard", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("start_period", Text, nullable=False),
    Column("settings", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("row_version", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("uid", name="book_uid_uq"),
    UniqueConstraint("code", name="book_code_uq"),
    CheckConstraint("taxpayer in ('general','small_scale')", name="taxpayer"),
    CheckConstraint("industry in ('trade','service','industry')", name="industry"),
    CheckConstraint("location in ('city','county','other')", name="location"),
    CheckConstraint("state in ('active','disabled')", name="state"),
    CheckConstraint("start_period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name="start_period"),
    Index("book_tax_id_ix", "tax_id"),
)

book_grant = Table(
    "book_grant",
    tenant,
    Column("book_id", BigInteger, primary_key=True),
    Column("holder_id", Uuid, primary_key=True),
    Column("role", Text, nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("granted_by", Text, nullable=False),
    Column("expires_at", Instant),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="book_grant_book_fk"),
    Index("book_grant_holder_ix", "holder_id"),
    comment="Who holds which role in a book: a user, an API key or a team; an inspector only until a moment",
)

role = Table(
    "role",
    tenant,
    Column("code", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("reach", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("all_books", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("row_version", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint("code ~ '^own_[a-z0-9_]{1,34}$'", name="code"),
    CheckConstraint("reach in ('firm','book')", name="reach"),
    CheckConstraint("side in ('staff','client')", name="side"),
    CheckConstraint("not all_books or (reach = 'firm' and side = 'staff')", name="all_books"),
    comment="Roles a firm made from permissions; the built-in ones are in app/kernel/permissions.py",
)

team = Table(
    "team",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("row_version", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("name", name="team_name_uq"),
)

team_member = Table(
    "team_member",
    tenant,
    Column("team_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("joined_at", Instant, nullable=False),
    ForeignKeyConstraint(["team_id"], [f"{TENANT}.team.id"], name="team_member_team_fk"),
    Index("team_member_user_ix", "user_id"),
)
