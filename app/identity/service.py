"""The verbs of identity: log in, issue and revoke secrets, make people known, give and take roles.

Invariant: a secret is seen once, at its making; equal work is done for people known and unknown; every change of a
firm's people names that firm.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from redis import Redis
from sqlalchemy import Connection, Engine, RowMapping, insert, text, update

from app.audit import service as audit
from app.audit.service import Act
from app.books import queries as books
from app.books.types import BookScope
from app.http.types import Authenticated
from app.identity import queries
from app.identity.errors import (
    BOOKS_FORBIDDEN,
    BOOKS_REQUIRED,
    AlreadyMember,
    GrantMisfit,
    GrantNotFound,
    KeyNotFound,
    KeyRejected,
    LastOwner,
    LoginFailed,
    OwnerOnly,
    UserNotFound,
)
from app.identity.models import membership, token, user
from app.identity.passwords import service as passwords
from app.identity.rules import (
    GRANT_ROLES,
    OPERATOR_LIFE,
    PREFIXES,
    SESSION_LIFE,
    digest,
    firm_role,
    may_assign,
)
from app.identity.types import Issued, NewUser
from app.kernel.permissions import fits
from infra.errors import Violation
from infra.ids import encode, new_id
from infra.ports import Ports
from tenants import registry
from tenants.errors import Busy, TenantNameTaken, TenantSuspended
from tenants.provisioning import provision
from tenants.scope import Actor, TenantRef, TenantScope

STATES = ("provisioning", "active", "suspended", "upgrading")


# ---- whom a secret stands for


def authenticate(engine: Engine, secret: str, now: datetime) -> Authenticated | None:
    """Whom a token stands for at this instant, or None; a session's role is its holder's role today."""
    hashed = digest(secret)
    if hashed is None:
        return None
    with engine.connect() as connection:
        row = queries.live_token(connection, hashed, now)
        if row is None:
            return None
        if row["kind"] == "operator":
            return Authenticated(Actor("operator", row["id"], row["name"], "operator"), None)
        tenant = registry.by_id(connection, row["tenant_id"])
    if row["kind"] == "session":
        return Authenticated(Actor("user", row["user_id"], row["user_name"], row["member_role"]), tenant)
    allowed = None if row["books"] is None else frozenset(row["books"])
    return Authenticated(Actor("api_key", row["id"], row["name"], firm_role(row["role"])), tenant, allowed)


# ---- logging in and out


def log_in(
    engine: Engine, redis: Redis, *, firm: str, email: str, password: str, address: str, now: datetime
) -> Issued:
    """A session for a member of a firm (登录); raises `LoginFailed`, `LoginDelayed`, `LoginBusy`, `TenantSuspended`.

    A person nobody knows costs the same work as a wrong password, and failures slow an account down per address,
    known or not.
    """
    counter = passwords.Failures(redis, f"{firm}\n{email}\n{address}")
    counter.wait()
    with engine.connect() as connection:
        known = queries.credentials(connection, firm, email)
    held = known["password_hash"] if known else passwords.nobody()
    if not passwords.verify(held, password) or known is None:
        counter.add()
        raise LoginFailed(headers={"WWW-Authenticate": 'Bearer realm="zhangfang"'})
    counter.forget()
    if known["state"] == "suspended":
        raise TenantSuspended
    with engine.begin() as connection:
        return issue_session(connection, known["tenant_id"], known["id"], now)


def issue_session(
    connection: Connection, tenant_id: UUID, user_id: UUID, now: datetime, life: timedelta = SESSION_LIFE
) -> Issued:
    """A session of a user in one firm; its role is read from the membership each time it is used."""
    return _issue(connection, "session", now, life, tenant_id=tenant_id, user_id=user_id, name="session", role="")


def issue_operator_token(engine: Engine, name: str, now: datetime) -> Issued:
    """A token of the ops plane, bound to no firm, for 90 days."""
    with engine.begin() as connection:
        return _issue(connection, "operator", now, OPERATOR_LIFE, name=name, role="operator")


def log_out(scope: TenantScope, secret: str) -> None:
    """Revoke the session that asks for it (退出); a key that asks stays as it is."""
    ended = scope.execute(
        update(token)
        .where(token.c.hash == digest(secret), token.c.kind == "session", token.c.revoked_at.is_(None))
        .values(revoked_at=scope.now)
    )
    if ended.rowcount:
        audit.record(scope, [Act("session.end", "session", scope.actor.key, {})])


# ---- people


def create_user(connection: Connection, tenant_id: UUID, new: NewUser, role: str, now: datetime) -> UUID:
    """Make a person a member of a firm; one who serves another firm already keeps name and password.

    Raises `AlreadyMember`.
    """
    user_id = queries.user_by_email(connection, new.email)
    if user_id is None:
        user_id = new_id()
        connection.execute(
            insert(user).values(
                id=user_id,
                email=new.email,
                name=new.name,
                password_hash=passwords.hash_password(new.password),
                active=True,
                created_at=now,
            )
        )
    elif connection.execute(
        membership.select().where(membership.c.tenant_id == tenant_id, membership.c.user_id == user_id)
    ).first():
        raise AlreadyMember
    connection.execute(
        insert(membership).values(tenant_id=tenant_id, user_id=user_id, role=role, active=True, created_at=now)
    )
    return user_id


def invite(scope: TenantScope, new: NewUser, role: str) -> RowMapping:
    """Make a person staff of the firm (新增员工); raises `OwnerOnly` or `AlreadyMember`."""
    if not may_assign(scope.actor.role, None, role):
        raise OwnerOnly
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
    """Change a locked member's role, or let the person go or come back; raises `OwnerOnly` or `LastOwner`."""
    if not may_assign(scope.actor.role, before["role"], role):
        raise OwnerOnly
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


