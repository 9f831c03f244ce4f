"""Reads of users and memberships. Each names its firm: these tables have no second wall."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, select

from app.identity.models import membership, user
from tenants.scope import TenantScope

_MEMBER = (
    user.c.id,
    user.c.email,
    func.coalesce(func.nullif(membership.c.name, ""), user.c.name).label("name"),
    membership.c.role,
    membership.c.active,
    membership.c.created_at,
)


def user_by_email(connection: Connection, email: str) -> UUID | None:
    """The user of an e-mail, in whatever firm."""
    return connection.execute(select(user.c.id).where(user.c.email == email)).scalar_one_or_none()


def email_of(scope: TenantScope, user_id: UUID) -> str:
    """The e-mail of the acting user."""
    return str(scope.execute(select(user.c.email).where(user.c.id == user_id)).scalar_one())


def is_member(connection: Connection, tenant_id: UUID, user_id: UUID) -> bool:
    """Whether a user belongs to the firm, active or not."""
    query = select(membership.c.role).where(membership.c.tenant_id == tenant_id, membership.c.user_id == user_id)
    return connection.execute(query).first() is not None


def has_email(scope: TenantScope, email: str) -> bool:
    """Whether an e-mail is a member's, active or not; the same statement whoever else it belongs to."""
    query = (
        select(membership.c.user_id)
        .join(user, user.c.id == membership.c.user_id)
        .where(membership.c.tenant_id == scope.tenant.id, user.c.email == email)
    )
    return scope.execute(query).first() is not None


def member(scope: TenantScope, user_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """A person of the firm, or None; locked until the end of the transaction when it is to be changed."""
    query = (
        select(*_MEMBER)
        .join(membership, membership.c.user_id == user.c.id)
        .where(membership.c.tenant_id == scope.tenant.id, user.c.id == user_id)
    )
    if lock:
        query = query.with_for_update(of=membership)
    return scope.execute(query).mappings().first()


def staff(scope: TenantScope, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The people of the firm in the order of their ids."""
    query = (
        select(*_MEMBER)
        .join(membership, membership.c.user_id == user.c.id)
        .where(membership.c.tenant_id == scope.tenant.id)
        .order_by(user.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(user.c.id > after)
    return scope.execute(query).mappings().all()


def active_owners(scope: TenantScope) -> list[UUID]:
    """The active owners of the firm, locked: two demotions at once must not leave it without one."""
    query = (
        select(membership.c.user_id)
        .where(membership.c.tenant_id == scope.tenant.id, membership.c.role == "owner", membership.c.active)
        .order_by(membership.c.user_id)
        .with_for_update()
    )
    return list(scope.execute(query).scalars())


def has_members(connection: Connection, tenant_id: UUID) -> bool:
    """Whether anybody belongs to the firm yet."""
    query = select(membership.c.user_id).where(membership.c.tenant_id == tenant_id).limit(1)
    return connection.execute(query).first() is not None
