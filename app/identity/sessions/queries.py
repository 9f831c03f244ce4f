"""Reads of sessions and of who may log in. Each names its person or its firm: these tables have no second wall."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Select, func, select

from app.identity.models import token, user
from app.identity.tokens.rules import IDLE_LIFE
from tenants.models import tenant_row
from tenants.scope import TenantScope

_SHOWN = (
    *(token.c.id, token.c.address, token.c.agent, token.c.created_at),
    *(token.c.expires_at, token.c.seen_at, token.c.strong_at),
)


def credentials(connection: Connection, short_name: str, email: str) -> RowMapping | None:
    """The active member of an entered firm by e-mail, with the hash that lets it in and its generation."""
    query = (
        select(user.c.id, user.c.password_hash, user.c.generation, user.c.tenant_id, tenant_row.c.state)
        .join(tenant_row, tenant_row.c.id == user.c.tenant_id)
        .where(user.c.email == email, tenant_row.c.short_name == short_name, user.c.active)
    )
    return connection.execute(query).mappings().first()


def may_enter(connection: Connection, tenant_id: UUID, user_id: UUID) -> RowMapping | None:
    """The state of a firm whose active member the user is, and the member's name and role there, or None."""
    query = (
        select(tenant_row.c.state, user.c.name, user.c.role)
        .join(user, user.c.tenant_id == tenant_row.c.id)
        .where(tenant_row.c.id == tenant_id, user.c.id == user_id, user.c.active)
    )
    return connection.execute(query).mappings().first()


def own_password(scope: TenantScope, user_id: UUID) -> str:
    """The hash of a person's password."""
    query = select(user.c.password_hash).where(user.c.tenant_id == scope.tenant.id, user.c.id == user_id)
    return str(scope.execute(query).scalar_one())


def sessions(scope: TenantScope, user_id: UUID, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The live sessions of a person in this firm, in the order of their ids."""
    query = _live(scope, user_id).order_by(token.c.id).limit(limit)
    return scope.execute(query if after is None else query.where(token.c.id > after)).mappings().all()


def one_session(scope: TenantScope, user_id: UUID, session_id: UUID) -> RowMapping | None:
    """One live session of a person in this firm."""
    return scope.execute(_live(scope, user_id).where(token.c.id == session_id)).mappings().first()


def _live(scope: TenantScope, user_id: UUID) -> Select[tuple[object, ...]]:
    return select(*_SHOWN).where(
        token.c.kind == "session",
        token.c.tenant_id == scope.tenant.id,
        token.c.user_id == user_id,
        token.c.revoked_at.is_(None),
        token.c.expires_at > scope.now,
        func.coalesce(token.c.seen_at, token.c.created_at) > scope.now - IDLE_LIFE,
    )
