"""OAuth clients as other rooms name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client to be registered."""

    name: str
    kind: str
    auth: str
    scopes: Sequence[str]
    redirect_uris: Sequence[str] = ()
    role: str | None = None
    books: Sequence[UUID] | None = None
    jwks: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """A new client at the only moment its secret is known; None when it keeps a key of its own, or nothing."""

    id: UUID
    secret: str | None = field(repr=False)
