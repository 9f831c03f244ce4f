"""Rules of identity: kinds of secrets, how long they hold, who may give which role."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

from app.kernel.permissions import BOOK_ROLES, FIRM_ROLES

SESSION_LIFE = timedelta(hours=12)
OPERATOR_LIFE = timedelta(days=90)
KEY_LIFE_DAYS = 365

PREFIXES = {"session": "zf_s_", "api_key": "zf_k_", "operator": "zf_o_"}
_SECRET = re.compile(r"zf_[sko]_[A-Za-z0-9_-]{43}")

STAFF_ROLES = ("owner", "manager", "staff", "client")
GRANT_ROLES = tuple(BOOK_ROLES)
KEY_ROLES = ("manager", *GRANT_ROLES)


def digest(secret: str) -> bytes | None:
    """The SHA-256 under which a token is stored, or None for a text that cannot be one of ours."""
    if not _SECRET.fullmatch(secret):
        return None
    return hashlib.sha256(secret.encode()).digest()


def firm_role(key_role: str) -> str:
    """The firm role of an API key: a key with a book role is `staff` of the firm, with grants in its books."""
    return key_role if key_role in FIRM_ROLES else "staff"


def may_assign(actor_role: str, before: str | None, after: str) -> bool:
    """Whether a member may change a person's role so: only an owner makes or unmakes an owner."""
    return actor_role in ("owner", "system") or "owner" not in (before, after)
