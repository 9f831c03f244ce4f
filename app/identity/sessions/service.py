"""The verbs of sessions: log in and out, issue tokens, say whom a token stands for.

Invariant: a secret is seen once, at its making; equal work is done for people known and unknown; whom a token stands
for is looked up at each request, so that what is revoked is worthless at once.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from redis import Redis
from sqlalchemy import Connection, Engine, RowMapping, insert, update

from app.audit import service as audit
from app.audit.service import Act
from app.http.types import Authenticated
from app.identity.models import token
from app.identity.passwords import service as passwords
from app.identity.sessions import queries
from app.identity.sessions.errors import LoginFailed
from app.identity.sessions.rules import OPERATOR_LIFE, PREFIXES, SESSION_LIFE, digest
from app.identity.sessions.types import Issued
from infra.ids import encode, new_id
from tenants import registry
from tenants.errors import TenantSuspended
from tenants.scope import Actor, TenantScope

# ---- whom a secret stands for


def authenticate(engine: Engine, secret: str, now: datetime) -> Authenticated | None:
    """Whom a token stands for at this instant, or None; a person's role is the one it has today."""
    hashed = digest(secret)
    if hashed is None:
        return None
    with engine.connect() as connection:
        row = queries.live_token(connection, hashed, now)
        if row is None:
            return None
        tenant = registry.by_id(connection, row["tenant_id"]) if row["tenant_id"] else None
    return Authenticated(
        _actor(row),
        tenant,
        books=None if row["books"] is None else frozenset(row["books"]),
        session=row["id"],
        strong_at=row["strong_at"],
        on_behalf=encode("cli", row["client_id"]) if row["client_id"] else "",
    )


def _actor(row: RowMapping) -> Actor:
    """A person acts by its own name whatever token it came with; keys, operators and visits by theirs.

    A key limited to books is `staff` of the firm with grants of its own.
    """
    ceiling = None if row["ceiling"] is None else frozenset(row["ceiling"])
    if row["kind"] in ("session", "access") and row["user_id"]:
        return Actor("user", row["user_id"], row["user_name"], row["member_role"], ceiling)
    kind = {"access": "client", "visit": "visitor"}.get(row["kind"], row["kind"])
    role = row["role"] if row["books"] is None else "staff"
    return Actor(kind, row["id"], row["name"], role, ceiling)


# ---- logging in and out


def log_in(
    engine: Engine, redis: Redis, *, firm: str, email: str, password: str, address: str, agent: str, now: datetime
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
        return issue_session(connection, known["tenant_id"], known["id"], now, address=address, agent=agent)


def issue_session(
    connection: Connection,
    tenant_id: UUID,
    user_id: UUID,
    now: datetime,
    life: timedelta = SESSION_LIFE,
    *,
    address: str = "",
    agent: str = "",
) -> Issued:
    """A session of a user in one firm, who has just proved who it is; its role is read each time it is used."""
    return issue(
        connection,
        "session",
        now,
        life,
        tenant_id=tenant_id,
        user_id=user_id,
        name="session",
        role="",
        address=address,
        agent=agent,
        strong_at=now,
    )


def issue(connection: Connection, kind: str, now: datetime, life: timedelta, **columns: object) -> Issued:
    """A token of any kind (`session`, `api_key`, `operator`, `access`, `visit`) with the columns of its row."""
    secret = PREFIXES[kind] + secrets.token_urlsafe(32)
    issued = Issued(new_id(), secret, now + life)
    connection.execute(
        insert(token).values(
            hash=digest(secret), kind=kind, id=issued.id, created_at=now, expires_at=issued.expires_at, **columns
        )
    )
    return issued


def issue_operator_token(engine: Engine, name: str, now: datetime, role: str = "operator") -> Issued:
    """A token of the ops plane, bound to no firm, for 90 days; `role` is one of the operators' roles."""
    with engine.begin() as connection:
        return issue(connection, "operator", now, OPERATOR_LIFE, name=name, role=role)


def log_out(scope: TenantScope, secret: str) -> None:
    """Revoke the session that asks for it (退出); a key that asks stays as it is."""
    ended = scope.execute(
        update(token)
        .where(token.c.hash == digest(secret), token.c.kind == "session", token.c.revoked_at.is_(None))
        .values(revoked_at=scope.now)
    )
    if ended.rowcount:
        audit.record(scope, [Act("session.end", "session", scope.actor.key, {})])
