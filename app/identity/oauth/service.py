"""Authlib's authorization server over one transaction of one firm.

Authlib knows the protocol; everything it asks for (clients, codes, tokens) is answered from the scope's transaction, so
an answer and its effects are committed together or not at all. Invariant: who the client is was proved before
(`clients.service.authenticate`), or is only named (the authorization endpoint).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from authlib.oauth2 import AuthorizationServer  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]
    InvalidClientError,
    InvalidRequestError,
    UnsupportedResponseTypeError,
)
from authlib.oauth2.rfc9207 import IssuerParameter  # type: ignore[import-untyped]

from app.identity.oauth.clients import queries as clients
from app.identity.oauth.rules import SCOPES
from app.identity.oauth.types import Answer, Asked, Client
from infra.ports import Ports
from tenants.scope import TenantScope


class Server(AuthorizationServer):  # type: ignore[misc]
    """The server for one request."""

    def __init__(self, scope: TenantScope, ports: Ports, client: Client | None = None) -> None:
        super().__init__(scopes_supported=SCOPES)
        self.scope, self.ports, self.client = scope, ports, client
        self.named = _Issuer(issuer(ports))
        self.register_extension(self.named)

    def query_client(self, client_id: str) -> Client | None:
        """The firm's own client of this id."""
        return clients.by_public_id(self.scope.connection, client_id, self.scope.tenant.id)

    def get_authorization_grant(self, request: Asked) -> Any:
        """The grant of a response type; of one that is missing or not supported the refusal says so once."""
        try:
            return super().get_authorization_grant(request)
        except UnsupportedResponseTypeError as error:
            wanted = request.payload.response_type
            if wanted is None:
                raise InvalidRequestError("The response_type is missing.", redirect_uri=error.redirect_uri) from error
            told = f"response_type={wanted} is not supported"
            raise UnsupportedResponseTypeError(wanted, told, redirect_uri=error.redirect_uri) from error

    def authenticate_client(self, request: Asked, methods: Sequence[str], endpoint: str = "token") -> Client:
        """The client that was proved before the door opened."""
        if self.client is None or self.client.auth not in methods:
            raise InvalidClientError(status_code=401)
        request.auth_method = self.client.auth
        return self.client

    def create_oauth2_request(self, request: Asked) -> Asked:
        """The request as it is."""
        return request

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Answer:
        """An answer for the gate to send."""
        return Answer(status, dict(body) if isinstance(body, Mapping | list) else body, dict(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


class _Issuer(IssuerParameter):  # type: ignore[misc]
    """`iss` in every answer of the authorization endpoint, so that nobody mixes servers up (RFC 9207)."""

    def __init__(self, named: str) -> None:
        self.named = named

    def get_issuer(self) -> str:
        """The issuer."""
        return self.named


def issuer(ports: Ports) -> str:
    """The name of this server: where the public reaches it, never what a request says."""
    return ports.settings.public_url
