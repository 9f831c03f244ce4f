"""The one verb that ends what was opened in a person's name: sessions, access tokens, what programs hold, links.

Invariant: what is ended stays ended, and so does what was under way: whoever proves who it is in more than one
transaction carries the person's generation from the first to the last, where it is locked and compared. The person's
row is locked before anything else of it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Connection, Update, update

from app.identity.models import oauth_authorization, password_reset, token, user


def end_all(
    connection: Connection, user_id: UUID, now: datetime, *, tenant_id: UUID | None = None, but: UUID | None = None
) -> int:
    """End a person's tokens but one, what programs may ask for in its name and its links, in one firm or in all.

    How many of the tokens still held. What is under way is over in every firm.
    """
    connection.execute(update(user).where(user.c.id == user_id).values(generation=user.c.generation + 1))
    # A code becomes a token under the lock of its authorization: ended first, it cannot leave one behind.
    connection.execute(_ended(oauth_authorization.c.revoked_at, user_id, now, tenant_id))
    end_links(connection, user_id, now, tenant_id)
    live = (token.c.expires_at > now) & token.c.id.is_distinct_from(but)
    return connection.execute(_ended(token.c.revoked_at, user_id, now, tenant_id).where(live)).rowcount


def end_links(connection: Connection, user_id: UUID, now: datetime, tenant_id: UUID | None = None) -> None:
    """End the links by which a person could set a new password, given by one firm or by any."""
    connection.execute(_ended(password_reset.c.used_at, user_id, now, tenant_id))


def _ended(ended_at: Column[datetime], user_id: UUID, now: datetime, tenant_id: UUID | None) -> Update:
    """The rows of a person, in one firm or in all, that had not ended yet, ended now."""
    rows = ended_at.table.c
    mine = [rows.user_id == user_id, ended_at.is_(None), *([rows.tenant_id == tenant_id] if tenant_id else [])]
    return update(ended_at.table).where(*mine).values({ended_at: now})
