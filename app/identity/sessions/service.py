"""The verbs of sessions: log in by one or two factors, prove oneself anew, end sessions.

Invariant: equal work is done for people known and unknown; a password alone opens nothing to who has a second factor.
"""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

from redis import Redis
from sqlalchemy import Connection, update

from app.audit import service as audit
from app.audit.service import Act
from app.identity.factors import queries as factor_queries
from app.identity.factors import service as factors
from app.identity.factors.errors import SecondFactorFailed
from app.identity.factors.types import Challenge, Proof, RelyingParty
from app.identity.models import token
from app.identity.passwords import service as passwords
from app.identity.passwords.rules import LONGEST_SECOND_DELAY
from app.identity.revocations.queries import hold
from app.identity.revocations.service import end_all
from app.identity.sessions import queries
from app.identity.sessions.errors import LoginFailed, SessionNotFound, StepUpFactor, StepUpFailed
from app.identity.sessions.rules import SESSION_LIFE
from app.identity.sessions.types import FreshProof, Place
from app.identity.tokens.rules import digest
from app.identity.tokens.service import issue
from app.identity.tokens.types import Issued
from infra.ids import encode
from infra.ports import Ports
from tenants import registry
from tenants.door import enter_tenant, retrying
from tenants.errors import TenantSuspended
from tenants.scope import Actor, Origin, TenantRef, TenantScope

_NOWHERE = Place()
_REALM = {"WWW-Authenticate": 'Bearer realm="zhangfang"'}

# ---- logging in and out


def log_in(ports: Ports, *, firm: str, email: str, password: str, place: Place, now: datetime) -> Issued | Challenge:
    """A session for a member of a firm (登录), or the question for its second factor.

    A person nobody knows costs the same work as a wrong password, and failures slow an account down per address,
    known or not. Raises `LoginFailed`, `LoginDelayed`, `LoginBusy`, `TenantSuspended`.
    """
    counter = passwords.Failures(ports.redis, f"{firm}\n{email}\n{place.address}")
    told = (f"{firm}\n{email}", place.address, place.request_id)
    with passwords.noted(ports.settings.secret_key, "password", *told), counter.one_try(LoginFailed):
        with ports.engine.connect() as connection:
            known = queries.credentials(connection, firm, email)
        nobody = passwords.nobody()  # asked for whoever comes: its first making takes as long as a login
        held = known["password_hash"] if known else nobody
        if not passwords.verify(held, password) or known is None:
            raise LoginFailed(headers=_REALM)
        counter.forget()
        if known["state"] == "suspended":
            raise TenantSuspended
        admitted = admit(ports, known["tenant_id"], known["id"], "password", known["generation"], place, now)
        if admitted is None:  # let go between the two looks
            raise LoginFailed(headers=_REALM)
        return admitted


def admit(
    ports: Ports, tenant_id: UUID, user_id: UUID, by: str, generation: int, place: Place, now: datetime
) -> Issued | Challenge | None:
    """A session for a person whose first factor is proved, or the question for the second; None for no member.

    `generation` is the person's when that factor was read: what was ended since then is not opened by it.
    """
    with ports.engine.begin() as connection:
        entering = queries.may_enter(connection, tenant_id, user_id)
        if entering is None or entering["state"] != "active":
            return None
        if factor_queries.confirmed(connection, user_id):
            party = RelyingParty.of(ports.settings)
            return factors.ask(connection, party, "login", user_id, tenant_id, now, generation=generation)
    return _begin(ports, tenant_id, user_id, by, generation, place, now)


def complete_login(ports: Ports, proof: Proof, place: Place, now: datetime) -> Issued:
    """The session of a login whose second factor is proved (两步验证); raises `SecondFactorFailed`, `LoginDelayed`.

    Failures slow the account down wherever they come from: who gets here knows its password. Should the process die
    after the proof, the challenge is spent and the person logs in again.
    """
    hashed = hashlib.sha256(proof.challenge).hexdigest()
    with ports.engine.connect() as connection:
        asked = factor_queries.waiting(connection, proof.challenge, now)
    account = asked["user_id"] if asked else hashed
    counter, told = account_failures(ports.redis, account), (f"{account}", place.address, place.request_id)
    with passwords.noted(ports.settings.secret_key, "second factor", *told), counter.one_try(SecondFactorFailed):
        cipher, party = ports.keyring.platform(), RelyingParty.of(ports.settings)
        with ports.engine.begin() as connection:
            proved = factors.answer(connection, cipher, party, proof, now)
        issued = proved and _begin(
            ports, proved["tenant_id"], proved["user_id"], _by(proof), proved["generation"], place, now
        )
        if not issued:
            raise SecondFactorFailed(headers=_REALM)
        counter.forget()
        return issued


def member_of(ports: Ports, tenant_id: UUID, user_id: UUID) -> tuple[TenantRef, Actor] | None:
    """An active firm and a person as its active member, or None."""
    with ports.engine.connect() as connection:
        known = queries.may_enter(connection, tenant_id, user_id)
        if known is None or known["state"] != "active":
            return None
        return registry.by_id(connection, tenant_id), Actor("user", user_id, known["name"], known["role"])


def enter_as(ports: Ports, tenant: TenantRef, actor: Actor, place: Place) -> AbstractContextManager[TenantScope]:
    """The door of a firm for who has no token yet and comes from this place, by a login or a link."""
    origin = Origin(place.address, place.agent)
    return enter_tenant(
        *(ports.engine, tenant, actor, ports.clock),
        request_id=place.request_id,
        origin=origin,
        keyring=ports.keyring,
    )


def _begin(
    ports: Ports, tenant_id: UUID, user_id: UUID, by: str, generation: int, place: Place, now: datetime
) -> Issued | None:
    """The session of an active member, with its line in the log of the firm it enters; None for no member, and for
    one of whom everything was ended since it began to prove who it is."""
    member = member_of(ports, tenant_id, user_id)
    if member is None:
        return None

    def unit() -> Issued | None:
        with enter_as(ports, *member, place) as scope:
            if hold(scope.connection, user_id) != generation:
                return None
            issued = issue_session(scope.connection, tenant_id, user_id, now, by=by, place=place)
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
    by: str = "",
    place: Place = _NOWHERE,
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
        address=place.address,
        agent=place.agent,
        strong_at=now,
        proved_by=by,
        seen_at=now,
    )


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
    counter, told = account_failures(ports.redis, user_id), (f"{user_id}", origin.address, scope.request_id)
    with passwords.noted(ports.settings.secret_key, "step up", *told), counter.one_try(StepUpFailed):
        if proof.password is not None and factor_queries.confirmed(scope.connection, user_id):
            raise StepUpFactor
        if not _proves(scope, ports, user_id, proof):
            raise StepUpFailed(headers=_REALM)
        counter.forget()
    session, by = scope.origin.session, _by(proof)
    scope.execute(update(token).where(token.c.id == session).values(strong_at=scope.now, proved_by=by))
    audit.record(scope, [Act("session.step_up", "session", _session_key(session), {"by": by})])
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
    mine = scope.origin.session
    ended = end_all(scope.connection, user_id, scope.now, but=mine)
    audit.record(scope, [Act("session.end_all", "user", encode("usr", user_id), {"sessions": ended})])
    return ended


def _session_key(session_id: UUID | None) -> str:
    return encode("ses", session_id) if session_id else ""


def _person(scope: TenantScope) -> UUID:
    """Who proves itself: the routes let only people in."""
    assert scope.actor.kind == "user" and scope.actor.id is not None  # noqa: S101
    return scope.actor.id
