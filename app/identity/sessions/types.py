"""Sessions as other rooms see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
