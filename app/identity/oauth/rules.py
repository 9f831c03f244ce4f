"""Rules of the authorization server: how long things hold, what scopes there are, how a refresh token grows the next.

Invariant: a successor is made from its predecessor and a secret of the house, so everybody who shows the same token
within the grace holds the same successor, and none has to be kept in clear.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from app.kernel.permissions import OPS_ONLY, Permission
from infra.ids import encode

CODE_LIFE = timedelta(seconds=60)
ACCESS_LIFE = timedelta(minutes=15)
SERVICE_LIFE = timedelta(minutes=10)
GRACE = timedelta(seconds=30)
"""How long the token just before the last one still brings its successor (SEC-032)."""
ID_TOKEN_LIFE = timedelta(hours=1)
ASSERTION_LIFE = timedelta(minutes=5)
IDLE_LIFE = timedelta(days=30)
FAMILY_LIFE = timedelta(days=90)
"""A family of refresh tokens ends unused after the first, and in any case after the second."""

OPENID = "openid"
IDENTITY_SCOPES = (OPENID, "profile", "email", "offline_access")
PERMISSION_SCOPES = tuple(sorted(one.value for one in Permission if one not in OPS_ONLY))
SCOPES = (*IDENTITY_SCOPES, *PERMISSION_SCOPES)

METHODS = {
    "password": ("pwd",),
    "code": ("otp", "mfa"),
    "passkey": ("pop", "mfa"),
    "recovery_code": ("mfa",),
}
"""What an ID token says of a session's last proof (RFC 8176); the second factor is asked after a first one only."""

REDIRECT_LENGTH = 500
# Spelled in one way only: lower-case host, no user, no fragment, no backslash, no percent sign outside a query.
_WEB = re.compile(
    r"https://(?P<host>[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+|localhost)(?P<port>:[0-9]{1,5})?"
    r"(?P<path>(/[A-Za-z0-9._~!$&'()*+,;=:@-]*)*)(\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?"
)
_LOOPBACK = re.compile(r"(?P<host>http://(127\.0\.0\.1|\[::1\]))(?P<port>:[0-9]{1,5})?(?P<path>(/[A-Za-z0-9._~-]+)*/?)")

_REFRESH = "zf_r_"
_CODE = "zf_g_"
_FAMILY_BYTES, _SECRET_BYTES = 16, 32


def digest(secret: str) -> bytes:
    """The SHA-256 under which a secret of 256 bits is kept."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def identity_claims(user_id: UUID, name: str, email: str, scopes: Iterable[str]) -> dict[str, str]:
    """What a client learns of its person: always the id, the rest by scope (OpenID Connect Core 1.0, 5.4)."""
    granted = set(scopes)
    claims = {"sub": encode("usr", user_id)}
    if "profile" in granted:
        claims["name"] = name
    if "email" in granted:
        claims["email"] = email
    return claims


def registrable(uri: str, kind: str) -> bool:
    """Whether a client of this kind may be sent to a URI: https, or this machine for a native one (RFC 8252, 7.3)."""
    found = _WEB.fullmatch(uri) or (_LOOPBACK.fullmatch(uri) if kind == "native" else None)
    if found is None or len(uri) > REDIRECT_LENGTH:
        return False
    dotted = any(part in (".", "..") for part in found["path"].split("/"))
    return not dotted and 0 < int((found["port"] or ":1")[1:]) < 65536


def redirects_to(registered: Iterable[str], kind: str, asked: str) -> bool:
    """Whether a registered URI is asked for, character by character; a native client's port on this machine is free."""
    known = set(registered)
    if asked in known:
        return True
    if kind != "native" or not registrable(asked, kind):
        return False
    return _portless(asked) in {_portless(uri) for uri in known} - {None}


def _portless(uri: str) -> str | None:
    found = _LOOPBACK.fullmatch(uri)
    return found["host"] + found["path"] if found else None


def new_code() -> str:
    """An authorization code of 256 bits."""
    return _CODE + secrets.token_urlsafe(32)


def first_refresh(family: UUID) -> str:
    """The first refresh token of a family."""
    return _refresh(family, secrets.token_bytes(_SECRET_BYTES))


def successor(house_secret: str, token: str) -> str:
    """The refresh token that follows another one: always the same for the same predecessor."""
    family = family_of(token)
    if family is None:
        raise ValueError("not a refresh token")
    key = hmac.digest(house_secret.encode(), b"oauth refresh", hashlib.sha256)
    return _refresh(family, hmac.digest(key, token.encode(), hashlib.sha256))


def family_of(token: str) -> UUID | None:
    """The authorization a refresh token names, or None for a text that cannot be one of ours."""
    if not token.startswith(_REFRESH):
        return None
    try:
        raw = base64.b64decode(token.removeprefix(_REFRESH), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return UUID(bytes=raw[:_FAMILY_BYTES]) if len(raw) == _FAMILY_BYTES + _SECRET_BYTES else None


def _refresh(family: UUID, secret: bytes) -> str:
    return _REFRESH + base64.urlsafe_b64encode(family.bytes + secret).decode()
