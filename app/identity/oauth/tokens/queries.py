"""Reads of the tokens that clients show to have them revoked or explained."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from app.identity.models import oauth_authorization, token
from app.identity.oauth.rules import digest, family_of
from app.identity.oauth.types import Held
from tenants.scope import TenantScope


def held(scope: TenantScope, text: str) -> Held | None:
    """The access or refresh token of the firm behind a text, however it stands with it."""
    return _family(scope, text) if family_of(text) else _access(scope, text)


def _access(scope: TenantScope, text: str) -> Held | None:
    query = select(token).where(
        token.c.hash == digest(text), token.c.kind == "access", token.c.tenant_id == scope.tenant.id
    )
    row = scope.execute(query).mappings().first()
    return None if row is None else _as_held(scope, row, row["ceiling"], row["revoked_at"] is None, family=False)


def _family(scope: TenantScope, text: str) -> Held | None:
    shown, own = digest(text), oauth_authorization.c
    query = select(oauth_authorization).where(
        own.id == family_of(text),
        own.tenant_id == scope.tenant.id,
        or_(own.refresh_hash == shown, own.refresh_previous == shown),
    )
    row = scope.execute(query).mappings().first()
    if row is None:
        return None
    newest = row["revoked_at"] is None and row["refresh_hash"] == shown
    return _as_held(scope, row, row["scopes"], newest, family=True)


def _as_held(scope: TenantScope, row: Any, scopes: list[str], standing: bool, *, family: bool) -> Held:
    return Held(
        id=row["id"],
        tenant_id=row["tenant_id"],
        client_id=row["client_id"],
        user_id=row["user_id"],
        scopes=scopes,
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        live=standing and scope.now < row["expires_at"],
        family=family,
    )
