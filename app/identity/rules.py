"""Rules of links: a secret handed to one person, followed once, kept as its SHA-256."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode

LINK_TRIES = 5
LINK_PATTERN = r"zf_[ir]_[A-Za-z0-9_-]{43}"


def link_secret(prefix: str, chance: bytes) -> str:
    """The secret of a link from 32 random bytes: `zf_i_…` invites, `zf_r_…` resets a password."""
    return prefix + urlsafe_b64encode(chance).decode().rstrip("=")


def link_hash(secret: str) -> bytes:
    """The SHA-256 under which a link is kept; 256 bits of chance need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()
