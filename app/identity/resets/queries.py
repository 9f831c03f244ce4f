"""Reads of persons whose password is to change, and of the links that allow it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select, update

from app.identity.models import PASSWORD_HASH, membership, password_reset, user
from app.identity.rules import LINK_TRIES


def person(connection: Connection, tenant_id: UUID, user_id: UUID) -> RowMapping:
    """A person's e-mail, name, generation, and the hash that lets it into a firm."""
    query = (
        select(user.c.email, user.c.name, user.c.generation, PASSWORD_HASH)
        .join(membership, membership.c.user_id == user.c.id)
        .where(user.c.id == user_id, membership.c.tenant_id == tenant_id)
    )
    return connection.execute(query).mappings().one()


def firms_of(connection: Connection, user_id: UUID) -> list[UUID]:
    """The firms whose active member a person is; none for a person who is switched off."""
    query = (
        select(membership.c.tenant_id)
        .join(user, user.c.id == membership.c.user_id)
        .where(membership.c.user_id == user_id, membership.c.active, user.c.active)
    )
    return list(connection.execute(query).scalars())


def tried(connection: Connection, hashed: bytes, now: datetime) -> RowMapping | None:
    """Whose password a link may set, the try counted; one statement whatever the link is."""
    live = (
        password_reset.c.hash == hashed,
        password_reset.c.used_at.is_(None),
        password_reset.c.expires_at > now,
        password_reset.c.tries < LINK_TRIES,
    )
    counted = (
        update(password_reset)
        .where(*live)
        .values(tries=password_reset.c.tries + 1)
        .returning(password_reset.c.tenant_id, password_reset.c.user_id, password_reset.c.created_by)
    )
    return connection.execute(counted).mappings().first()