# ---- firms


def open_firm(ports: Ports, short_name: str, name: str, first: NewUser) -> TenantRef:
    """Make a firm and its first owner (开通代账公司), or complete one whose making was cut off, or do nothing.

    Raises `TenantNameTaken` when the short name belongs to a firm of another name, `Busy` when it is being made now.
    """
    with ports.engine.begin() as connection:
        lock = text("select pg_try_advisory_xact_lock(hashtextextended('open_firm ' || :short_name, 0))")
        if not connection.execute(lock, {"short_name": short_name}).scalar_one():
            raise Busy(headers={"Retry-After": "2"})
        try:
            tenant = provision(ports.engine, ports.owner_engine, short_name, name, ports.clock)
        except TenantNameTaken:
            tenant = registry.by_short_name(connection, short_name)
            if tenant.name != name:
                raise
        ports.keyring.create_firm_key(str(tenant.id))
        if not queries.has_members(connection, tenant.id):
            create_user(connection, tenant.id, first, "owner", ports.clock())
    return tenant


def firms(engine: Engine, after: UUID | None, limit: int) -> list[TenantRef]:
    """The firms in any state, in the order of their ids, from the one after `after` on."""
    with engine.connect() as connection:
        known = registry.all_tenants(connection, states=STATES)
    return sorted((firm for firm in known if after is None or firm.id > after), key=lambda firm: firm.id)[:limit]


# ---- roles in a book


def grant(scope: BookScope, user_id: UUID, role: str) -> dict[str, Any]:
    """Give a person of the firm a role in this book (授权), instead of the one held.

    Raises `UserNotFound`, or `GrantMisfit` when a client's person is to hold a role of the staff.
    """
    holder = member(scope, user_id)
    if not fits(holder["role"], role):
        raise GrantMisfit(role=role)
    _grant(scope, [scope.book.id], user_id, role)
    audit.record(scope, [Act("grant.give", "user", encode("usr", user_id), {"role": role}, scope.book.id)])
    return {**holder, "role": role, "granted_at": scope.now}


def withdraw(scope: BookScope, user_id: UUID) -> None:
    """Take a person's role in this book away; raises `GrantNotFound`."""
    taken = scope.run(
        """
        delete from tenant.book_grant g using platform.app_user u
         where g.book_id = :book_id and g.user_id = :user_id and u.id = g.user_id
        """,
        book_id=scope.book.id,
        user_id=user_id,
    )
    if not taken.rowcount:
        raise GrantNotFound
    audit.record(scope, [Act("grant.withdraw", "user", encode("usr", user_id), {}, scope.book.id)])


# ---- API keys


def create_api_key(scope: TenantScope, name: str, role: str, uids: Sequence[UUID] | None, days: int) -> Issued:
    """An API key for the whole firm, or with one role in the listed books; raises `KeyRejected`.

    A limited key is `staff` of the firm with grants of its own, so every door treats it like a person.
    """
    limited = role in GRANT_ROLES
    if limited != bool(uids):
        raise KeyRejected(violations=[(BOOKS_REQUIRED if limited else BOOKS_FORBIDDEN).at("/books")])
    found = [book for book, _ in books.find_all(scope, uids or ())]
    known = {book.uid for book in found}
    missing = [Violation("book.not_found", f"/books/{i}") for i, uid in enumerate(uids or ()) if uid not in known]
    if missing:
        raise KeyRejected(violations=missing)
    issued = _issue(
        scope.connection,
        "api_key",
        scope.now,
        timedelta(days=days),
        tenant_id=scope.tenant.id,
        name=name,
        role=role,
        books=list(uids) if uids else None,
    )
    if found:
        _grant(scope, [book.id for book in found], issued.id, role)
    details = {"name": name, "role": role, "books": [encode("bk", book.uid) for book in found]}
    audit.record(scope, [Act("api_key.create", "api_key", encode("key", issued.id), details)])
    return issued


def api_key(scope: TenantScope, key_id: UUID) -> RowMapping:
    """One API key of the firm; raises `KeyNotFound`."""
    row = queries.api_key(scope, key_id)
    if row is None:
        raise KeyNotFound
    return row


def revoke_api_key(scope: TenantScope, key_id: UUID) -> RowMapping:
    """Make an API key of the firm worthless from now on; revoking twice is no error; raises `KeyNotFound`."""
    api_key(scope, key_id)
    scope.execute(update(token).where(token.c.id == key_id, token.c.revoked_at.is_(None)).values(revoked_at=scope.now))
    scope.run("delete from tenant.book_grant where user_id = :key_id", key_id=key_id)
    audit.record(scope, [Act("api_key.revoke", "api_key", encode("key", key_id), {})])
    return api_key(scope, key_id)


# ---- within


def _grant(scope: TenantScope, book_ids: Sequence[int], holder: UUID, role: str) -> None:
    scope.run(
        """
        insert into tenant.book_grant (book_id, user_id, role, granted_at, granted_by)
        select id, :holder, :role, :now, :actor from unnest(cast(:book_ids as bigint[])) as id
            on conflict (book_id, user_id) do update
           set role = excluded.role, granted_at = excluded.granted_at, granted_by = excluded.granted_by
        """,
        book_ids=list(book_ids),
        holder=holder,
        role=role,
        now=scope.now,
        actor=scope.actor.key,
    )


def _issue(connection: Connection, kind: str, now: datetime, life: timedelta, **values: object) -> Issued:
    secret = PREFIXES[kind] + secrets.token_urlsafe(32)
    issued = Issued(new_id(), secret, now + life)
    connection.execute(
        insert(token).values(
            hash=digest(secret), kind=kind, id=issued.id, created_at=now, expires_at=issued.expires_at, **values
        )
    )
    return issued
