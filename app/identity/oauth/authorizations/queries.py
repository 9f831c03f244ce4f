"""Reads of authorizations and of the persons who gave them."""

from __future__ import annotations

from dataclasses import fields
from uuid import UUID

from sqlalchemy import RowMapping, Select, select

from app.identity.models import oauth_authorization, token, user
from app.identity.oauth.types import Authorization
from tenants.scope import TenantScope

_VALUES = [field.name for field in fields(Authorization) if field.name != "presented"]
_ROW = oauth_authorization.c


def person(scope: TenantScope, user_id: UUID) -> RowMapping | None:
    """A person who is a member of the firm at this moment: name and e-mail."""
    query = select(user.c.id, user.c.name, user.c.email).where(
        user.c.tenant_id == scope.tenant.id, user.c.id == user_id, user.c.active
    )
    return scope.execute(query).mappings().first()


def session(scope: TenantScope, session_id: UUID) -> RowMapping | None:
    """When a live session of the firm began, and when and by what its person last proved who it is."""
    query = select(token.c.created_at, token.c.strong_at, token.c.proved_by).where(
        token.c.id == session_id,
        token.c.tenant_id == scope.tenant.id,
        token.c.kind == "session",
        token.c.revoked_at.is_(None),
    )
    return scope.execute(query).mappings().first()


def of_code(scope: TenantScope, client_id: UUID, code_hash: bytes) -> RowMapping | None:
    """The authorization of a client's code, locked until the end of the transaction."""
    return scope.execute(_locked().where(_ROW.code_hash == code_hash, _ROW.client_id == client_id)).mappings().first()


def of_family(scope: TenantScope, client_id: UUID, family: UUID) -> RowMapping | None:
    """A client's authorization, locked until the end of the transaction: of two refreshers one waits for the other."""
    return scope.execute(_locked().where(_ROW.id == family, _ROW.client_id == client_id)).mappings().first()


def as_authorization(row: RowMapping, presented: str) -> Authorization:
    """A row as the value Authlib asks; `presented` is the code or refresh token that was shown."""
    return Authorization(**{name: row[name] for name in _VALUES}, presented=presented)


def _locked() -> Select[tuple[object, ...]]:
    return select(*_ROW).with_for_update()
