"""The one verb that ends what was opened in a person's name: its sessions, its access tokens and what programs hold.

Invariant: what is ended stays ended; a person who comes back opens everything anew.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, update

from app.identity.models import oauth_authorization, token


def end_all(
    connection: Connection, user_id: UUID, now: datetime, *, tenant_id: UUID | None = None, but: UUID | None = None
) -> int:
    """End a person's tokens but one, in one firm or in all, and what programs may still ask for in its name.

    How many of the tokens still held.
    """
    ended = [update(table).where(table.c.user_id == user_id) for table in (token, oauth_authorization)]
    if tenant_id is not None:
        ended = [one.where(one.table.c.tenant_id == tenant_id) for one in ended]
    tokens, authorizations = (one.where(one.table.c.revoked_at.is_(None)).values(revoked_at=now) for one in ended)
    connection.execute(authorizations)
    live = tokens.where(token.c.expires_at > now, token.c.id.is_distinct_from(but))
    return connection.execute(live).rowcount
