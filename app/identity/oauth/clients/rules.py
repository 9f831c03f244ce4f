"""What fits which kind of client. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.identity.oauth.clients.types import NewClient
from app.identity.oauth.errors import (
    CLIENT_AUTH,
    CLIENT_ENDLESS,
    CLIENT_KEYS,
    CLIENT_REDIRECT,
    CLIENT_REDIRECTS,
    CLIENT_ROLE,
    CLIENT_SCOPES,
)
from app.identity.oauth.keys.rules import key_set
from app.identity.oauth.rules import IDENTITY_SCOPES, registrable
from app.kernel.permissions import TIME_BOXED
from infra.errors import Violation


def misfits(new: NewClient) -> Iterator[Violation]:
    """Everything about a client that does not fit its kind."""
    service = new.kind == "service"
    if (new.kind == "native") != (new.auth == "none"):
        yield CLIENT_AUTH.at("/auth")
    if service == bool(new.redirect_uris):
        yield CLIENT_REDIRECTS.at("/redirect_uris")
    for index, uri in enumerate(new.redirect_uris):
        if not registrable(uri, new.kind):
            yield CLIENT_REDIRECT.at(f"/redirect_uris/{index}")
    if service and set(new.scopes) & set(IDENTITY_SCOPES):
        yield CLIENT_SCOPES.at("/scopes")
    if service != (new.role is not None) or (new.books is not None and not service):
        yield CLIENT_ROLE.at("/role")
    if new.role in TIME_BOXED:
        yield CLIENT_ENDLESS.at("/role")
    if (new.auth == "private_key_jwt") != (new.jwks is not None):
        yield CLIENT_KEYS.at("/jwks")
    if new.jwks is not None and key_set(new.jwks) is None:
        yield CLIENT_KEYS.at("/jwks")
