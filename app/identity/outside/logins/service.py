"""The verbs of a login through a provider: begin it, complete it; link oneself, unlink oneself.

Invariant: an attempt is used once, in a transaction of its own before anything is sent; a session is issued after the
provider has vouched, to who is an active member then. No transaction is open while the provider is asked.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, delete, insert, update
from sqlalchemy.dialects import postgresql

from app.audit import service as audit
from app.audit.service import Act
from app.identity.factors.types import Challenge
from app.identity.outside.logins import queries
from app.identity.outside.logins.errors import AttemptUnknown, SubjectTaken
from app.identity.outside.models import attempt, link
from app.identity.outside.protocols import service as protocols
from app.identity.outside.providers import queries as providers
from app.identity.outside.providers.errors import ProviderNotFound
from app.identity.outside.providers.service import opened
from app.identity.outside.providers.types import Provider
from app.identity.passwords import service as passwords
from app.identity.revocations.queries import hold
from app.identity.sessions.service import admit, enter_as, member_of
from app.identity.sessions.types import Place
from app.identity.tokens.types import Issued
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantScope

LIFE = timedelta(minutes=10)
_TICKET = ""  # the nonce of a ticket, which never goes to a provider


@dataclass(frozen=True, slots=True)
class Begun:
    """A login under way: where to go, and what its beginner keeps until the provider has answered."""

    url: str
    state: str = field(repr=False)
    binding: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to begin one linking, of the person it was given to; used once."""

    ticket: str = field(repr=False)
    expires_at: datetime


def give_ticket(scope: TenantScope, provider_id: UUID) -> Ticket:
    """Let the acting person begin to link itself with a provider of this firm (绑定); raises `ProviderNotFound`.

    The provider is asked only when the ticket is used, because nothing is sent while a transaction is open.
    """
    row = providers.sealed(scope.connection, provider_id)
    if row is None or row["tenant_id"] != scope.tenant.id:
        raise ProviderNotFound
    ticket, expires = secrets.token_urlsafe(32), scope.now + LIFE
    hashed = {"state": _hash(ticket), "binding": _hash(ticket)}
    values = {"provider_id": provider_id, "user_id": _me(scope), "nonce": _TICKET, "verifier": _TICKET}
    generation = hold(scope.connection, _me(scope))
    scope.execute(insert(attempt).values(**hashed, **values, expires_at=expires, generation=generation))
    audit.record(scope, [Act("outside_link.begin", "outside_provider", encode("idp", provider_id), {})])
    return Ticket(ticket, expires)


def begin(ports: Ports, provider_id: UUID, ticket: str | None, now: datetime) -> Begun:
    """Begin a login with a provider (外部登录), or with a ticket the linking of a person to its subject there.

    Raises `ProviderNotFound`, `AttemptUnknown`, `OutsideRefused`, or what the way out refuses.
    """
    linking = {}
    if ticket is not None:
        held = _take(ports, ticket, ticket, now, is_ticket=True)
        if held["provider_id"] != provider_id:
            raise AttemptUnknown
        linking = {"user_id": held["user_id"], "generation": held["generation"]}
    with ports.engine.connect() as connection:
        row = providers.sealed(connection, provider_id)
    if row is None:
        raise ProviderNotFound
    state, binding, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(4))
    url = protocols.begin(ports.egress, opened(ports.keyring, row), state, nonce, verifier)
    values = {"provider_id": provider_id, "nonce": nonce, "verifier": verifier, **linking}
    hashed = {"state": _hash(state), "binding": _hash(binding)}
    with ports.engine.begin() as connection:
        connection.execute(delete(attempt).where(attempt.c.expires_at < now - LIFE))
        connection.execute(insert(attempt).values(**values, **hashed, expires_at=now + LIFE))
    return Begun(url, state, binding, now + LIFE)


def complete(
    ports: Ports, state: str, binding: str, code: str, iss: str | None, place: Place, now: datetime
) -> Issued | Challenge | None:
    """A session (or the question for the second factor) for whom the provider vouches; None when it was a linking.

    `iss` is the issuer that the answer named (RFC 9207). Raises `AttemptUnknown`, `OutsideRefused`, `SubjectTaken`, or
    what the way out refuses.
    """
    with passwords.noted(ports.settings.secret_key, "outside", state, place.address, place.request_id):
        tried = _take(ports, state, binding, now)
        with ports.engine.connect() as connection:
            row = providers.sealed(connection, tried["provider_id"])
        if row is None:
            raise AttemptUnknown
        provider = opened(ports.keyring, row)
        subject = protocols.subject(ports.egress, provider, code, iss, tried["nonce"], tried["verifier"], now)
        if tried["user_id"]:
            _link(ports, provider, subject, tried, place)
            return None
        with ports.engine.connect() as connection:
            known = queries.linked(connection, provider.id, subject)
        entered = known and admit(ports, provider.tenant_id, known.id, "outside", known.generation, place, now)
        if not entered:
            raise AttemptUnknown
        return entered


def _link(ports: Ports, provider: Provider, subject: str, tried: RowMapping, place: Place) -> None:
    """Link the person with its subject, as a line of the firm; not when everything of it was ended since it began."""
    user_id: UUID = tried["user_id"]
    member = member_of(ports, provider.tenant_id, user_id)
    if member is None:
        raise AttemptUnknown
    with enter_as(ports, *member, place) as scope:
        if hold(scope.connection, user_id) != tried["generation"]:
            raise AttemptUnknown
        values = {"provider_id": provider.id, "subject": subject, "user_id": user_id, "linked_at": scope.now}
        made = postgresql.insert(link).values(**values).on_conflict_do_nothing().returning(link.c.user_id)
        if scope.execute(made).first() is None:
            raise SubjectTaken
        audit.record(scope, [Act("outside_link.make", "outside_provider", encode("idp", provider.id), {})])


def _take(ports: Ports, state: str, binding: str, now: datetime, *, is_ticket: bool = False) -> RowMapping:
    """The attempt (or ticket), used from now on: of two that come at once, one gets it."""
    kind = attempt.c.nonce == _TICKET if is_ticket else attempt.c.nonce != _TICKET
    mine = (attempt.c.state == _hash(state)) & (attempt.c.binding == _hash(binding)) & kind
    waiting = attempt.c.used_at.is_(None) & (attempt.c.expires_at > now)
    with ports.engine.begin() as connection:
        row = (
            connection.execute(update(attempt).where(mine, waiting).values(used_at=now).returning(attempt))
            .mappings()
            .first()
        )
    if row is None:
        raise AttemptUnknown
    return row


def unlink(scope: TenantScope, provider_id: UUID) -> None:
    """End one's own link with a provider of this firm; raises `ProviderNotFound`."""
    if provider_id not in {row["id"] for row in queries.links_of(scope, _me(scope))}:
        raise ProviderNotFound
    scope.execute(delete(link).where(link.c.provider_id == provider_id, link.c.user_id == _me(scope)))
    audit.record(scope, [Act("outside_link.end", "outside_provider", encode("idp", provider_id), {})])


def _me(scope: TenantScope) -> UUID:
    assert scope.actor.id is not None  # noqa: S101  (the route wants a person)
    return scope.actor.id


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
