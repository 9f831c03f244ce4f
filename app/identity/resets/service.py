"""The verbs of a password: change one's own, let a member set a new one by a link, follow such a link; and the one
by which an owner takes away the factors that a member lost.

Invariant: a new password ends every token of the old one; a reset never goes around a second factor.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from redis import Redis
from sqlalchemy import RowMapping, insert, update

from app.audit import service as audit
from app.audit.service import Act
from app.identity.errors import RoleUnknown
from app.identity.factors import queries as factor_queries
from app.identity.factors import service as factors
from app.identity.factors.types import Proof, RelyingParty
from app.identity.models import password_reset, user
from app.identity.passwords import service as passwords
from app.identity.people.errors import OwnerOnly, UserNotFound
from app.identity.people.service import as_giver, check_assignable, member
from app.identity.resets import queries
from app.identity.resets.errors import PASSWORD_WRONG, PasswordWrong, ResetFailed, ResetOwn
from app.identity.resets.types import Link
from app.identity.revocations.queries import hold
from app.identity.revocations.service import end_all, end_links
from app.identity.roles.errors import RoleBeyond
from app.identity.roles.queries import teams_of
from app.identity.roles.service import check_held
from app.identity.rules import link_hash, link_secret
from app.identity.sessions.service import account_failures, enter_as, member_of
from app.identity.sessions.types import Place
from infra.ids import encode
from infra.ports import Ports
from tenants import registry
from tenants.door import retrying
from tenants.scope import TenantScope

_LIFE = timedelta(minutes=30)
_REALM = {"WWW-Authenticate": 'Bearer realm="zhangfang"'}


def change_password(scope: TenantScope, redis: Redis, present: str, new: str) -> None:
    """Change one's own password (修改密码): every other session and token of the person ends.

    Raises `PasswordWrong`, `PasswordRejected`, `LoginDelayed` or `LoginBusy`.
    """
    user_id = scope.actor.id
    assert user_id is not None  # noqa: S101  (the route lets only people in)
    known = queries.person(scope.connection, user_id)
    with account_failures(redis, user_id).one_try(PasswordWrong):
        if not passwords.verify(known["password_hash"], present):
            raise PasswordWrong(violations=[PASSWORD_WRONG.at("/present")])
    passwords.check_choice(new, [known["email"], known["name"], present, *scope.tenant.names], "/password")
    hashed = passwords.hash_password(new)
    if hold(scope.connection, user_id, alone=True) != known["generation"]:  # set anew or ended while this was weighed
        raise PasswordWrong(violations=[PASSWORD_WRONG.at("/present")])
    _keep(scope, user_id, hashed, but=scope.origin.session)
    audit.record(scope, [Act("password.change", "user", encode("usr", user_id), {})])


def give_reset(scope: TenantScope, user_id: UUID) -> Link:
    """A link by which a member sets a new password within 30 minutes (重置密码); older ones of the member end.

    Raises `UserNotFound`, `OwnerOnly`, `ResetOwn`, or `RoleBeyond` for who holds more in a book than the giver may.
    """
    _check_other(scope, user_id)
    link = Link(link_secret("zf_r_", secrets.token_bytes(32)), scope.now + _LIFE)
    end_links(scope.connection, user_id, scope.now)
    scope.execute(
        insert(password_reset).values(
            hash=link_hash(link.secret),
            tenant_id=scope.tenant.id,
            user_id=user_id,
            created_by=scope.actor.id,
            created_at=scope.now,
            expires_at=link.expires_at,
        )
    )
    audit.record(scope, [Act("password.reset_give", "user", encode("usr", user_id), {})])
    return link


def reset_factors(scope: TenantScope, user_id: UUID) -> None:
    """Take away the second factors of a member who lost them (重置两步验证); whatever was opened in its name ends.

    Raises `UserNotFound`, `OwnerOnly`, `ResetOwn`, or `RoleBeyond` for who holds more in a book than the actor may.
    """
    _check_other(scope, user_id)
    factors.remove_all(scope, user_id)
    end_all(scope.connection, user_id, scope.now)


def _check_other(scope: TenantScope, user_id: UUID) -> None:
    """Whoever resets what proves a person can be that person: an active one, not oneself, that may do nothing the
    actor may not."""
    row = member(scope, user_id)
    if user_id == scope.actor.id:
        raise ResetOwn
    check_assignable(scope, row["role"], row["role"])
    check_held(scope, [user_id, *teams_of(scope, user_id)])
    if not row["active"]:
        raise UserNotFound


def follow_reset(ports: Ports, secret: str, new: str, proof: Proof | None, place: Place, now: datetime) -> None:
    """Set a new password by a link, once; who has a second factor proves it as well, and then logs in as ever.

    A link that is unknown, used, withdrawn or expired costs the same work and gets the same answer, and so does one
    whose giver could not give it today. Raises `ResetFailed`, `PasswordRejected`, `LoginDelayed` or `LoginBusy`.
    """
    passwords.check_choice(new, ())
    hashed = passwords.hash_password(new)
    with ports.engine.begin() as connection:
        found = queries.tried(connection, link_hash(secret), now)
    if found is None:
        raise ResetFailed(headers=_REALM)
    passwords.check_choice(new, _own_words(ports, found["tenant_id"], found["user_id"]))
    with account_failures(ports.redis, found["user_id"]).one_try(ResetFailed):
        retrying(lambda: _reset(ports, found, link_hash(secret), hashed, proof, place))


def _own_words(ports: Ports, tenant_id: UUID, user_id: UUID) -> list[str]:
    with ports.engine.connect() as connection:
        known, firm = queries.person(connection, user_id), registry.by_id(connection, tenant_id)
    return [known["email"], known["name"], *firm.names]


def _reset(ports: Ports, found: RowMapping, link: bytes, hashed: str, proof: Proof | None, place: Place) -> None:
    user_id = found["user_id"]
    person = member_of(ports, found["tenant_id"], user_id)
    if person is None:
        raise ResetFailed(headers=_REALM)
    with enter_as(ports, *person, place) as scope:
        hold(scope.connection, user_id, alone=True)
        used = scope.execute(
            update(password_reset)
            .where(password_reset.c.hash == link, password_reset.c.used_at.is_(None))
            .values(used_at=scope.now)
        )
        if not used.rowcount or not _still_given(scope, found) or not _proves(scope, ports, user_id, proof):
            raise ResetFailed(headers=_REALM)
        _keep(scope, user_id, hashed)
        details = {"given_by": encode("usr", found["created_by"])}
        audit.record(scope, [Act("password.reset", "user", encode("usr", user_id), details)])


def _still_given(scope: TenantScope, found: RowMapping) -> bool:
    """Whether who gave the link could give it today, to who its person is today."""
    giver = as_giver(scope, found["created_by"])
    if giver is None:
        return False
    try:
        _check_other(giver, found["user_id"])
    except (RoleUnknown, OwnerOnly, RoleBeyond, UserNotFound):
        return False
    return True


def _proves(scope: TenantScope, ports: Ports, user_id: UUID, proof: Proof | None) -> bool:
    """Whether the person proves its second factor, where it has one."""
    if not factor_queries.confirmed(scope.connection, user_id):
        return True
    party, cipher = RelyingParty.of(ports.settings), ports.keyring.platform()
    return proof is not None and factors.prove(scope.connection, cipher, party, user_id, proof, scope.now)


def _keep(scope: TenantScope, user_id: UUID, hashed: str, but: UUID | None = None) -> None:
    """Keep the new hash, and end what was opened by the old one, the links to set another included."""
    changed = {"password_hash": hashed, "password_changed_at": scope.now}
    scope.execute(update(user).where(user.c.id == user_id).values(**changed))
    end_all(scope.connection, user_id, scope.now, but=but)
