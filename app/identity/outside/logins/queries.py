"""Reads of whom a provider's subjects stand for."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, Row, RowMapping, select

from app.identity.models import user
from app.identity.outside.models import link, provider
from tenants.scope import TenantScope


def linked(connection: Connection, provider_id: UUID, subject: str) -> Row[UUID, int] | None:
    """The id and the generation of the person a subject stands for."""
    mine = (link.c.provider_id == provider_id) & (link.c.subject == subject)
    query = select(user.c.id, user.c.generation).join(link, link.c.user_id == user.c.id).where(mine)
    return connection.execute(query).first()


def links_of(scope: TenantScope, user_id: UUID) -> Sequence[RowMapping]:
    """The providers of this firm a person is linked with."""
    query = (
        select(provider.c.id, provider.c.name, provider.c.kind, link.c.linked_at)
        .join(link, link.c.provider_id == provider.c.id)
        .where(provider.c.tenant_id == scope.tenant.id, link.c.user_id == user_id)
        .order_by(provider.c.id)
    )
    return scope.execute(query).mappings().all()
