"""Reads of persons whose password is to change, and of the links that allow it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select, update

from app.identity.models import password_reset, user
from app.identity.rules import LINK_TRIES


def person(connection: Connection, user_id: UUID) -> RowMapping:
    """A person's e-mail, name and generation, and the hash of its password."""
    columns = (user.c.email, user.c.name, user.c.generation, user.c.password_hash)
    return connection.execute(select(*columns).where(user.c.id == user_id)).mappings().one()


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
