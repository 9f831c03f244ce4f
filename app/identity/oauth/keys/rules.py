"""Rules of JSON web tokens that strangers sign: one algorithm, one spelling, nothing that names a key of its own.

Invariant: what passes is short, has exactly three parts, repeats no member, is signed by ES256 by its own word, and its
header holds nothing but `alg`, `typ` and `kid`: no `jwk`, `jku`, `x5u`, `x5c`, `crit` or `b64` ever reaches a library.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from app.http.reading import parse_json
from infra.errors import Refusal

ALGORITHM = "ES256"
CURVE = "P-256"
MOST_KEYS = 5
LONGEST = 4096
_COMPACT = re.compile(r"([A-Za-z0-9_-]{2,700})\.([A-Za-z0-9_-]{2,3300})\.[A-Za-z0-9_-]{86}")
_HEADER = {"alg", "typ", "kid"}
_PUBLIC = {"kty", "crv", "x", "y", "kid", "use", "alg"}


def claims_of(token: str) -> dict[str, Any] | None:
    """What a token says, its signature not yet looked at, or None when its form alone is reason to refuse it."""
    parts = _COMPACT.fullmatch(token) if len(token) <= LONGEST else None
    if parts is None:
        return None
    header, claims = _object(parts[1]), _object(parts[2])
    if header is None or claims is None or not header.keys() <= _HEADER:
        return None
    if header.get("alg") != ALGORITHM or not all(isinstance(value, str) for value in header.values()):
        return None
    return claims if header.get("typ", "JWT") == "JWT" else None


def _object(segment: str) -> dict[str, Any] | None:
    try:
        value = parse_json(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (Refusal, binascii.Error):
        return None
    return value if isinstance(value, dict) else None


def key_set(jwks: Mapping[str, Any]) -> KeySet | None:
    """The public keys of a client, each on P-256, or None when one of them is anything else, a private one included."""
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        return None
    try:
        found = [_public_key(key) for key in keys]
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    names = {key.kid for key in found}
    return KeySet(list(found)) if len(names) == len(found) else None


def _public_key(key: Any) -> ECKey:
    if not isinstance(key, dict) or not key.keys() <= _PUBLIC or (key["kty"], key["crv"]) != ("EC", CURVE):
        raise ValueError("not a public key on P-256")
    if key.get("use", "sig") != "sig" or key.get("alg", ALGORITHM) != ALGORITHM:
        raise ValueError("not a key for signatures by ES256")
    found = ECKey.import_key(key)
    found.ensure_kid()
    return found
