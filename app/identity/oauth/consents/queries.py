"""Reads of what a person lets clients do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select

from app.identity.models import oauth_client, oauth_consent
from tenants.scope import TenantScope


def consents(scope: TenantScope, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The consents of the acting person that stand, in the order of their ids."""
    query = _mine(scope).where(oauth_consent.c.withdrawn_at.is_(None)).order_by(oauth_consent.c.id).limit(limit)
    if after is not None:
        query = query.where(oauth_consent.c.id > after)
    return scope.execute(query).mappings().all()


def consent(scope: TenantScope, consent_id: UUID) -> RowMapping | None:
    """One consent of the acting person, withdrawn or not."""
    return scope.execute(_mine(scope).where(oauth_consent.c.id == consent_id)).mappings().first()


def stands(scope: TenantScope, client_id: UUID, scopes: Sequence[str]) -> bool:
    """Whether the acting person lets a client do all these things; the row is locked, so a withdrawal waits."""
    own = oauth_consent.c
    query = select(own.id).where(
        own.tenant_id == scope.tenant.id,
        own.user_id == scope.actor.id,
        own.client_id == client_id,
        own.withdrawn_at.is_(None),
        own.scopes.contains(list(scopes)),
    )
    return scope.execute(query.with_for_update(read=True)).first() is not None


def _mine(scope: TenantScope) -> Any:
    columns = (
        oauth_consent.c.id,
        oauth_consent.c.client_id,
        oauth_client.c.name.label("client_name"),
        oauth_consent.c.scopes,
        oauth_consent.c.granted_at,
        oauth_consent.c.withdrawn_at,
    )
    return (
        select(*columns)
        .join(oauth_client, oauth_client.c.id == oauth_consent.c.client_id)
        .where(oauth_consent.c.tenant_id == scope.tenant.id, oauth_consent.c.user_id == scope.actor.id)
    )
