"""The count that what is under way is held against."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from app.identity.models import user


def hold(connection: Connection, user_id: UUID, *, alone: bool = False) -> int | None:
    """Lock a person until the end of the transaction; how often what was opened in its name has been ended.

    Who changes what proves the person takes the lock `alone`; who only relies on it shares it with others like it.
    """
    query = select(user.c.generation).where(user.c.id == user_id).with_for_update(read=not alone)
    return connection.execute(query).scalar_one_or_none()
