"""A book as others see it, and the scope of one who is inside."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.periods import Period
from app.kernel.permissions import Permission
from tenants.scope import TenantScope


@dataclass(frozen=True, slots=True)
class BookRef:
    """The book row (账套): `id` stays inside, callers name it by `uid`."""

    id: int
    uid: UUID
    code: str
    name: str
    tax_id: str
    taxpayer: str
    industry: str
    location: str
    small_low_profit: bool
    standard: str
    edition: str
    start_period: Period
    settings: dict[str, object]
    state: str
    row_version: int


@dataclass(frozen=True, slots=True)
class BookScope(TenantScope):
    """One transaction inside one book, with what the actor may do there."""

    book: BookRef = None  # type: ignore[assignment]  # always given; a default is needed after inherited defaults
    permissions: frozenset[Permission] = frozenset()
