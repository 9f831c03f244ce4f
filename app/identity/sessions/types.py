"""Sessions as other rooms see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Issued:
    """A token at the only moment its secret is known."""

    id: UUID
    secret: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """From where somebody logs in: the network address, what the program calls itself, and by which request."""

    address: str = ""
    agent: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class FreshProof:
    """What somebody inside offers as a proof of who it is: exactly one of the three."""

    password: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    passkey: Mapping[str, Any] | None = field(default=None, repr=False)
    challenge: bytes = field(default=b"", repr=False)
