"""Reads of users. Each names its firm: their table has no second wall."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from app.identity.models import user
from tenants.scope import TenantScope

_MEMBER = (user.c.id, user.c.email, user.c.name, user.c.role, user.c.active, user.c.created_at)


def email_of(scope: TenantScope, user_id: UUID) -> str:
    """The e-mail of the acting user."""
    return str(scope.execute(select(user.c.email).where(user.c.id == user_id)).scalar_one())


def has_email(scope: TenantScope, email: str) -> bool:
    """Whether an e-mail is a member's, active or not."""
    query = select(user.c.id).where(user.c.tenant_id == scope.tenant.id, user.c.email == email)
    return scope.execute(query).first() is not None


def member(scope: TenantScope, user_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """A person of the firm, or None; locked until the end of the transaction when it is to be changed."""
    query = select(*_MEMBER).where(user.c.tenant_id == scope.tenant.id, user.c.id == user_id)
    if lock:
        query = query.with_for_update()
    return scope.execute(query).mappings().first()


def staff(scope: TenantScope, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The people of the firm in the order of their ids."""
    query = select(*_MEMBER).where(user.c.tenant_id == scope.tenant.id).order_by(user.c.id).limit(limit)
    if after is not None:
        query = query.where(user.c.id > after)
    return scope.execute(query).mappings().all()


def active_owners(scope: TenantScope) -> list[UUID]:
    """The active owners of the firm, locked: two demotions at once must not leave it without one."""
    query = (
        select(user.c.id)
        .where(user.c.tenant_id == scope.tenant.id, user.c.role == "owner", user.c.active)
        .order_by(user.c.id)
        .with_for_update()
    )
    return list(scope.execute(query).scalars())


def has_members(connection: Connection, tenant_id: UUID) -> bool:
    """Whether anybody belongs to the firm yet."""
    return connection.execute(select(user.c.id).where(user.c.tenant_id == tenant_id).limit(1)).first() is not None
