"""The verbs of people: make a person known, make it a member of the firm, change or end that.

Invariant: a firm keeps an active owner, only owners make owners, and nobody gives a role that goes beyond its own.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, update

from app.audit import service as audit
from app.audit.service import Act
from app.books.access.queries import on_firm, roles, standing
from app.identity.errors import RoleUnknown
from app.identity.models import membership, user
from app.identity.passwords import service as passwords
from app.identity.people import queries
from app.identity.people.errors import AlreadyMember, LastOwner, OwnerOnly, UserNotFound
from app.identity.people.rules import may_assign
from app.identity.people.types import NewUser
from infra.ids import encode, new_id
from tenants.scope import TenantScope


def create_user(connection: Connection, tenant_id: UUID, new: NewUser, role: str, now: datetime) -> UUID:
    """Make a person a member of a firm; one who serves another firm already keeps its password.

    The name is this firm's own for the person, and the same work is done for persons known and unknown: whether
    somebody serves another firm does not show. Raises `AlreadyMember`, `PasswordRejected` or `LoginBusy`.
    """
    passwords.check_choice(new.password, [new.email, new.name])
    hashed = passwords.hash_password(new.password)
    user_id = queries.user_by_email(connection, new.email)
    if user_id is None:
        user_id = insert_user(connection, new_id(), new, hashed, now)
    elif queries.is_member(connection, tenant_id, user_id):
        raise AlreadyMember
    join(connection, tenant_id, user_id, new.name, role, now)
    return user_id


def insert_user(connection: Connection, user_id: UUID, new: NewUser, hashed: str, now: datetime) -> UUID:
    """Make a person known by e-mail and the hash of a password that was checked."""
    connection.execute(
        insert(user).values(
            id=user_id,
            email=new.email,
            name=new.name,
            password_hash=hashed,
            active=True,
            created_at=now,
            password_changed_at=now,
        )
    )
    return user_id


def join(connection: Connection, tenant_id: UUID, user_id: UUID, name: str, role: str, now: datetime) -> None:
    """Make a known person a member of a firm, under the name it has there."""
    connection.execute(
        insert(membership).values(
            tenant_id=tenant_id, user_id=user_id, name=name, role=role, active=True, created_at=now
        )
    )


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
    """Change a locked member's role, or let the person go or come back.

    Raises `RoleUnknown`, `OwnerOnly` or `LastOwner`.
    """
    check_assignable(scope, before["role"], role)
    stays_owner = role == "owner" and active
    if not stays_owner and queries.active_owners(scope) == [before["id"]]:
        raise LastOwner
    scope.execute(
        update(membership)
        .where(membership.c.tenant_id == scope.tenant.id, membership.c.user_id == before["id"])
        .values(role=role, active=active)
    )
    details = {"role": [before["role"], role], "active": [before["active"], active]}
    audit.record(scope, [Act("staff.change", "user", encode("usr", before["id"]), details)])
    return member(scope, before["id"])
