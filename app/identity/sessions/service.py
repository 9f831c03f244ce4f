"""The verbs of sessions: log in by one or two factors, prove oneself anew, end sessions, say whom a token stands for.

Invariant: a secret is seen once, at its making; equal work is done for people known and unknown; whom a token stands
for is looked up at each request, so that what is revoked is worthless at once; a password alone opens nothing to who
has a second factor.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from redis import Redis
from sqlalchemy import Connection, Engine, RowMapping, case, delete, func, insert, update

from app.audit import service as audit
from app.audit.service import Act
from app.http.types import Authenticated
from app.identity.factors import queries as factor_queries
from app.identity.factors import service as factors
from app.identity.factors.errors import SecondFactorFailed
from app.identity.factors.types import Challenge, Proof, RelyingParty
from app.identity.models import oauth_authorization, token
from app.identity.passwords import service as passwords
from app.identity.passwords.rules import LONGEST_SECOND_DELAY
from app.identity.sessions import queries
from app.identity.sessions.errors import (
    LoginFailed,
    OriginatorGone,
    PasswordExpired,
    SecondFactorRequired,
    SessionNotFound,
    StepUpFactor,
    StepUpFailed,
)
from app.identity.sessions.rules import (
    ACCESS_KEPT,
    ENDED_KEPT,
    OPERATOR_LIFE,
    PREFIXES,
    SESSION_LIFE,
    digest,
    outlived,
    unseen,
)
from app.identity.sessions.types import FreshProof, Issued, Place
from infra.errors import Refusal
from infra.ids import encode, new_id
from infra.ports import Ports
from tenants import registry
from tenants.door import enter_tenant, retrying
from tenants.errors import TenantSuspended
from tenants.scope import Actor, Origin, TenantRef, TenantScope

_REALM = {"WWW-Authenticate": 'Bearer realm="zhangfang"'}

# ---- whom a secret stands for


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


# ---- logging in and out


def log_in(ports: Ports, *, firm: str, email: str, password: str, place: Place, now: datetime) -> Issued | Challenge:
    """A session for a member of a firm (登录), or the question for its second factor.

    A person nobody knows costs the same work as a wrong password, and failures slow an account down per address,
    known or not. Raises `LoginFailed`, `LoginDelayed`, `LoginBusy`, `TenantSuspended`.
    """
    with passwords.noted(ports.settings.secret_key, "password", f"{firm}\n{email}", place.address, place.request_id):
        counter = passwords.Failures(ports.redis, f"{firm}\n{email}\n{place.address}")
        counter.wait()
        with ports.engine.connect() as connection:
            known = queries.credentials(connection, firm, email)
        nobody = passwords.nobody()  # asked for whoever comes: its first making takes as long as a login
        held = known["password_hash"] if known else nobody
        if not passwords.verify(held, password) or known is None:
            counter.add()
            raise LoginFailed(headers=_REALM)
        counter.forget()
        if known["state"] == "suspended":
            raise TenantSuspended
        admitted = admit(ports, known["tenant_id"], known["id"], "password", place, now)
        if admitted is None:  # let go between the two looks
            raise LoginFailed(headers=_REALM)
        return admitted


def admit(
    ports: Ports, tenant_id: UUID, user_id: UUID, by: str, place: Place, now: datetime
) -> Issued | Challenge | None:
    """A session for a person whose first factor is proved, or the question for the second; None for no member."""
    with ports.engine.begin() as connection:
        entering = queries.may_enter(connection, tenant_id, user_id)
        if entering is None or entering["state"] != "active":
            return None
        if factor_queries.confirmed(connection, user_id):
            return factors.ask(connection, RelyingParty.of(ports.settings), "login", user_id, tenant_id, now)
    return _begin(ports, tenant_id, user_id, by, place, now)


def complete_login(ports: Ports, proof: Proof, place: Place, now: datetime) -> Issued:
    """The session of a login whose second factor is proved (两步验证); raises `SecondFactorFailed`, `LoginDelayed`.

    Failures slow the account down wherever they come from: who gets here knows its password. Should the process die
    after the proof, the challenge is spent and the person logs in again.
    """
    hashed = hashlib.sha256(proof.challenge).hexdigest()
    with ports.engine.connect() as connection:
        asked = factor_queries.waiting(connection, proof.challenge, now)
    account = asked["user_id"] if asked else hashed
    with passwords.noted(ports.settings.secret_key, "second factor", f"{account}", place.address, place.request_id):
        counter = account_failures(ports.redis, account)
        counter.wait()
        cipher, party = ports.keyring.platform(), RelyingParty.of(ports.settings)
        with ports.engine.begin() as connection:
            proved = factors.answer(connection, cipher, party, proof, now)
        issued = proved and _begin(ports, proved["tenant_id"], proved["user_id"], _by(proof), place, now)
        if not issued:
            counter.add()
            raise SecondFactorFailed(headers=_REALM)
        counter.forget()
        return issued


def _begin(ports: Ports, tenant_id: UUID, user_id: UUID, by: str, place: Place, now: datetime) -> Issued | None:
    """The session of an active member, with its line in the log of the firm it enters; None for no member."""
    with ports.engine.connect() as connection:
        entering = queries.may_enter(connection, tenant_id, user_id)
        if entering is None or entering["state"] != "active":
            return None
        tenant = registry.by_id(connection, tenant_id)
    actor, origin = Actor("user", user_id, entering["name"], entering["role"]), Origin(place.address, place.agent)

    def unit() -> Issued:
        with enter_tenant(
            ports.engine, tenant, actor, ports.clock, request_id=place.request_id, origin=origin, keyring=ports.keyring
        ) as scope:
            issued = issue_session(scope.connection, tenant_id, user_id, now, address=place.address, agent=place.agent)
            audit.record(scope, [Act("session.begin", "session", _session_key(issued.id), {"by": by})])
            return issued

    return retrying(unit)


def account_failures(redis: Redis, account: UUID | str) -> passwords.Failures:
    """The failed proofs of one account from wherever they come: five are free, then up to a quarter of an hour each."""
    return passwords.Failures(redis, f"account\n{account}", LONGEST_SECOND_DELAY)


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
        seen_at=now,
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


def end_operator_token(engine: Engine, name: str, now: datetime) -> int:
    """End every token of an operator of this name at once; how many still held."""
    mine = (token.c.kind == "operator") & (token.c.name == name) & token.c.revoked_at.is_(None)
    with engine.begin() as connection:
        return connection.execute(update(token).where(mine).values(revoked_at=now)).rowcount


def log_out(scope: TenantScope, secret: str) -> None:
    """Revoke the session that asks for it (退出)."""
    ended = scope.execute(
        update(token)
        .where(token.c.hash == digest(secret), token.c.kind == "session", token.c.revoked_at.is_(None))
        .values(revoked_at=scope.now)
    )
    if ended.rowcount:
        audit.record(scope, [Act("session.end", "session", scope.actor.key, {})])


# ---- proving oneself anew


def ask_step_up(scope: TenantScope, party: RelyingParty) -> Challenge:
    """The question for a passkey by which this session is to be proved anew."""
    return factors.ask(
        scope.connection, party, "step_up", _person(scope), scope.tenant.id, scope.now, scope.origin.session
    )


def step_up(scope: TenantScope, ports: Ports, proof: FreshProof) -> datetime:
    """Prove anew who one is (重新验证身份): this session is strong from now on.

    Who has a second factor proves it; the password proves the others. Raises `StepUpFactor`, `StepUpFailed`,
    `LoginDelayed` or `LoginBusy`.
    """
    user_id, origin = _person(scope), scope.origin
    with passwords.noted(ports.settings.secret_key, "step up", f"{user_id}", origin.address, scope.request_id):
        counter = account_failures(ports.redis, user_id)
        counter.wait()
        if proof.password is not None and factor_queries.confirmed(scope.connection, user_id):
            raise StepUpFactor
        if not _proves(scope, ports, user_id, proof):
            counter.add()
            raise StepUpFailed(headers=_REALM)
        counter.forget()
    scope.execute(update(token).where(token.c.id == scope.origin.session).values(strong_at=scope.now))
    audit.record(scope, [Act("session.step_up", "session", _session_key(scope.origin.session), {"by": _by(proof)})])
    return scope.now


def _by(proof: Proof | FreshProof) -> str:
    kinds = ("password", "code", "passkey", "recovery_code")
    return next(kind for kind in kinds if getattr(proof, kind, None) is not None)


def _proves(scope: TenantScope, ports: Ports, user_id: UUID, proof: FreshProof) -> bool:
    if proof.password is not None:
        return passwords.verify(queries.own_password(scope, user_id), proof.password)
    if proof.passkey is not None and not factors.take_challenge(scope, "step_up", proof.challenge):
        return False
    offered = Proof(code=proof.code, passkey=proof.passkey, challenge=proof.challenge)
    party = RelyingParty.of(ports.settings)
    return factors.prove(scope.connection, ports.keyring.platform(), party, user_id, offered, scope.now)


# ---- ending sessions


def end_session(scope: TenantScope, user_id: UUID, session_id: UUID) -> None:
    """End one session of a person in this firm; it is refused at its next request. Raises `SessionNotFound`."""
    if queries.one_session(scope, user_id, session_id) is None:
        raise SessionNotFound
    scope.execute(update(token).where(token.c.id == session_id).values(revoked_at=scope.now))
    details = {"user": encode("usr", user_id)}
    audit.record(scope, [Act("session.end", "session", _session_key(session_id), details)])


def end_sessions(scope: TenantScope, user_id: UUID) -> int:
    """End every session of a person in this firm but the one that asks, and what was given to programs in its name."""
    ended = scope.execute(
        update(token)
        .where(token.c.tenant_id == scope.tenant.id, token.c.user_id == user_id, token.c.revoked_at.is_(None))
        .where(token.c.expires_at > scope.now, token.c.id.is_distinct_from(scope.origin.session))
        .values(revoked_at=scope.now)
    )
    _end_authorizations(scope.connection, user_id, scope.now, scope.tenant.id)
    details = {"sessions": ended.rowcount}
    audit.record(scope, [Act("session.end_all", "user", encode("usr", user_id), details)])
    return ended.rowcount


def end_everywhere(connection: Connection, user_id: UUID, now: datetime, but: UUID | None = None) -> None:
    """End every token of a person in whatever firm, but one; so a new password leaves nothing of the old one."""
    connection.execute(
        update(token)
        .where(token.c.user_id == user_id, token.c.revoked_at.is_(None), token.c.id.is_distinct_from(but))
        .values(revoked_at=now)
    )
    _end_authorizations(connection, user_id, now)


def clear_ended(connection: Connection, now: datetime) -> None:
    """Delete the tokens that ended long ago; the log of acts keeps what was done with them."""
    ended = func.least(token.c.revoked_at, token.c.expires_at)  # passes over what is null
    long_ago = case((token.c.kind == "access", now - ACCESS_KEPT), else_=now - ENDED_KEPT)
    connection.execute(delete(token).where(ended < long_ago))


def _end_authorizations(connection: Connection, user_id: UUID, now: datetime, tenant_id: UUID | None = None) -> None:
    """What programs could still ask for in a person's name is over, in one firm or in all."""
    ended = update(oauth_authorization).where(
        oauth_authorization.c.user_id == user_id, oauth_authorization.c.revoked_at.is_(None)
    )
    if tenant_id is not None:
        ended = ended.where(oauth_authorization.c.tenant_id == tenant_id)
    connection.execute(ended.values(revoked_at=now))


def _session_key(session_id: UUID | None) -> str:
    return encode("ses", session_id) if session_id else ""


def _person(scope: TenantScope) -> UUID:
    """Who proves itself: the routes let only people in."""
    assert scope.actor.kind == "user" and scope.actor.id is not None  # noqa: S101
    return scope.actor.id
