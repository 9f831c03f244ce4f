"""Reads of OAuth clients; a revoked one is nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from app.identity.models import oauth_client
from app.identity.oauth.types import Client
from infra.ids import decode
from tenants.scope import TenantScope

_CLIENT = tuple(oauth_client.c[field.name] for field in fields(Client))
_SHOWN = tuple(column for column in oauth_client.c if column.name != "secret_hash")


def by_public_id(connection: Connection, client_id: str, tenant_id: UUID | None = None) -> Client | None:
    """The live client of a `client_id`, of this firm when one is named."""
    wanted = decode("cli", client_id)
    if wanted is None:
        return None
    query = select(*_CLIENT).where(oauth_client.c.id == wanted, oauth_client.c.revoked_at.is_(None))
    if tenant_id is not None:
        query = query.where(oauth_client.c.tenant_id == tenant_id)
    row = connection.execute(query).mappings().first()
    return Client(**row) if row else None


def clients(scope: TenantScope, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The clients of the firm in the order of their ids, revoked ones included."""
    query = _of_firm(scope).order_by(oauth_client.c.id).limit(limit)
    if after is not None:
        query = query.where(oauth_client.c.id > after)
    return scope.execute(query).mappings().all()


def client(scope: TenantScope, client_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """One client of the firm, locked when it is to be changed."""
    query = _of_firm(scope).where(oauth_client.c.id == client_id)
    return scope.execute(query.with_for_update() if lock else query).mappings().first()


def _of_firm(scope: TenantScope) -> Any:
    return select(*_SHOWN).where(oauth_client.c.tenant_id == scope.tenant.id)
