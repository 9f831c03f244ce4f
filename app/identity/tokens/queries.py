"""Reads of tokens and of whom they stand for. Each names its token or its firm: these tables have no second wall."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, exists, func, select

from app.identity.factors.models import factor
from app.identity.models import oauth_client, token, user
from app.identity.policy.models import sign_in_policy
from app.identity.tokens.rules import IDLE_LIFE


def live_token(connection: Connection, digest: bytes, now: datetime) -> RowMapping | None:
    """The token of a digest that is neither over nor revoked, with its person and the firm's demands."""
    whose = (user.c.id == token.c.user_id) & (user.c.tenant_id == token.c.tenant_id)
    proved = exists().where(factor.c.user_id == token.c.user_id, factor.c.confirmed_at.is_not(None))
    columns = (
        *(token.c.id, token.c.kind, token.c.name, token.c.role, token.c.books, token.c.ceiling, token.c.client_id),
        *(token.c.strong_at, token.c.seen_at, token.c.tenant_id, token.c.user_id),
        *(user.c.password_changed_at, sign_in_policy.c.second_factor, sign_in_policy.c.password_days),
        user.c.name.label("user_name"),
        user.c.role.label("member_role"),
        proved.label("has_factor"),
    )
    query = (
        select(*columns)
        .outerjoin(user, whose)
        .outerjoin(sign_in_policy, sign_in_policy.c.tenant_id == token.c.tenant_id)
        .where(token.c.hash == digest, token.c.revoked_at.is_(None), token.c.expires_at > now)
        .where(token.c.user_id.is_(None) | user.c.active)
        .where((token.c.kind != "session") | (func.coalesce(token.c.seen_at, token.c.created_at) > now - IDLE_LIFE))
    )
    return connection.execute(query).mappings().first()


def operator_tokens(connection: Connection, now: datetime) -> Sequence[RowMapping]:
    """The tokens of operators that still hold, oldest first."""
    query = (
        select(token.c.id, token.c.name, token.c.role, token.c.expires_at)
        .where(token.c.kind == "operator", token.c.revoked_at.is_(None), token.c.expires_at > now)
        .order_by(token.c.id)
    )
    return connection.execute(query).mappings().all()


def of_operator(connection: Connection, name: str) -> Sequence[UUID]:
    """The tokens an operator of this name has or had."""
    query = select(token.c.id).where(token.c.kind == "operator", token.c.name == name)
    return connection.execute(query).scalars().all()


def holds(connection: Connection, token_id: UUID, now: datetime) -> bool:
    """Whether a token is neither over nor revoked; until the end of the transaction nobody revokes it."""
    live = token.c.revoked_at.is_(None) & (token.c.expires_at > now)
    query = select(token.c.id).where(token.c.id == token_id, live).with_for_update(read=True)
    return connection.execute(query).first() is not None


def role_today(connection: Connection, tenant_id: UUID, user_id: UUID) -> str | None:
    """The role a person holds on the firm today, or None when it is not an active member."""
    query = select(user.c.role).where(user.c.tenant_id == tenant_id, user.c.id == user_id, user.c.active)
    return connection.execute(query).scalar_one_or_none()


def client_stands(connection: Connection, tenant_id: UUID, client_id: UUID) -> bool:
    """Whether an OAuth client of the firm was not ended."""
    query = select(oauth_client.c.id).where(
        oauth_client.c.id == client_id, oauth_client.c.tenant_id == tenant_id, oauth_client.c.revoked_at.is_(None)
    )
    return connection.execute(query).first() is not None


def is_live(connection: Connection, tenant_id: UUID, token_id: UUID, now: datetime) -> bool:
    """Whether a token of the firm is neither expired nor revoked."""
    query = select(token.c.id).where(
        token.c.id == token_id, token.c.tenant_id == tenant_id, token.c.revoked_at.is_(None), token.c.expires_at > now
    )
    return connection.execute(query).first() is not None
