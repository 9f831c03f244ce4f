"""Reads of tokens and of who may log in. Each names its person or its firm: these tables have no second wall."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Select, exists, func, select

from app.identity.factors.models import factor
from app.identity.models import membership, oauth_client, token, user
from app.identity.policy.models import sign_in_policy
from app.identity.sessions.rules import IDLE_LIFE
from tenants.models import tenant_row
from tenants.scope import TenantScope

_SHOWN = (
    *(token.c.id, token.c.address, token.c.agent, token.c.created_at),
    *(token.c.expires_at, token.c.seen_at, token.c.strong_at),
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


def may_enter(connection: Connection, tenant_id: UUID, user_id: UUID) -> RowMapping | None:
    """The state of a firm whose active member the user is, and the member's name and role there, or None."""
    name = func.coalesce(func.nullif(membership.c.name, ""), user.c.name).label("name")
    query = (
        select(tenant_row.c.state, name, membership.c.role)
        .join(membership, membership.c.tenant_id == tenant_row.c.id)
        .join(user, user.c.id == membership.c.user_id)
        .where(tenant_row.c.id == tenant_id, user.c.id == user_id, user.c.active, membership.c.active)
    )
    return connection.execute(query).mappings().first()


def live_token(connection: Connection, digest: bytes, now: datetime) -> RowMapping | None:
    """The token of a digest that is neither over nor revoked, with its person, membership and the firm's demands."""
    on_membership = (membership.c.user_id == token.c.user_id) & (membership.c.tenant_id == token.c.tenant_id)
    member_still = user.c.active & membership.c.active
    proved = exists().where(factor.c.user_id == token.c.user_id, factor.c.confirmed_at.is_not(None))
    columns = (
        *(token.c.id, token.c.kind, token.c.name, token.c.role, token.c.books, token.c.ceiling, token.c.client_id),
        *(token.c.strong_at, token.c.seen_at, token.c.tenant_id, token.c.user_id),
        *(user.c.password_changed_at, sign_in_policy.c.second_factor, sign_in_policy.c.password_days),
        func.coalesce(func.nullif(membership.c.name, ""), user.c.name).label("user_name"),
        membership.c.role.label("member_role"),
        proved.label("has_factor"),
    )
    query = (
        select(*columns)
        .outerjoin(user, user.c.id == token.c.user_id)
        .outerjoin(membership, on_membership)
        .outerjoin(sign_in_policy, sign_in_policy.c.tenant_id == token.c.tenant_id)
        .where(token.c.hash == digest, token.c.revoked_at.is_(None), token.c.expires_at > now)
        .where(token.c.user_id.is_(None) | member_still)
        .where((token.c.kind != "session") | (func.coalesce(token.c.seen_at, token.c.created_at) > now - IDLE_LIFE))
    )
    return connection.execute(query).mappings().first()


def own_password(scope: TenantScope, user_id: UUID) -> str:
    """The hash of a person's password."""
    return str(scope.execute(select(user.c.password_hash).where(user.c.id == user_id)).scalar_one())


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


def role_today(connection: Connection, tenant_id: UUID, user_id: UUID) -> str | None:
    """The role a person holds on the firm today, or None when it is not an active member."""
    query = (
        select(membership.c.role)
        .join(user, user.c.id == membership.c.user_id)
        .where(membership.c.tenant_id == tenant_id, membership.c.user_id == user_id, membership.c.active, user.c.active)
    )
    return connection.execute(query).scalar_one_or_none()


def client_stands(connection: Connection, tenant_id: UUID, client_id: UUID) -> bool:
    """Whether an OAuth client of the firm was not ended."""
    query = select(oauth_client.c.id).where(
        oauth_client.c.id == client_id, oauth_client.c.tenant_id == tenant_id, oauth_client.c.revoked_at.is_(None)
    )
    return connection.execute(query).first() is not None


def operator_tokens(connection: Connection, now: datetime) -> Sequence[RowMapping]:
    """The tokens of operators that still hold, oldest first."""
    query = (
        select(token.c.id, token.c.name, token.c.role, token.c.expires_at)
        .where(token.c.kind == "operator", token.c.revoked_at.is_(None), token.c.expires_at > now)
        .order_by(token.c.id)
    )
    return connection.execute(query).mappings().all()


def is_live(connection: Connection, tenant_id: UUID, token_id: UUID, now: datetime) -> bool:
    """Whether a token of the firm is neither expired nor revoked."""
    query = select(token.c.id).where(
        token.c.id == token_id, token.c.tenant_id == tenant_id, token.c.revoked_at.is_(None), token.c.expires_at > now
    )
    return connection.execute(query).first() is not None
