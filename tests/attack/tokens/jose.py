"""JSON web tokens made by hand, so that everything a library would not write can be written."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc.jwk import ECKey

OWN = ECKey.generate_key("P-256", auto_kid=True)
WIDE = ECKey.generate_key("P-384", auto_kid=True)


def segment(value: Any) -> str:
    """A segment of a JWT from an object, or from bytes as they are."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(header: Any, claims: Any, signature: bytes = b"") -> str:
    """A JWT with whatever signature."""
    return f"{segment(header)}.{segment(claims)}.{segment(signature)}"


def by_hmac(secret: bytes, header: Any, claims: Any) -> str:
    """A JWT signed by HMAC-SHA256 under a secret."""
    signed = f"{segment(header)}.{segment(claims)}"
    return f"{signed}.{segment(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def by_key(key: ECKey, header: Any, claims: Any) -> str:
    """A JWT signed by an elliptic key on its own curve, whatever its header says."""
    signed = f"{segment(header)}.{segment(claims)}"
    raw: Any = key.private_key
    digest, size = (hashes.SHA384(), 48) if key is WIDE else (hashes.SHA256(), 32)
    r, s = decode_dss_signature(raw.sign(signed.encode(), ec.ECDSA(digest)))
    return f"{signed}.{segment(r.to_bytes(size, 'big') + s.to_bytes(size, 'big'))}"


def repeated(claims: dict[str, Any], name: str, value: Any) -> bytes:
    """The JSON of an object that says one member twice, first as it is and then otherwise."""
    return json.dumps(claims).encode()[:-1] + f", {json.dumps(name)}: {json.dumps(value)}}}".encode()
