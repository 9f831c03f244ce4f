"""What the page of the authorization endpoint does: consider the request, log the person in, take its answer.

Invariant: every step considers the whole request anew; the session it makes is a session like any other, and only a
session of the client's own firm answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]

from app.http.types import Authenticated
from app.identity.factors.queries import waiting
from app.identity.factors.rules import CODE, challenge_bytes
from app.identity.factors.types import Challenge, Proof
from app.identity.oauth.clients import queries as clients
from app.identity.oauth.codes import service as codes
from app.identity.oauth.errors import AuthorizationRejected
from app.identity.oauth.service import issuer
from app.identity.oauth.types import Answer, Asked, Client
from app.identity.sessions.service import complete_login, log_in, log_out
from app.identity.sessions.types import Place
from app.identity.tokens.types import Issued
from infra.ports import Ports
from tenants import registry
from tenants.door import enter_tenant
from tenants.scope import Actor, Origin, TenantRef, TenantScope


def request_of(ports: Ports, asked: Mapping[str, str]) -> Asked:
    """A client's request as Authlib reads it."""
    return Asked("GET", f"{issuer(ports)}/oauth/authorize", {}, asked)


def firm_of(ports: Ports, client_id: str) -> tuple[TenantRef, Client]:
    """The client that asks and its firm; raises `AuthorizationRejected`."""
    with ports.engine.connect() as connection:
        client = clients.by_public_id(connection, client_id)
        if client is None:
            raise AuthorizationRejected(error="invalid_client", reason="unknown client_id")
        return registry.by_id(connection, client.tenant_id), client


def consider(
    ports: Ports, tenant: TenantRef, client: Client, asked: Mapping[str, str], request_id: str
) -> Answer | list[str]:
    """The scopes a good request asks for, or where the browser is sent with a bad one's error.

    Raises `AuthorizationRejected` when it may be sent nowhere.
    """
    actor = Actor("client", client.id, client.name, client.role)
    with enter_tenant(ports.engine, tenant, actor, ports.clock, read_only=True, request_id=request_id) as scope:
        request = request_of(ports, asked)
        try:
            return codes.consider(scope, ports, request)
        except OAuth2Error as error:
            said = codes.refused(scope, ports, request, error)
            if said.location:
                return said
            raise AuthorizationRejected(error=error.error, reason=error.get_error_description()) from error


def enter(ports: Ports, tenant: TenantRef, form: Mapping[str, str], place: Place) -> Issued | Challenge:
    """A session for an e-mail and a password, or the question for the second factor; raises what logging in raises."""
    email, password = form.get("email", "").lower(), form.get("password", "")
    now = ports.clock()
    return log_in(ports, firm=tenant.short_name, email=email, password=password, place=place, now=now)


def waits(ports: Ports, challenge: str) -> bool:
    """Whether the question for a second factor may still be answered: five tries, five minutes."""
    with ports.engine.connect() as connection:
        return waiting(connection, challenge_bytes(challenge), ports.clock()) is not None


def complete(ports: Ports, form: Mapping[str, str], place: Place) -> Issued:
    """A session for a code or a recovery code; raises what completing a login raises."""
    given = form.get("proof", "").strip()
    challenge = challenge_bytes(form.get("challenge", ""))
    proof = (
        Proof(code=given, challenge=challenge)
        if CODE.fullmatch(given)
        else Proof(recovery_code=given, challenge=challenge)
    )
    return complete_login(ports, proof, place, ports.clock())


def answer(ports: Ports, caller: Authenticated, asked: Mapping[str, str], agreed: bool, place: Place) -> Answer:
    """Where the browser goes with the person's yes or no; raises `AuthorizationRejected`."""
    with _as(ports, caller, place) as scope:
        try:
            who = codes.acting_person(scope, answering=True)
            return codes.answer(scope, ports, request_of(ports, asked), who, agreed)
        except OAuth2Error as error:
            raise AuthorizationRejected(error=error.error, reason=error.get_error_description()) from error


def repeat(
    ports: Ports,
    tenant: TenantRef,
    client: Client,
    caller: Authenticated | None,
    asked: Mapping[str, str],
    place: Place,
) -> Answer:
    """Where the browser goes without a word to its person, whom nobody knows when `caller` is None.

    Raises `AuthorizationRejected` when it may be sent nowhere.
    """
    program = Authenticated(Actor("client", client.id, client.name, client.role), tenant)
    with _as(ports, caller or program, place) as scope:
        try:
            who = codes.acting_person(scope, answering=True) if caller else None
            return codes.repeat(scope, ports, request_of(ports, asked), who)
        except OAuth2Error as error:
            raise AuthorizationRejected(error=error.error, reason=error.get_error_description()) from error


def leave(ports: Ports, caller: Authenticated, secret: str, place: Place) -> None:
    """End the person's session (退出)."""
    with _as(ports, caller, place) as scope:
        log_out(scope, secret)


@contextmanager
def _as(ports: Ports, caller: Authenticated, place: Place) -> Iterator[TenantScope]:
    assert caller.tenant is not None  # noqa: S101  (the type checker's; only a firm's session gets here)
    origin = Origin(place.address, place.agent, caller.session, caller.on_behalf, caller.strong_at)
    told: dict[str, Any] = {"request_id": place.request_id, "origin": origin, "keyring": ports.keyring}
    with enter_tenant(ports.engine, caller.tenant, caller.actor, ports.clock, **told) as scope:
        yield scope
