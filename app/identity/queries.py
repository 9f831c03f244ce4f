"""Reads of users, memberships, tokens and grants. Each names its firm: these tables have no second wall."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from app.identity.models import membership, token, user
from tenants.models import tenant_row
from tenants.scope import TenantScope

_MEMBER = (
    user.c.id,
    user.c.email,
    user.c.name,
    membership.c.role,
    membership.c.active,
    membership.c.created_at,
)


def credentials(connection: Connection, short_name: str, email: str) -> RowMapping | None:
    """The active member of an entered firm by e-mail, with the password hash, or None."""
    query = (
        select(user.c.id, user.c.password_hash, membership.c.tenant_id, tenant_row.c.state)
        .join(membership, membership.c.user_id == user.c.id)
        .join(tenant_row, tenant_row.c.id == membership.c.tenant_id)
        .where(user.c.email == email, tenant_row.c.short_name == short_name, user.c.active, membership.c.active)
    )
    return connection.execute(query).mappings().first()


def live_token(connection: Connection, digest: bytes, now: datetime) -> RowMapping | None:
    """The token of a digest that is neither expired nor revoked, with its user and membership where it has them."""
    on_membership = (membership.c.user_id == token.c.user_id) & (membership.c.tenant_id == token.c.tenant_id)
    member_still = user.c.active & membership.c.active
    query = (
        select(
            token.c.id,
            token.c.kind,
            token.c.name,
            token.c.role,
            token.c.books,
            token.c.tenant_id,
            token.c.user_id,
            user.c.name.label("user_name"),
            membership.c.role.label("member_role"),
        )
        .outerjoin(user, user.c.id == token.c.user_id)
        .outerjoin(membership, on_membership)
        .where(token.c.hash == digest, token.c.revoked_at.is_(None), token.c.expires_at > now)
        .where((token.c.kind != "session") | member_still)
    )
    return connection.execute(query).mappings().first()


def user_by_email(connection: Connection, email: str) -> UUID | None:
    """The user of an e-mail, in whatever firm."""
    return connection.execute(select(user.c.id).where(user.c.email == email)).scalar_one_or_none()


def email_of(scope: TenantScope, user_id: UUID) -> str:
    """The e-mail of the acting user."""
    return str(scope.execute(select(user.c.email).where(user.c.id == user_id)).scalar_one())


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
        token.c.created_at,
        token.c.expires_at,
        token.c.revoked_at,
    )
    return select(*columns).where(token.c.tenant_id == scope.tenant.id, token.c.kind == "api_key")


def grants(scope: TenantScope, book_id: int, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """Who holds which role in a book, in the order of the users' ids; the keys' own grants are not people's."""
    found = scope.run(
        """
        select g.user_id as id, u.email, u.name, g.role, g.granted_at
          from tenant.book_grant g join platform.app_user u on u.id = g.user_id
         where g.book_id = :book_id and (cast(:after as uuid) is null or g.user_id > :after)
         order by g.user_id limit :limit
        """,
        book_id=book_id,
        after=after,
        limit=limit,
    )
    return found.mappings().all()
