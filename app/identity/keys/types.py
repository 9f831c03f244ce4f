"""API keys as other rooms see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be made: a role of the firm or of the listed books, perhaps under a ceiling of permissions."""

    name: str
    role: str
    books: Sequence[UUID] | None = None
    permissions: Sequence[str] | None = None
    days: int = 365
