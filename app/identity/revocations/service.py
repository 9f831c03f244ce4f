"""The one verb that ends what was opened in a person's name: sessions, access tokens, what programs hold, links.

Invariant: what is ended stays ended, and so does what was under way: whoever proves who it is in more than one
transaction carries the person's generation from the first to the last, where it is locked and compared. The person's
row is locked before anything else of it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Connection, Update, update

from app.identity.models import oauth_authorization, oauth_consent, password_reset, token, user


def end_all(connection: Connection, user_id: UUID, now: datetime, *, but: UUID | None = None) -> int:
    """End a person's tokens but one, what programs may ask for in its name, its links, and what is under way.

    How many of the tokens still held.
    """
    connection.execute(update(user).where(user.c.id == user_id).values(generation=user.c.generation + 1))
    # A code becomes a token under the lock of its authorization: ended first, it cannot leave one behind.
    connection.execute(_ended(oauth_authorization.c.revoked_at, user_id, now))
    end_links(connection, user_id, now)
    live = (token.c.expires_at > now) & token.c.id.is_distinct_from(but)
    return connection.execute(_ended(token.c.revoked_at, user_id, now).where(live)).rowcount


def end_consents(connection: Connection, user_id: UUID, now: datetime) -> None:
    """End what a person agreed to: programs ask anew, should it come back."""
    connection.execute(_ended(oauth_consent.c.withdrawn_at, user_id, now))


def end_links(connection: Connection, user_id: UUID, now: datetime) -> None:
    """End the links by which a person could set a new password."""
    connection.execute(_ended(password_reset.c.used_at, user_id, now))


def _ended(ended_at: Column[datetime], user_id: UUID, now: datetime) -> Update:
    """The rows of a person that had not ended yet, ended now."""
    rows = ended_at.table.c
    return update(ended_at.table).where(rows.user_id == user_id, ended_at.is_(None)).values({ended_at: now})
