"""The verbs of people: make a person known, make it a member of the firm, change or end that.

Invariant: a firm keeps an active owner, only owners make owners, and nobody gives a role that goes beyond its own. Who
is let go leaves nothing open, and who changes sides takes no role of the other side along.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, update
from sqlalchemy.dialects.postgresql import insert

from app.audit import service as audit
from app.audit.service import Act
from app.books.access.queries import on_firm, roles, standing
from app.identity.errors import RoleUnknown
from app.identity.models import user
from app.identity.passwords import service as passwords
from app.identity.people import queries
from app.identity.people.errors import AlreadyMember, LastOwner, OwnerOnly, UserNotFound
from app.identity.people.rules import may_assign
from app.identity.people.types import NewUser
from app.identity.revocations.service import end_all, end_consents
from app.identity.rules import differing
from app.kernel.permissions import BOOK_ROLES_OF, Permission
from infra.ids import encode, new_id
from tenants import registry
from tenants.scope import Actor, TenantScope

_TAKE_MISFITS = """
delete from tenant.book_grant g
 where g.holder_id = :who and g.role <> all(cast(:fitting as text[]))
   and not exists (select from tenant.role r where r.code = g.role and r.side = :side)
returning g.book_id, g.role
"""
_LEAVE_TEAMS = "delete from tenant.team_member where user_id = :who returning team_id"


def create_user(connection: Connection, tenant_id: UUID, new: NewUser, role: str, now: datetime) -> UUID:
    """Make a person a member of a firm, with a first password; raises `AlreadyMember`, `PasswordRejected`, `LoginBusy`.

    The same e-mail may have accounts in other firms: they are nothing to this one, and none of them shows.
    """
    passwords.check_choice(new.password, [new.email, new.name, *registry.by_id(connection, tenant_id).names])
    hashed = passwords.hash_password(new.password)
    user_id = new_id()
    if not insert_user(connection, tenant_id, user_id, new.email, new.name, role, hashed, now):
        raise AlreadyMember
    return user_id


def insert_user(
    connection: Connection,
    tenant_id: UUID,
    user_id: UUID,
    email: str,
    name: str,
    role: str,
    hashed: str,
    now: datetime,
) -> bool:
    """Make a person known to a firm by e-mail and the hash of a password that was checked; False for one known."""
    made = insert(user).values(
        id=user_id,
        tenant_id=tenant_id,
        email=email,
        name=name,
        role=role,
        password_hash=hashed,
        active=True,
        created_at=now,
        password_changed_at=now,
    )
    unless_known = made.on_conflict_do_nothing(index_elements=["tenant_id", "email"]).returning(user.c.id)
    return connection.execute(unless_known).first() is not None


def as_giver(scope: TenantScope, user_id: UUID) -> TenantScope | None:
    """The transaction as another person would have it today, to ask what that one may give; None for who does not
    manage the firm's staff any more."""
    row = queries.member(scope, user_id)
    if row is None or not row["active"]:
        return None
    giver = replace(scope, actor=Actor("user", user_id, row["name"], row["role"]), memo={})
    return giver if Permission.STAFF_MANAGE in on_firm(giver) else None


def check_assignable(scope: TenantScope, before: str | None, after: str) -> None:
    """Whether the actor may give a person this role on the firm; raises `RoleUnknown` or `OwnerOnly`."""
    known = roles(scope, {after, *([before] if before else [])})
    if after not in known or known[after].reach != "firm" or known[after].side == "ops":
        raise RoleUnknown(role=after)
    if not may_assign(standing(scope), on_firm(scope), known.get(before or ""), known[after]):
        raise OwnerOnly


def add_member(scope: TenantScope, new: NewUser, role: str) -> RowMapping:
    """Make a person staff of the firm (新增员工); raises `RoleUnknown`, `OwnerOnly` or `AlreadyMember`."""
    check_assignable(scope, None, role)
    user_id = create_user(scope.connection, scope.tenant.id, new, role, scope.now)
    audit.record(scope, [Act("staff.invite", "user", encode("usr", user_id), {"email": new.email, "role": role})])
    return member(scope, user_id)


def member(scope: TenantScope, user_id: UUID, *, lock: bool = False) -> RowMapping:
    """A person of the firm; raises `UserNotFound`."""
    row = queries.member(scope, user_id, lock=lock)
    if row is None:
        raise UserNotFound
    return row


def change_member(scope: TenantScope, before: RowMapping, role: str, active: bool) -> RowMapping:
    """Change a locked member's role, or let the person go or come back; what is the same already changes nothing.

    Raises `RoleUnknown`, `OwnerOnly` or `LastOwner`.
    """
    check_assignable(scope, before["role"], role)
    details = differing(dict(before), {"role": role, "active": active})
    if not details:
        return before
    stays_owner = role == "owner" and active
    if not stays_owner and queries.active_owners(scope) == [before["id"]]:
        raise LastOwner
    scope.execute(
        update(user)
        .where(user.c.tenant_id == scope.tenant.id, user.c.id == before["id"])
        .values(role=role, active=active)
    )
    acts = [Act("staff.change", "user", encode("usr", before["id"]), details)]
    if "active" in details:
        end_consents(scope.connection, before["id"], scope.now)
        end_all(scope.connection, before["id"], scope.now)
    if "role" in details:
        acts += _take_misfits(scope, before["id"], role)
    audit.record(scope, acts)
    return member(scope, before["id"])


def _take_misfits(scope: TenantScope, user_id: UUID, role: str) -> list[Act]:
    """Take away what this role cannot hold: the other side's roles in books, and a client's person leaves its teams."""
    side, who = roles(scope, (role,))[role].side, encode("usr", user_id)
    taken = scope.run(_TAKE_MISFITS, who=user_id, fitting=list(BOOK_ROLES_OF[side]), side=side).all()
    left = scope.run(_LEAVE_TEAMS, who=user_id).all() if side == "client" else []
    acts = [Act("grant.withdraw", "user", who, _ended(row.role), row.book_id) for row in taken]
    return acts + [Act("team.leave", "team", encode("team", row.team_id), {"user": who}) for row in left]


def _ended(role: str) -> dict[str, Any]:
    return differing({"role": role}, {"role": None})
