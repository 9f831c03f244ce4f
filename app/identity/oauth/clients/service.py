"""The verbs of OAuth clients: register, change, renew a secret, end; and how a client proves who it is.

Invariant: a client belongs to one firm; a service acts by a role of its own that its maker could have given to a key,
the others only ever for a person; ending a client ends every token it holds.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.authenticate_client import ClientAuthentication  # type: ignore[import-untyped]
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion  # type: ignore[import-untyped]
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry
from sqlalchemy import Engine, RowMapping, delete, insert, update
from sqlalchemy.dialects import postgresql

from app.audit import service as audit
from app.audit.service import Act
from app.identity.keys.service import reach
from app.identity.models import oauth_assertion, oauth_authorization, oauth_client, token
from app.identity.oauth.clients import queries
from app.identity.oauth.clients.rules import misfits
from app.identity.oauth.clients.types import NewClient, Registered
from app.identity.oauth.errors import ClientNotFound, ClientRejected
from app.identity.oauth.keys.rules import claims_of, key_set
from app.identity.oauth.rules import ASSERTION_LIFE, digest
from app.identity.oauth.types import AUTH_METHODS, Asked, Client
from app.identity.roles.service import give_first, withdraw_all
from infra.ids import encode, new_id
from tenants.scope import TenantScope

_PREFIX = "zf_c_"
_LONGEST_JTI = 200
_SKEW = 5

# ---- the firm's clients


def register_client(scope: TenantScope, new: NewClient) -> Registered:
    """Register a client of the firm (登记 OAuth 客户端).

    Raises `ClientRejected`, and for a service what making an API key raises.
    """
    wrong = list(misfits(new))
    if wrong:
        raise ClientRejected(violations=wrong)
    role, books = reach(scope, new.role, new.books or ()) if new.role else (None, [])
    secret = _PREFIX + secrets.token_urlsafe(32) if new.auth == "client_secret_basic" else None
    client_id = new_id()
    scope.execute(
        insert(oauth_client).values(
            id=client_id,
            tenant_id=scope.tenant.id,
            name=new.name,
            kind=new.kind,
            auth=new.auth,
            redirect_uris=list(dict.fromkeys(new.redirect_uris)),
            scopes=sorted(set(new.scopes)),
            role=role.code if role else "",
            books=[book.uid for book in books] or None,
            secret_hash=digest(secret) if secret else None,
            jwks=dict(new.jwks) if new.jwks else None,
            created_at=scope.now,
        )
    )
    if role and books:
        give_first(scope, "oauth_client", encode("cli", client_id), client_id, role.code, [book.id for book in books])
    details = {
        "name": new.name,
        "kind": new.kind,
        "auth": new.auth,
        "scopes": sorted(set(new.scopes)),
        "redirect_uris": list(dict.fromkeys(new.redirect_uris)),
        "jwks": new.jwks,  # public keys, or none
        "role": new.role,
        "books": [encode("bk", book.uid) for book in books],
    }
    _record(scope, "oauth_client.create", client_id, details)
    return Registered(client_id, secret)


def client(scope: TenantScope, client_id: UUID, *, lock: bool = False) -> RowMapping:
    """One client of the firm; raises `ClientNotFound`."""
    row = queries.client(scope, client_id, lock=lock)
    if row is None:
        raise ClientNotFound
    return row


def change_client(scope: TenantScope, before: RowMapping, changes: Mapping[str, Any]) -> RowMapping:
    """Change the name, the redirect URIs or the public keys of a locked client (修改客户端); raises `ClientRejected`.

    What it may do stays: people said yes to that. Keys and URIs left out are worthless at the next request.
    """
    names = ("name", "kind", "auth", "scopes", "redirect_uris", "books", "jwks")
    kept = {name: before[name] for name in names}
    new = NewClient(**{**kept, **changes}, role=before["role"] or None)
    wrong = list(misfits(new))
    if wrong or before["revoked_at"]:
        raise ClientRejected(violations=wrong)
    after = {"name": new.name, "redirect_uris": list(dict.fromkeys(new.redirect_uris)), "jwks": new.jwks}
    _change(scope, before["id"], **after)
    told = {"before": {name: before[name] for name in after}, "after": after}
    _record(scope, "oauth_client.change", before["id"], told)
    return client(scope, before["id"])


def revoke_client(scope: TenantScope, client_id: UUID) -> RowMapping:
    """End a client and every token it holds; ending it twice is no error; raises `ClientNotFound`."""
    if client(scope, client_id, lock=True)["revoked_at"] is None:
        _change(scope, client_id, revoked_at=scope.now)
    for table in (oauth_authorization, token):
        live = (table.c.client_id == client_id) & table.c.revoked_at.is_(None)
        scope.execute(update(table).where(live).values(revoked_at=scope.now))
    withdraw_all(scope, "oauth_client", encode("cli", client_id), client_id)
    _record(scope, "oauth_client.revoke", client_id, {})
    return client(scope, client_id)


def renew_secret(scope: TenantScope, client_id: UUID) -> str:
    """A new secret instead of the old one, which is worthless at once; raises `ClientNotFound`, `ClientRejected`."""
    row = client(scope, client_id, lock=True)
    if row["auth"] != "client_secret_basic" or row["revoked_at"]:
        raise ClientRejected
    secret = _PREFIX + secrets.token_urlsafe(32)
    _change(scope, client_id, secret_hash=digest(secret))
    _record(scope, "oauth_client.renew", client_id, {})
    return secret


def _change(scope: TenantScope, client_id: UUID, **columns: Any) -> None:
    version = oauth_client.c.row_version + 1
    scope.execute(update(oauth_client).where(oauth_client.c.id == client_id).values(row_version=version, **columns))


def _record(scope: TenantScope, action: str, client_id: UUID, details: dict[str, Any]) -> None:
    audit.record(scope, [Act(action, "oauth_client", encode("cli", client_id), details)])


# ---- who asks


def authenticate(engine: Engine, asked: Asked, issuer: str, now: datetime) -> Client:
    """The client that asks, proved in exactly one way; raises Authlib's `InvalidClientError`, `InvalidRequestError`."""
    ways = ("Authorization" in asked.headers, "client_assertion" in asked.form, "client_secret" in asked.form)
    if sum(ways) > 1 or ways[2]:
        raise InvalidRequestError("One way of client authentication, and not client_secret_post.")
    with engine.begin() as connection:
        method = ClientAuthentication(lambda client_id: queries.by_public_id(connection, client_id))
        method.register("private_key_jwt", _Assertion(connection, issuer, now))
        try:
            found: Client = method(asked, AUTH_METHODS)
        except ValueError as error:  # an Authorization header that is not base64 of UTF-8
            raise InvalidClientError(status_code=401) from error
    if asked.payload.client_id not in (None, found.public_id):
        raise InvalidClientError(description="Two clients in one request.")
    return found


