"""Reads of invitations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from app.identity.invitations.models import invitation
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
    """What a link offers to whom, while it may be followed."""
    columns = (
        *(invitation.c.id, invitation.c.tenant_id, invitation.c.email, invitation.c.role),
        *(invitation.c.books, invitation.c.created_by),
    )
    live = (
        invitation.c.hash == hashed,
        invitation.c.accepted_at.is_(None),
        invitation.c.revoked_at.is_(None),
        invitation.c.expires_at > now,
    )
    return connection.execute(select(*columns).where(*live)).mappings().first()


def book_ids(scope: TenantScope, uids: Iterable[str]) -> dict[str, int]:
    """The ids of those books that are still there, by uid; who accepts holds none of them yet."""
    found = scope.run(
        "select uid, id from tenant.book where uid = any(cast(:uids as uuid[]))", uids=[str(one) for one in uids]
    )
    return {str(row.uid): row.id for row in found}
