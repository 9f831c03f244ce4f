"""The words of the authorization server, in the shapes in which Authlib asks for them.

Invariant: a value here is what a row said inside the transaction that reads it; nothing of it outlives the request.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]
    AuthorizationCodeMixin,
    ClientMixin,
    OAuth2Request,
    TokenMixin,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload  # type: ignore[import-untyped]

from app.identity.oauth.rules import digest, redirects_to
from infra.ids import encode

AUTH_METHODS = ("client_secret_basic", "private_key_jwt", "none")
CONFIDENTIAL_METHODS = ("client_secret_basic", "private_key_jwt")


class Asked(OAuth2Request):  # type: ignore[misc]
    """One request to the authorization server; no parameter comes twice (the gate refused that)."""

    def __init__(self, method: str, uri: str, headers: Mapping[str, str], payload: Mapping[str, str]) -> None:
        super().__init__(method, uri, headers=headers)
        self.payload = BasicOAuth2Payload(dict(payload))

    @property
    def args(self) -> dict[str, str]:
        """The parameters, wherever they came."""
        return dict(self.payload.data)

    @property
    def form(self) -> dict[str, str]:
        """The parameters, wherever they came."""
        return dict(self.payload.data)


@dataclass
class Answer:
    """What Authlib wants to say; it puts the issuer into `location` afterwards (RFC 9207)."""

    status: int
    content: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def location(self) -> str | None:
        """Where the answer sends the browser, when it does."""
        return self.headers.get("Location")

    @location.setter
    def location(self, uri: str) -> None:
        self.headers["Location"] = uri


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]
    """A client as it is registered; `scopes` is the most it may ever ask for."""

    id: UUID
    tenant_id: UUID
    name: str
    kind: str
    auth: str
    redirect_uris: Sequence[str]
    scopes: Sequence[str]
    role: str
    books: Sequence[UUID] | None
    secret_hash: bytes | None = field(repr=False)
    jwks: Mapping[str, Any] | None

    @property
    def public_id(self) -> str:
        """The `client_id` of the protocol."""
        return encode("cli", self.id)

    def get_client_id(self) -> str:
        """The `client_id` of the protocol."""
        return self.public_id

    def get_default_redirect_uri(self) -> None:
        """None: every request names its own."""
        return

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What is asked for; None when that is too much, or nothing (a service that names nothing wants everything)."""
        wanted = list(dict.fromkeys((scope or "").split()))
        if not wanted:
            return " ".join(self.scopes) if self.kind == "service" else None
        return " ".join(wanted) if set(wanted) <= set(self.scopes) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether codes may be sent there."""
        return redirects_to(self.redirect_uris, self.kind, redirect_uri)

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether this is the client's secret."""
        return self.secret_hash is not None and hmac.compare_digest(self.secret_hash, digest(client_secret))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether the client proves who it is in this way."""
        return method == self.auth

    def check_response_type(self, response_type: str) -> bool:
        """Only codes, and only for clients that stand for persons."""
        return response_type == "code" and self.kind != "service"

    def check_grant_type(self, grant_type: str) -> bool:
        """A service stands for itself, the others for persons."""
        if self.kind == "service":
            return grant_type == "client_credentials"
        return grant_type in ("authorization_code", "refresh_token")


@dataclass(frozen=True, slots=True)
class Person:
    """The person who consents, or for whom a client asks."""

    id: UUID
    name: str
    email: str
    proved_at: datetime
    methods: tuple[str, ...] = ()


@dataclass(frozen=True)
class Authorization(AuthorizationCodeMixin, TokenMixin):  # type: ignore[misc]
    """One yes of a person to a client: as a code before it is used, as a family of refresh tokens after."""

    id: UUID
    client_id: UUID
    user_id: UUID
    scopes: Sequence[str]
    redirect_uri: str
    challenge: str
    nonce: str | None
    proved_at: datetime
    methods: Sequence[str]
    expires_at: datetime
    presented: str = field(default="", repr=False)

    code_challenge_method = "S256"

    @property
    def code_challenge(self) -> str:
        """What the client's verifier must hash to (RFC 7636)."""
        return self.challenge

    def get_redirect_uri(self) -> str:
        """Where the code was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What the person agreed to."""
        return " ".join(self.scopes)

    def check_client(self, client: Client) -> bool:
        """Whether it was given to this client."""
        return self.client_id == client.id

    def get_nonce(self) -> str | None:
        """The client's own word, for the ID token."""
        return self.nonce

    def get_auth_time(self) -> int:
        """When the person proved who it is, in Unix seconds."""
        return int(self.proved_at.timestamp())

    def get_amr(self) -> list[str]:
        """How the person proved it (RFC 8176); nothing of who came through a provider of its firm."""
        return list(self.methods)

    def get_acr(self) -> str:
        """`aal2` after a second factor, else `aal1`."""
        return "aal2" if "mfa" in self.methods else "aal1"


@dataclass(frozen=True)
class Held(TokenMixin):  # type: ignore[misc]
    """A token that somebody shows to have it revoked or explained."""

    id: UUID
    tenant_id: UUID
    client_id: UUID
    user_id: UUID | None
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime
    live: bool
    family: bool

    def check_client(self, client: Client) -> bool:
        """Whether it was given to this client."""
        return self.client_id == client.id

    def is_expired(self) -> bool:
        """Whether its time is over, or it was revoked."""
        return not self.live

    def is_revoked(self) -> bool:
        """Whether its time is over, or it was revoked."""
        return not self.live
