"""Rules of tokens: their kinds, how long they hold and are kept, and under what they are stored."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

OPERATOR_LIFE = timedelta(days=90)
IDLE_LIFE = timedelta(hours=2)
ENDED_KEPT = timedelta(days=180)
"""How long the row of an ended token is kept: six months, as logs of a network are (网络安全法 Art. 21)."""
ACCESS_KEPT = timedelta(days=7)
"""The same for the access tokens of programs, of which one is made every ten minutes."""
SEEN_EVERY = timedelta(minutes=1)

PREFIXES = {"session": "zf_s_", "api_key": "zf_k_", "operator": "zf_o_", "access": "zf_a_", "visit": "zf_v_"}
_SECRET = re.compile(r"zf_[skoav]_[A-Za-z0-9_-]{43}")


def digest(secret: str) -> bytes | None:
    """The SHA-256 under which a token is stored, or None for a text that cannot be one of ours."""
    if not _SECRET.fullmatch(secret):
        return None
    return hashlib.sha256(secret.encode()).digest()


def unseen(seen_at: datetime | None, now: datetime) -> bool:
    """Whether it is time to write down again that a token was used."""
    return seen_at is None or now - seen_at >= SEEN_EVERY


def outlived(changed_at: datetime, days: int | None, now: datetime) -> bool:
    """Whether a password is older than a firm that demands periodic change allows; None demands none."""
    return days is not None and now - changed_at > timedelta(days=days)
