"""Reads of a firm's outside identity providers; each names its firm, these rows have no second wall."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from app.identity.outside.models import provider
from tenants.models import tenant_row

_SHOWN = [column for column in provider.c if column.name not in ("secret", "tenant_id")]


def of_firm(connection: Connection, tenant_id: UUID) -> Sequence[RowMapping]:
    """The providers of a firm without their secrets, in the order they came, retired ones included."""
    query = select(*_SHOWN).where(provider.c.tenant_id == tenant_id).order_by(provider.c.id)
    return connection.execute(query).mappings().all()


def one(connection: Connection, tenant_id: UUID, provider_id: UUID) -> RowMapping | None:
    """One provider of a firm without its secret."""
    query = select(*_SHOWN).where(provider.c.tenant_id == tenant_id, provider.c.id == provider_id)
    return connection.execute(query).mappings().first()


def sealed(connection: Connection, provider_id: UUID) -> RowMapping | None:
    """An active provider of an active firm, its secret sealed."""
    query = (
        select(provider)
        .join(tenant_row, tenant_row.c.id == provider.c.tenant_id)
        .where(provider.c.id == provider_id, provider.c.active, tenant_row.c.state == "active")
    )
    return connection.execute(query).mappings().first()


def by_firm_name(connection: Connection, short_name: str) -> Sequence[RowMapping]:
    """What a stranger may know of a firm's providers: their ids, kinds and names."""
    query = (
        select(provider.c.id, provider.c.kind, provider.c.name)
        .join(tenant_row, tenant_row.c.id == provider.c.tenant_id)
        .where(tenant_row.c.short_name == short_name, tenant_row.c.state == "active", provider.c.active)
        .order_by(provider.c.id)
    )
    return connection.execute(query).mappings().all()
