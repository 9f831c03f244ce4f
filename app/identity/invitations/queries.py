"""Reads of invitations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, select, update

from app.identity.invitations.models import invitation
from app.identity.models import user
from app.identity.rules import LINK_TRIES
from tenants.scope import TenantScope

_SHOWN = (
    *(invitation.c.id, invitation.c.email, invitation.c.role, invitation.c.books, invitation.c.created_at),
    *(invitation.c.expires_at, invitation.c.accepted_at, invitation.c.revoked_at),
)


def invitations(scope: TenantScope, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The invitations of the firm in the order of their ids, those that are over included."""
    query = select(*_SHOWN).where(invitation.c.tenant_id == scope.tenant.id).order_by(invitation.c.id).limit(limit)
    return scope.execute(query if after is None else query.where(invitation.c.id > after)).mappings().all()


def one_invitation(scope: TenantScope, invitation_id: UUID) -> RowMapping | None:
    """One invitation of the firm."""
    query = select(*_SHOWN).where(invitation.c.tenant_id == scope.tenant.id, invitation.c.id == invitation_id)
    return scope.execute(query).mappings().first()


def open_link(connection: Connection, hashed: bytes, now: datetime) -> RowMapping | None:
    """The firm and the e-mail of a link that may be followed now; no try is counted."""
    query = select(invitation.c.tenant_id, invitation.c.email).where(*_live(hashed, now))
    return connection.execute(query).mappings().first()


def tried(connection: Connection, hashed: bytes, now: datetime) -> RowMapping | None:
    """What a link offers to whom, the try counted; one statement whatever the link is."""
    columns = (
        *(invitation.c.id, invitation.c.tenant_id, invitation.c.email, invitation.c.role),
        *(invitation.c.books, invitation.c.created_by),
    )
    counted = update(invitation).where(*_live(hashed, now)).values(tries=invitation.c.tries + 1).returning(*columns)
    return connection.execute(counted).mappings().first()


def account(connection: Connection, email: str) -> RowMapping | None:
    """The account of an e-mail, with what proves it."""
    query = select(user.c.id, user.c.password_hash, user.c.active).where(user.c.email == email)
    return connection.execute(query).mappings().first()


def book_ids(scope: TenantScope, uids: Iterable[str]) -> dict[str, int]:
    """The ids of those books that are still there, by uid; who accepts holds none of them yet."""
    found = scope.run(
        "select uid, id from tenant.book where uid = any(cast(:uids as uuid[]))", uids=[str(one) for one in uids]
    )
    return {str(row.uid): row.id for row in found}


def _live(hashed: bytes, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        invitation.c.hash == hashed,
        invitation.c.accepted_at.is_(None),
        invitation.c.revoked_at.is_(None),
        invitation.c.expires_at > now,
        invitation.c.tries < LINK_TRIES,
    )
