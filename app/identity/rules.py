"""Rules of identity's rooms: what a change says in the log; a link is a secret handed to one person, followed once."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

LINK_TRIES = 5
LINK_PATTERN = r"zf_[ir]_[A-Za-z0-9_-]{43}"


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What of a thing changes, by name, before and after; nothing when nothing does."""
    return {name: {"before": before[name], "after": new} for name, new in after.items() if before[name] != new}


def link_secret(prefix: str, chance: bytes) -> str:
    """The secret of a link from 32 random bytes: `zf_i_…` invites, `zf_r_…` resets a password."""
    return prefix + urlsafe_b64encode(chance).decode().rstrip("=")


def link_hash(secret: str) -> bytes:
    """The SHA-256 under which a link is kept; 256 bits of chance need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()
