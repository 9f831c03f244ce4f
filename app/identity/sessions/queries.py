"""Reads of tokens and of who may log in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from app.identity.models import membership, token, user
from tenants.models import tenant_row


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
            token.c.ceiling,
            token.c.client_id,
            token.c.strong_at,
            token.c.seen_at,
            token.c.tenant_id,
            token.c.user_id,
            user.c.name.label("user_name"),
            membership.c.role.label("member_role"),
        )
        .outerjoin(user, user.c.id == token.c.user_id)
        .outerjoin(membership, on_membership)
        .where(token.c.hash == digest, token.c.revoked_at.is_(None), token.c.expires_at > now)
        .where(token.c.user_id.is_(None) | member_still)
    )
    return connection.execute(query).mappings().first()
