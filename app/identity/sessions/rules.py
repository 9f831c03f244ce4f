"""Rules of tokens: their kinds, how long they hold, under what they are kept."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

SESSION_LIFE = timedelta(hours=12)
OPERATOR_LIFE = timedelta(days=90)

PREFIXES = {"session": "zf_s_", "api_key": "zf_k_", "operator": "zf_o_", "access": "zf_a_", "visit": "zf_v_"}
_SECRET = re.compile(r"zf_[skoav]_[A-Za-z0-9_-]{43}")


def digest(secret: str) -> bytes | None:
    """The SHA-256 under which a token is stored, or None for a text that cannot be one of ours."""
    if not _SECRET.fullmatch(secret):
        return None
    return hashlib.sha256(secret.encode()).digest()
