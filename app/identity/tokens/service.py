"""The verbs of tokens: make them, say whom one stands for, end them, clear what ended long ago.

Invariant: a secret is seen once, at its making; whom a token stands for is looked up at each request, so that what is
revoked is worthless at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, RowMapping, case, delete, func, insert, update

from app.http.types import Authenticated
from app.identity.models import token
from app.identity.tokens import queries
from app.identity.tokens.errors import OriginatorGone, PasswordExpired, SecondFactorRequired
from app.identity.tokens.rules import ACCESS_KEPT, ENDED_KEPT, OPERATOR_LIFE, PREFIXES, digest, outlived, unseen
from app.identity.tokens.types import Issued
from infra.errors import Refusal
from infra.ids import encode, new_id
from tenants import registry
from tenants.scope import Actor, TenantRef

# ---- whom a token stands for


def authenticate(engine: Engine, secret: str, now: datetime, *, second_factor: bool = False) -> Authenticated | None:
    """Whom a token stands for at this instant, or None; a person's role is the one it has today.

    `second_factor` says that the installation demands one of everybody, beside the firms that do.
    """
    hashed = digest(secret)
    if hashed is None:
        return None
    with engine.connect() as connection:
        row = queries.live_token(connection, hashed, now)
        if row is None:
            return None
        tenant = registry.by_id(connection, row["tenant_id"]) if row["tenant_id"] else None
    if unseen(row["seen_at"], now):
        _note_use(engine, row["id"], now)
    return Authenticated(
        _actor(row),
        tenant,
        books=None if row["books"] is None else frozenset(row["books"]),
        session=row["id"],
        strong_at=row["strong_at"],
        on_behalf=encode("cli", row["client_id"]) if row["client_id"] else "",
        pending=_pending(row, now, second_factor),
    )


def _note_use(engine: Engine, token_id: UUID, now: datetime) -> None:
    """Write down that a token is used, once a minute whoever asks how often."""
    with engine.begin() as connection:
        connection.execute(
            update(token)
            .where(token.c.id == token_id, token.c.seen_at.is_(None) | (token.c.seen_at < now))
            .values(seen_at=now)
        )


def _pending(row: RowMapping, now: datetime, second_factor: bool) -> Refusal | None:
    """What a person must do before anything else in this firm."""
    if row["user_id"] is None:
        return None
    if outlived(row["password_changed_at"], row["password_days"], now):
        return PasswordExpired(days=row["password_days"])
    if (second_factor or row["second_factor"]) and not row["has_factor"]:
        return SecondFactorRequired()
    return None


def _actor(row: RowMapping) -> Actor:
    """A person acts by its own name whatever token it came with; keys, operators and visits by theirs.

    A key or an OAuth client limited to books is `staff` of the firm with grants of its own.
    """
    ceiling = None if row["ceiling"] is None else frozenset(row["ceiling"])
    if row["kind"] in ("session", "access") and row["user_id"]:
        return Actor("user", row["user_id"], row["user_name"], row["member_role"], ceiling)
    kind = {"access": "client", "visit": "visitor"}.get(row["kind"], row["kind"])
    role = row["role"] if row["books"] is None else "staff"
    return Actor(kind, row["client_id"] or row["id"], row["name"], role, ceiling)


def rights_today(engine: Engine, tenant: TenantRef, actor: Actor, now: datetime) -> Actor:
    """The originator of background work with the rights it has now (ASVS 8.3.3); raises `OriginatorGone`."""
    if actor.id is None or actor.kind in ("system", "operator"):
        return actor
    with engine.connect() as connection:
        if actor.kind == "user":
            role = queries.role_today(connection, tenant.id, actor.id)
            if role is not None:
                return replace(actor, role=role)
        elif actor.kind == "client":
            if queries.client_stands(connection, tenant.id, actor.id):
                return actor
        elif queries.is_live(connection, tenant.id, actor.id, now):
            return actor
    raise OriginatorGone


# ---- making tokens


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


# ---- ending them


def end_tokens(connection: Connection, ids: Collection[UUID], now: datetime) -> int:
    """End these tokens at once; how many were not ended before."""
    these = token.c.id.in_(ids) & token.c.revoked_at.is_(None)
    return connection.execute(update(token).where(these).values(revoked_at=now)).rowcount


def clear_ended(connection: Connection, now: datetime) -> None:
    """Delete the tokens that ended long ago; the log of acts keeps what was done with them."""
    ended = func.least(token.c.revoked_at, token.c.expires_at)  # passes over what is null
    long_ago = case((token.c.kind == "access", now - ACCESS_KEPT), else_=now - ENDED_KEPT)
    connection.execute(delete(token).where(ended < long_ago))
