"""Reads of whom a provider's subjects stand for."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from app.identity.outside.models import link, provider
from tenants.scope import TenantScope


def linked(connection: Connection, provider_id: UUID, subject: str) -> UUID | None:
    """The user a subject stands for."""
    query = select(link.c.user_id).where(link.c.provider_id == provider_id, link.c.subject == subject)
    return connection.execute(query).scalar_one_or_none()


def links_of(scope: TenantScope, user_id: UUID) -> Sequence[RowMapping]:
    """The providers of this firm a person is linked with."""
    query = (
        select(provider.c.id, provider.c.name, provider.c.kind, link.c.linked_at)
        .join(link, link.c.provider_id == provider.c.id)
        .where(provider.c.tenant_id == scope.tenant.id, link.c.user_id == user_id)
        .order_by(provider.c.id)
    )
    return scope.execute(query).mappings().all()
