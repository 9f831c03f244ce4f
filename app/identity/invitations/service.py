"""The verbs of invitations: invite somebody, take it back, follow it.

Invariant: a link makes one member, for one e-mail, within 72 hours, while who gave it may still give all of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, insert, update

from app.audit import service as audit
from app.audit.service import Act
from app.books import queries as books
from app.books.access.queries import in_book, roles
from app.identity.errors import RoleUnknown
from app.identity.invitations import queries
from app.identity.invitations.errors import (
    GRANT_BEYOND,
    InvitationFailed,
    InvitationNotFound,
    InvitationRejected,
)
from app.identity.invitations.models import invitation
from app.identity.invitations.types import Acceptance, NewInvitation
from app.identity.passwords import service as passwords
from app.identity.people import queries as people
from app.identity.people.errors import AlreadyMember, OwnerOnly
from app.identity.people.service import as_giver, check_assignable, insert_user
from app.identity.roles.errors import UNTIL_REQUIRED
from app.identity.roles.service import give_first
from app.identity.rules import link_hash, link_secret
from app.identity.sessions.service import enter_as
from app.identity.sessions.types import Place
from app.kernel.permissions import TIME_BOXED, fits, within
from infra.errors import Violation
from infra.ids import encode, new_id
from infra.ports import Ports
from tenants import registry
from tenants.door import retrying
from tenants.errors import TenantSuspended
from tenants.scope import Actor, TenantRef, TenantScope

_LIFE = timedelta(hours=72)
_REALM = {"WWW-Authenticate": 'Bearer realm="zhangfang"'}


class _Standing(NamedTuple):
    """A role in a book: the book's uid, the role, the book's internal id."""

    uid: UUID
    code: str
    book_id: int


# ---- inviting


def invite(scope: TenantScope, new: NewInvitation) -> tuple[UUID, str]:
    """Invite somebody by e-mail (邀请员工); the link's secret is seen once, older links for the e-mail end.

    Raises `RoleUnknown`, `OwnerOnly`, `AlreadyMember`, or `InvitationRejected` with every book that cannot be given.
    """
    check_offer(scope, new)
    if people.has_email(scope, new.email):
        raise AlreadyMember
    scope.execute(
        update(invitation)
        .where(invitation.c.tenant_id == scope.tenant.id, invitation.c.email == new.email)
        .where(invitation.c.accepted_at.is_(None), invitation.c.revoked_at.is_(None))
        .values(revoked_at=scope.now)
    )
    invitation_id, secret = new_id(), link_secret("zf_i_", secrets.token_bytes(32))
    scope.execute(
        insert(invitation).values(
            id=invitation_id,
            hash=link_hash(secret),
            tenant_id=scope.tenant.id,
            email=new.email,
            role=new.role,
            books=[{"book": str(uid), "role": code} for uid, code in new.books],
            created_by=scope.actor.id,
            created_at=scope.now,
            expires_at=scope.now + _LIFE,
        )
    )
    given = {encode("bk", uid): code for uid, code in new.books}
    _record(scope, "invitation.make", invitation_id, {"email": new.email, "role": new.role, "books": given})
    return invitation_id, secret


def check_offer(scope: TenantScope, new: NewInvitation) -> None:
    """Whether the actor may give what is offered; raises `RoleUnknown`, `OwnerOnly`, `InvitationRejected`."""
    check_assignable(scope, None, new.role)
    _check_books(scope, new)


def _check_books(scope: TenantScope, new: NewInvitation) -> None:
    """Every book can be entered by who invites, and its role given there and held by who comes."""
    found = {book.uid: granted for book, granted in books.find_all(scope, [uid for uid, _ in new.books])}
    known = roles(scope, {new.role, *(code for _, code in new.books)})
    broken = []
    for place, (uid, code) in enumerate(new.books):
        wanted = known.get(code)
        if uid not in found:
            broken.append(Violation("book.not_found", f"/books/{place}/book"))
        elif code in TIME_BOXED:
            broken.append(UNTIL_REQUIRED.at(f"/books/{place}/role"))
        elif wanted is None or not fits(known[new.role], wanted) or not within(wanted, in_book(scope, found[uid])):
            broken.append(GRANT_BEYOND.at(f"/books/{place}/role"))
    if broken:
        raise InvitationRejected(violations=broken)


def one_invitation(scope: TenantScope, invitation_id: UUID) -> RowMapping:
    """One invitation of the firm; raises `InvitationNotFound`."""
    row = queries.one_invitation(scope, invitation_id)
    if row is None:
        raise InvitationNotFound
    return row


def enterable(scope: TenantScope, rows: Sequence[RowMapping]) -> set[UUID]:
    """The books of these invitations that the caller may enter."""
    return {book.uid for book, _ in books.find_all(scope, {UUID(one["book"]) for row in rows for one in row["books"]})}


def revoke(scope: TenantScope, invitation_id: UUID) -> RowMapping:
    """Take an invitation back; one that was accepted or taken back stays as it is; raises `InvitationNotFound`."""
    one_invitation(scope, invitation_id)
    ended = scope.execute(
        update(invitation)
        .where(invitation.c.id == invitation_id, invitation.c.accepted_at.is_(None), invitation.c.revoked_at.is_(None))
        .values(revoked_at=scope.now)
    )
    if ended.rowcount:
        _record(scope, "invitation.revoke", invitation_id, {})
    return one_invitation(scope, invitation_id)


# ---- following


def accept(ports: Ports, offered: Acceptance, place: Place, now: datetime) -> TenantRef:
    """Become a member by an invitation (接受邀请), with its books, at once or not at all; the firm one now belongs to.

    A link that is unknown or over costs the same work as a good one. Raises `InvitationFailed`, `PasswordRejected` or
    `LoginBusy`.
    """
    with ports.engine.connect() as connection:
        link = queries.open_link(connection, link_hash(offered.secret), now)
        firm = registry.by_id(connection, link["tenant_id"]) if link else None
    words = [link["email"], *firm.names] if link and firm else []
    passwords.check_choice(offered.password, [offered.name, *words])
    hashed = passwords.hash_password(offered.password)
    if link is None or firm is None:
        raise InvitationFailed(headers=_REALM)
    retrying(lambda: _join(ports, firm, offered, link, hashed, place))
    return firm


def _join(ports: Ports, firm: TenantRef, offered: Acceptance, link: RowMapping, hashed: str, place: Place) -> None:
    user_id, email, role = new_id(), link["email"], link["role"]
    actor = Actor("user", user_id, offered.name, role)
    try:
        with enter_as(ports, firm, actor, place) as scope:
            standing = _take(scope, link)
            who = (firm.id, user_id, email, offered.name, role)
            if standing is None or not insert_user(scope.connection, *who, hashed, scope.now):
                raise InvitationFailed(headers=_REALM)
            for code in sorted({one.code for one in standing}):
                wanted = [one.book_id for one in standing if one.code == code]
                give_first(scope, "user", encode("usr", user_id), user_id, code, wanted)
            details = {"email": email, "role": role, "given_by": encode("usr", link["created_by"])}
            _record(scope, "invitation.accept", link["id"], details)
    except TenantSuspended:
        raise InvitationFailed(headers=_REALM) from None


def _take(scope: TenantScope, link: RowMapping) -> list[_Standing] | None:
    """Take the link for this transaction, with what still stands of its books: of two that follow it at once the second
    finds it taken, and nobody takes what its giver could not give today."""
    taken = scope.execute(
        update(invitation)
        .where(invitation.c.id == link["id"], invitation.c.accepted_at.is_(None), invitation.c.revoked_at.is_(None))
        .values(accepted_at=scope.now)
    )
    giver = as_giver(scope, link["created_by"])
    if not taken.rowcount or giver is None:
        return None
    standing = _standing(giver, link["books"])
    try:
        check_offer(giver, NewInvitation(link["email"], link["role"], [(one.uid, one.code) for one in standing]))
    except (RoleUnknown, OwnerOnly, InvitationRejected):
        return None
    return standing


def _standing(scope: TenantScope, offered: list[dict[str, str]]) -> list[_Standing]:
    """What is offered in books and by roles that are still there; the rest is left out."""
    ids = queries.book_ids(scope, [one["book"] for one in offered])
    known = roles(scope, {one["role"] for one in offered})
    there = [one for one in offered if one["book"] in ids and one["role"] in known]
    return [_Standing(UUID(one["book"]), one["role"], ids[one["book"]]) for one in there]


def _record(scope: TenantScope, action: str, invitation_id: UUID, details: dict[str, Any]) -> None:
    audit.record(scope, [Act(action, "invitation", encode("inv", invitation_id), details)])
