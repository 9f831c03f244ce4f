"""The authorization endpoint: a client's request is considered, a person answers, the browser is sent back.

Invariant: nobody is sent anywhere but to a registered URI of a client of the person's own firm; a code exists only for
a request with a PKCE challenge (S256), and only after a person's own session said yes to all of it, now or, for
`prompt=none`, before.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749 import InvalidRequestError, grants  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]
from authlib.oidc.core.errors import (  # type: ignore[import-untyped]
    ConsentRequiredError,
    LoginRequiredError,
    RequestNotSupportedError,
    RequestURINotSupportedError,
)
from authlib.oidc.core.grants import OpenIDToken  # type: ignore[import-untyped]
from joserfc.jwk import ECKey

from app.http.errors import StepUpRequired
from app.identity.oauth.authorizations import queries
from app.identity.oauth.authorizations import service as authorizations
from app.identity.oauth.consents.service import consent, rely
from app.identity.oauth.errors import PersonOnly
from app.identity.oauth.keys import service as keys
from app.identity.oauth.keys.rules import ALGORITHM
from app.identity.oauth.prompts.rules import ANSWER_LIFE, fault
from app.identity.oauth.rules import ID_TOKEN_LIFE, METHODS, identity_claims, new_code
from app.identity.oauth.service import Server, issuer
from app.identity.oauth.types import AUTH_METHODS, Answer, Asked, Authorization, Client, Person
from app.identity.revocations.queries import hold
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


class SilentGrant(CodeGrant):
    """The same without a word to the person: only for what it lets this very client do already.

    A program that proves nothing about itself is always asked for anew (RFC 6749, 10.2; RFC 8252, 8.6).
    """

    def save_authorization_code(self, code: str, request: Asked) -> None:
        """Keep the code, if the yes of long ago says as much."""
        scopes = request.scope.split()
        if request.client.auth == "none" or not rely(self.server.scope, request.client, scopes):
            raise ConsentRequiredError(redirect_uri=request.payload.redirect_uri)
        authorizations.keep_code(self.server.scope, request.client, request.user, code, scopes, request.payload.data)


class Manners:
    """What a client may say about how the person is asked and the answer sent (OpenID Connect Core 1.0, 3.1.2)."""

    def __call__(self, grant: CodeGrant) -> None:
        """Look at every request that names a client and its address."""
        grant.register_hook("after_validate_authorization_request_payload", self.check)

    def check(self, grant: CodeGrant, redirect_uri: str) -> None:
        """Refuse what is malformed or not supported, at the client's own address."""
        asked = grant.request.payload.data
        if "request" in asked:
            raise RequestNotSupportedError
        if "request_uri" in asked:
            raise RequestURINotSupportedError
        if told := fault(asked):
            raise InvalidRequestError(told)


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


class IdToken(OpenIDToken):  # type: ignore[misc]
    """The ID token that comes with the first access token (OpenID Connect Core 1.0, 2)."""

    def __init__(self, server: Server) -> None:
        self.server = server

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


def code_server(
    scope: TenantScope, ports: Ports, client: Client | None = None, grant: type[CodeGrant] = CodeGrant
) -> Server:
    """The server with the one grant that begins at the authorization endpoint."""
    server = Server(scope, ports, client)
    server.register_grant(grant, [Manners(), OnlyS256(), IdToken(server)])
    return server


def person(scope: TenantScope, authorization: Authorization) -> Person | None:
    """Who gave an authorization, while a member of the firm."""
    row = queries.person(scope, authorization.user_id)
    if row is None:
        return None
    return Person(row["id"], row["name"], row["email"], authorization.proved_at, tuple(authorization.methods))


def acting_person(scope: TenantScope, *, answering: bool = False) -> Person:
    """The person whose own session this is; raises `PersonOnly` for keys and for clients that act for a person.

    An answer takes the person's lock first, so that a session ended meanwhile says yes to nothing.
    """
    if answering and scope.actor.kind == "user" and scope.actor.id:
        hold(scope.connection, scope.actor.id)
    session = queries.session(scope, scope.origin.session) if scope.origin.session else None
    row = queries.person(scope, scope.actor.id) if scope.actor.kind == "user" and scope.actor.id else None
    if session is None or row is None or scope.origin.on_behalf:
        raise PersonOnly
    methods = METHODS.get(session["proved_by"], ())
    return Person(row["id"], row["name"], row["email"], session["strong_at"] or session["created_at"], methods)


def demand_proof(scope: TenantScope, who: Person, max_age: int) -> None:
    """Raise `StepUpRequired` when the person's last proof is older than a client lets it be, in seconds."""
    if scope.now - who.proved_at > max(timedelta(seconds=max_age), ANSWER_LIFE):
        told = f'Bearer realm="zhangfang", error="insufficient_user_authentication", max_age="{max_age}"'
        raise StepUpRequired(headers={"WWW-Authenticate": told}, minutes=max(max_age // 60, 1))


def consider(scope: TenantScope, ports: Ports, asked: Asked) -> list[str]:
    """The scopes a client asks for; raises Authlib's `OAuth2Error` for a request nobody may make."""
    code_server(scope, ports).get_consent_grant(asked)
    scope_asked: str = asked.scope
    return scope_asked.split()


def answer(scope: TenantScope, ports: Ports, asked: Asked, who: Person, agreed: bool) -> Answer:
    """Where the browser is sent with the person's yes or no; raises Authlib's `OAuth2Error` when nowhere."""
    server = code_server(scope, ports)
    grant = server.get_consent_grant(asked, who)
    said: Answer = server.create_authorization_response(asked, who if agreed else None, grant)
    return said


def repeat(scope: TenantScope, ports: Ports, asked: Asked, who: Person | None) -> Answer:
    """Where the browser is sent without a word to the person; raises Authlib's `OAuth2Error` when nowhere."""
    server = code_server(scope, ports, grant=SilentGrant)
    grant = server.get_consent_grant(asked, who)
    if who is None:
        error = LoginRequiredError(redirect_uri=grant.redirect_uri)
        error.state = asked.payload.state
        return refused(scope, ports, asked, error)
    said: Answer = server.create_authorization_response(asked, who, grant)
    return said


def refused(scope: TenantScope, ports: Ports, asked: Asked, error: OAuth2Error) -> Answer:
    """A refusal as an answer; it has a location only when the redirect URI was found good."""
    server = Server(scope, ports)
    said: Answer = server.handle_error_response(asked, error)
    if said.location:
        server.named.add_issuer_parameter(server, said)
    return said
