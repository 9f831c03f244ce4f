"""The authorization endpoint: a client's request is considered, a person answers, the browser is sent back.

Invariant: nobody is sent anywhere but to a registered URI of a client of the person's own firm; a code exists only for
a request with a PKCE challenge (S256), and only after a person's own session said yes.
"""

from __future__ import annotations

import time
from typing import Any

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749 import InvalidRequestError, grants  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]
from authlib.oidc.core.grants import OpenIDCode  # type: ignore[import-untyped]
from joserfc.jwk import ECKey

from app.identity.factors.queries import confirmed
from app.identity.oauth.authorizations import queries
from app.identity.oauth.authorizations import service as authorizations
from app.identity.oauth.consents.service import consent
from app.identity.oauth.errors import PersonOnly
from app.identity.oauth.keys import service as keys
from app.identity.oauth.keys.rules import ALGORITHM
from app.identity.oauth.rules import ID_TOKEN_LIFE, identity_claims, new_code
from app.identity.oauth.service import Server, issuer
from app.identity.oauth.types import AUTH_METHODS, Answer, Asked, Authorization, Client, Person
from infra.ports import Ports
from tenants.scope import TenantScope

_CHALLENGE_LENGTH = 43


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """Authlib's authorization code grant over our rows."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def generate_authorization_code(self) -> str:
        """A code of 256 bits."""
        return new_code()

    def save_authorization_code(self, code: str, request: Asked) -> None:
        """Keep the person's yes and its code."""
        scopes = request.scope.split()
        consent(self.server.scope, request.client, scopes)
        authorizations.keep_code(self.server.scope, request.client, request.user, code, scopes, request.payload.data)

    def query_authorization_code(self, code: str, client: Client) -> Authorization | None:
        """The yes behind a code of this client that may be used now."""
        return authorizations.by_code(self.server.scope, client, code)

    def authenticate_user(self, authorization_code: Authorization) -> Person | None:
        """The person, while a member of the firm."""
        return person(self.server.scope, authorization_code)

    def generate_token(self, user: Person, scope: str, **_: Any) -> dict[str, Any]:
        """The access token, and the first refresh token; the code is spent with them."""
        authorization: Authorization = self.request.authorization_code
        refresh = authorizations.use_code(self.server.scope, authorization)
        return authorizations.access_token(self.server.scope, self.client, authorization, scope.split(), refresh)

    def save_token(self, token: dict[str, Any]) -> None:
        """Kept when it was made."""

    def delete_authorization_code(self, authorization_code: Authorization) -> None:
        """Spent when the token was made; the row stays, to know a second showing."""


class OnlyS256(CodeChallenge):  # type: ignore[misc]
    """PKCE for every client, by SHA-256 only (OAuth 2.1, 4.1.1; RFC 7636)."""

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """Refuse a request without a challenge, or with one that is no SHA-256."""
        asked = grant.request.payload.data
        if asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE with code_challenge_method S256 is required.")
        if len(asked.get("code_challenge", "")) != _CHALLENGE_LENGTH:
            raise InvalidRequestError("Invalid code_challenge.")
        super().validate_code_challenge(grant, redirect_uri)


class IdToken(OpenIDCode):  # type: ignore[misc]
    """The ID token that comes with the first access token (OpenID Connect Core 1.0, 2)."""

    def __init__(self, server: Server) -> None:
        super().__init__(require_nonce=False)
        self.server = server

    def exists_nonce(self, nonce: str, request: Asked) -> bool:
        """A nonce is the client's own to remember."""
        return False

    def resolve_client_private_key(self, client: Client) -> ECKey:
        """The key that signs now."""
        return keys.current(self.server.ports, self.server.scope.now)

    def get_client_algorithm(self, client: Client) -> str:
        """ES256 for everybody."""
        return ALGORITHM

    def get_encode_header(self, client: Client) -> dict[str, str]:
        """The header, with the name of the key."""
        return {"alg": ALGORITHM, "typ": "JWT", "kid": str(self.resolve_client_private_key(client).kid)}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        """Who says it, to whom, and for how long."""
        now = int(time.time())
        life = int(ID_TOKEN_LIFE.total_seconds())
        return {"iss": issuer(self.server.ports), "aud": client.public_id, "iat": now, "exp": now + life}

    def generate_user_info(self, user: Person, scope: str) -> dict[str, Any]:
        """Whom it is about."""
        return identity_claims(user.id, user.name, user.email, scope.split())


def code_server(scope: TenantScope, ports: Ports, client: Client | None = None) -> Server:
    """The server with the one grant that begins at the authorization endpoint."""
    server = Server(scope, ports, client)
    server.register_grant(CodeGrant, [OnlyS256(), IdToken(server)])
    return server


def person(scope: TenantScope, authorization: Authorization) -> Person | None:
    """Who gave an authorization, while a member of the firm."""
    row = queries.person(scope, authorization.user_id)
    if row is None:
        return None
    return Person(row["id"], row["name"], row["email"], authorization.proved_at, tuple(authorization.methods))


def acting_person(scope: TenantScope) -> Person:
    """The person whose own session this is; raises `PersonOnly` for keys and for clients that act for a person."""
    session = queries.session(scope, scope.origin.session) if scope.origin.session else None
    row = queries.person(scope, scope.actor.id) if scope.actor.kind == "user" and scope.actor.id else None
    if session is None or row is None or scope.origin.on_behalf:
        raise PersonOnly
    methods = ("pwd", "mfa") if confirmed(scope.connection, row["id"]) else ("pwd",)
    return Person(row["id"], row["name"], row["email"], session["strong_at"] or session["created_at"], methods)


def consider(scope: TenantScope, ports: Ports, asked: Asked, who: Person | None) -> tuple[Client, list[str]]:
    """The client that asks and the scopes it asks for; raises Authlib's `OAuth2Error` for a request nobody may make."""
    grant = code_server(scope, ports).get_consent_grant(asked, who)
    return grant.client, asked.scope.split()


def answer(scope: TenantScope, ports: Ports, asked: Asked, who: Person, agreed: bool) -> Answer:
    """Where the browser is sent with the person's yes or no; raises Authlib's `OAuth2Error` when nowhere."""
    server = code_server(scope, ports)
    grant = server.get_consent_grant(asked, who)
    said: Answer = server.create_authorization_response(asked, who if agreed else None, grant)
    return said


def refused(scope: TenantScope, ports: Ports, asked: Asked, error: OAuth2Error) -> Answer:
    """A refusal as an answer; it has a location only when the redirect URI was found good."""
    server = Server(scope, ports)
    said: Answer = server.handle_error_response(asked, error)
    if said.location:
        server.named.add_issuer_parameter(server, said)
    return said
