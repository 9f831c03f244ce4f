"""Words of the log of acts (操作日志): an act, its line as it is kept, and where a chain stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

FIRM = 0
"""The chain of what is done in the firm itself; the chain of a book has the book's id."""

NOTHING = bytes(32)
"""What stands before the first line of a chain."""

_NONE: Mapping[str, Any] = MappingProxyType({})


class Act(NamedTuple):
    """One act on one object: `action` is the permission-like verb (`voucher.post`), `details` what changed.

    `personal` holds what belongs to a person (numbers, telephones, addresses): it is kept sealed by the firm's key.
    """

    action: str
    object_type: str
    object_id: str
    details: Mapping[str, Any]
    book_id: int | None = None
    reason: str = ""
    personal: Mapping[str, Any] = _NONE


class Line(NamedTuple):
    """A line of the log as it is kept; its hash is over everything here but `seq`, which stands beside it."""

    seq: int
    prev: bytes
    hash: bytes
    id: UUID
    book_id: int | None
    at: datetime
    actor: str
    actor_name: str
    on_behalf: str
    session: UUID | None
    address: str
    agent: str
    action: str
    object_type: str
    object_id: str
    reason: str
    details: Mapping[str, Any]
    personal: bytes | None
    request_id: str

    @property
    def chain(self) -> int:
        """The chain the line lies on."""
        return self.book_id or FIRM


ACTORS = (("user", "usr"), ("api_key", "key"), ("client", "cli"))
"""The kinds of actors that the API knows by an id, and the prefix of that id; others are shown as they are kept."""


class Head(NamedTuple):
    """Where a chain stands: its last place and the hash there; (0, `NOTHING`) before its first line."""

    chain: int
    seq: int
    hash: bytes