class _Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """`private_key_jwt` (RFC 7523): signed by one of the client's own keys, for us, now, and once."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, connection: Any, issuer: str, now: datetime) -> None:
        super().__init__()
        self.connection, self.issuer, self.now = connection, issuer, now

    def extract_assertion(self, assertion: str) -> Any:
        """Header and claims, when the form of the assertion is ours."""
        claims = claims_of(assertion)
        if claims is None:
            raise InvalidClientError(description="Invalid JWT assertion.")
        return {}, claims

    def resolve_client_public_key(self, client: Client) -> KeySet:
        """The keys the client registered."""
        keys = key_set(client.jwks) if client.jwks else None
        if keys is None:
            raise InvalidClientError(description="The client has no keys.")
        return keys

    def verify_claims(self, claims: dict[str, Any]) -> None:
        """Refuse an assertion of another client, for somebody else, of another time, or shown before."""
        own = {"essential": True, "value": claims.get("sub")}
        seconds = int(self.now.timestamp())
        checked = JWTClaimsRegistry(
            now=seconds,
            leeway=_SKEW,
            iss=own,  # type: ignore[arg-type]
            sub=own,  # type: ignore[arg-type]
            exp={"essential": True},
            jti={"essential": True},
        )
        try:
            checked.validate(claims)
        except JoseError as error:
            raise InvalidClientError(description="The assertion's claims do not hold.") from error
        audience = claims.get("aud")
        if audience not in (self.issuer, f"{self.issuer}/oauth/token"):
            raise InvalidClientError(description="The assertion is for somebody else.")
        if claims["exp"] > seconds + ASSERTION_LIFE.total_seconds() or len(claims["jti"]) > _LONGEST_JTI:
            raise InvalidClientError(description="The assertion lives too long.")
        self._use(claims["sub"], claims["jti"])

    def _use(self, client_id: str, jti: str) -> None:
        found = queries.by_public_id(self.connection, client_id)
        if found is None:
            raise InvalidClientError
        used = oauth_assertion.c
        self.connection.execute(delete(oauth_assertion).where(used.client_id == found.id, used.expires_at < self.now))
        row = {"client_id": found.id, "jti": jti, "expires_at": self.now + 2 * ASSERTION_LIFE}
        kept = postgresql.insert(oauth_assertion).values(row).on_conflict_do_nothing().returning(used.jti)
        if self.connection.execute(kept).first() is None:
            raise InvalidClientError(description="The assertion was shown before.")
