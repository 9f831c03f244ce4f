"""Tokens as other rooms see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Issued:
    """A token at the only moment its secret is known."""

    id: UUID
    secret: str = field(repr=False)
    expires_at: datetime
