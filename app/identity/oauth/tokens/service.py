"""The token endpoint and its neighbours: tokens are given, grown, explained and taken back.

Invariant: the client was proved before its firm's door opened, and everything happens in one transaction of that firm:
what the answer says is what was committed. Access tokens are opaque rows, so ending one is felt by the next request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749 import InvalidScopeError, grants  # type: ignore[import-untyped]
from authlib.oauth2.rfc7009 import RevocationEndpoint  # type: ignore[import-untyped]
from authlib.oauth2.rfc7662 import IntrospectionEndpoint  # type: ignore[import-untyped]
from sqlalchemy import update

from app.audit import service as audit
from app.audit.service import Act
from app.identity.models import token
from app.identity.oauth.authorizations import service as authorizations
from app.identity.oauth.authorizations.queries import person as member
from app.identity.oauth.clients.service import authenticate
from app.identity.oauth.codes.service import code_server, person
from app.identity.oauth.rules import SERVICE_LIFE
from app.identity.oauth.service import Server, issuer
from app.identity.oauth.tokens.queries import held
from app.identity.oauth.types import (
    AUTH_METHODS,
    CONFIDENTIAL_METHODS,
    Answer,
    Asked,
    Authorization,
    Client,
    Held,
    Person,
)
from app.identity.tokens.service import issue
from infra.ids import encode
from infra.ports import Ports
from tenants import registry
from tenants.door import enter_tenant, retrying
from tenants.scope import Actor, Origin, TenantScope


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    """Authlib's refresh grant; every use brings a successor."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def authenticate_refresh_token(self, refresh_token: str) -> Authorization | None:
        """The family of a refresh token of this client that may be used now."""
        return authorizations.by_refresh(self.server.scope, self.request.client, refresh_token)

    def authenticate_user(self, refresh_token: Authorization) -> Person | None:
        """The person, while a member of the firm."""
        return person(self.server.scope, refresh_token)

    def issue_token(self, user: Person, refresh_token: Authorization) -> dict[str, Any]:
        """An access token, perhaps of fewer scopes, and the successor."""
        scopes = (self.request.payload.scope or refresh_token.get_scope()).split()
        following = authorizations.grow(self.server.scope, refresh_token, self.server.ports.settings.secret_key)
        return authorizations.access_token(self.server.scope, self.client, refresh_token, scopes, following)

    def save_token(self, token: dict[str, Any]) -> None:
        """Kept when it was made."""

    def revoke_old_credential(self, refresh_token: Authorization) -> None:
        """Followed when the successor was made."""


class ServiceGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    """Authlib's client credentials grant: a service acts by its own role, under its scopes."""

    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL_METHODS

    def generate_token(self, scope: str | None = None, **_: Any) -> dict[str, Any]:
        """An access token of ten minutes that stands for the client itself."""
        within: TenantScope = self.server.scope
        allowed = self.client.get_allowed_scope(scope)
        if allowed is None:
            raise InvalidScopeError
        issued = issue(
            within.connection,
            "access",
            within.now,
            SERVICE_LIFE,
            tenant_id=within.tenant.id,
            client_id=self.client.id,
            name=self.client.name,
            role=self.client.role,
            books=self.client.books,
            ceiling=allowed.split(),
        )
        audit.record(within, [Act("oauth.enter", "oauth_client", self.client.public_id, {"scopes": allowed})])
        return {
            "token_type": "Bearer",
            "access_token": issued.secret,
            "expires_in": int(SERVICE_LIFE.total_seconds()),
            "scope": allowed,
        }

    def save_token(self, token: dict[str, Any]) -> None:
        """Kept when it was made."""


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """RFC 7009: a client gives a token back; with a refresh token goes its whole family."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> Held | None:
        """The token; the hint is not needed."""
        return held(self.server.scope, token_string)

    def revoke_token(self, found: Held, request: Asked) -> None:
        """The token is worthless from now on."""
        within: TenantScope = self.server.scope
        if found.family:
            authorizations.end(within, client_id=found.client_id, family=found.id)
        else:
            gone = update(token).where(token.c.id == found.id, token.c.revoked_at.is_(None))
            within.execute(gone.values(revoked_at=within.now))
        details = {"kind": "refresh_token" if found.family else "access_token"}
        audit.record(within, [Act("oauth.revoke", "oauth_client", encode("cli", found.client_id), details)])


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """RFC 7662: what a token of the asking client itself means; any other is simply not active."""

    CLIENT_AUTH_METHODS = CONFIDENTIAL_METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> Held | None:
        """The token, while its person is a member of the firm."""
        found = held(self.server.scope, token_string)
        stands = found is not None and (found.user_id is None or member(self.server.scope, found.user_id) is not None)
        return found if stands else None

    def check_permission(self, token: Held, client: Client, request: Asked) -> bool:
        """Only to the client it was given to: what one program holds of a person is no other's business."""
        return token.check_client(client)

    def introspect_token(self, token: Held) -> dict[str, Any]:
        """What the token means."""
        subject = encode("usr", token.user_id) if token.user_id else encode("cli", token.client_id)
        return {
            "active": True,
            "iss": issuer(self.server.ports),
            "client_id": encode("cli", token.client_id),
            "sub": subject,
            "scope": " ".join(token.scopes),
            "token_type": "refresh_token" if token.family else "Bearer",
            "iat": int(token.created_at.timestamp()),
            "exp": int(token.expires_at.timestamp()),
        }


def _within(ports: Ports, asked: Asked, request_id: str, origin: Origin, respond: Callable[[Server], Answer]) -> Answer:
    """One answer in one transaction of the client's firm, or the refusal of who did not prove itself."""
    try:
        client = authenticate(ports.engine, asked, issuer(ports), ports.clock())
    except OAuth2Error as error:
        status, body, headers = error()
        return Answer(status, body, dict(headers))
    with ports.engine.connect() as connection:
        tenant = registry.by_id(connection, client.tenant_id)
    actor = Actor("client", client.id, client.name, client.role)

    def once() -> Answer:
        with enter_tenant(
            ports.engine, tenant, actor, ports.clock, request_id=request_id, origin=origin, keyring=ports.keyring
        ) as scope:
            return respond(_server(scope, ports, client))

    return retrying(once)


def _server(scope: TenantScope, ports: Ports, client: Client) -> Server:
    server = code_server(scope, ports, client)
    server.register_grant(RefreshGrant)
    server.register_grant(ServiceGrant)
    server.register_endpoint(Revocation)
    server.register_endpoint(Introspection)
    return server


def give(ports: Ports, asked: Asked, request_id: str, origin: Origin) -> Answer:
    """What the token endpoint answers: tokens for a code, a refresh token or a service's own credentials."""
    return _within(ports, asked, request_id, origin, lambda server: server.create_token_response(asked))


def revoke(ports: Ports, asked: Asked, request_id: str, origin: Origin) -> Answer:
    """What the revocation endpoint answers."""
    return _within(
        ports, asked, request_id, origin, lambda server: server.create_endpoint_response("revocation", asked)
    )


def introspect(ports: Ports, asked: Asked, request_id: str, origin: Origin) -> Answer:
    """What the introspection endpoint answers."""
    return _within(
        ports, asked, request_id, origin, lambda server: server.create_endpoint_response("introspection", asked)
    )
