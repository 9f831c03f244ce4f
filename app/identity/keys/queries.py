"""Reads of API keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select

from app.identity.models import token
from tenants.scope import TenantScope


def api_keys(scope: TenantScope, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The API keys of the firm in the order of their ids, revoked ones included."""
    query = _keys(scope).order_by(token.c.id).limit(limit)
    if after is not None:
        query = query.where(token.c.id > after)
    return scope.execute(query).mappings().all()


def api_key(scope: TenantScope, key_id: UUID) -> RowMapping | None:
    """One API key of the firm."""
    return scope.execute(_keys(scope).where(token.c.id == key_id)).mappings().first()


def _keys(scope: TenantScope) -> Any:
    columns = (
        token.c.id,
        token.c.name,
        token.c.role,
        token.c.books,
        token.c.ceiling.label("permissions"),
        token.c.created_at,
        token.c.expires_at,
        token.c.seen_at,
        token.c.revoked_at,
    )
    return select(*columns).where(token.c.tenant_id == scope.tenant.id, token.c.kind == "api_key")
