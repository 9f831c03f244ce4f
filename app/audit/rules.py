"""What a line of the log says, as bytes, and the hash that ties it to the line before (RFC 8785, SHA-256).

Invariant: `body` of a line read back from the database is, byte for byte, `body` of the line that was written; a
verifier needs nothing but these bytes. A change of `body` or `link` is a new `VERSION`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import rfc8785

from app.audit.types import ACTORS, Line
from infra.ids import decode, encode

VERSION = 1
_EXACT = 2**53 - 1
_LONGEST = 4_000
"""Characters of one text that are kept; what is longer is an object of its own, named here by its id."""


def link(prev: bytes, seq: int, body_digest: bytes) -> bytes:
    """The hash of a line: SHA-256 of the hash before, the place (8 bytes, big-endian), and the SHA-256 of the body.

    The body goes in by its own digest, so that a path along the chain can be shown without what others did.
    """
    return hashlib.sha256(prev + seq.to_bytes(8, "big") + body_digest).digest()


def digest(line: Line) -> bytes:
    """The SHA-256 of a line's body."""
    return hashlib.sha256(body(line)).digest()


def body(line: Line) -> bytes:
    """The canonical JSON of a line; personal values go in by the SHA-256 of their ciphertext."""
    said: dict[str, Any] = {
        "v": VERSION,
        "id": str(line.id),
        "book": str(line.book_id or ""),
        "at": moment(line.at),
        "actor": line.actor,
        "actor_name": line.actor_name,
        "on_behalf": line.on_behalf,
        "session": str(line.session or ""),
        "address": line.address,
        "agent": line.agent,
        "action": line.action,
        "object_type": line.object_type,
        "object_id": line.object_id,
        "reason": line.reason,
        "details": dict(line.details),
        "personal": hashlib.sha256(line.personal).hexdigest() if line.personal is not None else "",
        "request_id": line.request_id,
    }
    return rfc8785.dumps(said)


def shown(actor: str) -> str:
    """An actor as the API calls it, `usr_…`; who has no id there keeps the word of the line, as `visitor:…`."""
    kind, _, rest = actor.partition(":")
    prefix = dict(ACTORS).get(kind)
    try:
        return encode(prefix, UUID(rest)) if prefix else actor
    except ValueError:
        return actor


def kept(actor: str) -> str:
    """The word in a line behind an id of the API; what is no id is that word already."""
    for kind, prefix in ACTORS:
        found = decode(prefix, actor)
        if found is not None:
            return f"{kind}:{found}"
    return actor


def sealing(line_id: UUID) -> str:
    """The context the personal values of a line are sealed for."""
    return f"audit|{line_id}"


def moment(at: datetime) -> str:
    """An instant to the microsecond, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(value: Any) -> Any:
    """A value as JSON that the database gives back unchanged: exact numbers or texts, no NUL, no half characters."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(name)): plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
        return [plain(inner) for inner in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    return clean(f"{value:f}" if isinstance(value, Decimal) else str(value))


def clean(text: str) -> str:
    """A text that Postgres and JSON both keep as it is, at most 4,000 characters of it."""
    return text[:_LONGEST].replace("\0", "").encode("utf-8", "replace").decode()
