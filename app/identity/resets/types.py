"""Links as they are handed over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A link at the only moment its secret is known."""

    secret: str = field(repr=False)
    expires_at: datetime
