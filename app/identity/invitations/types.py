"""An invitation as it is made and as it is followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.identity.factors.types import Proof


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Whom to invite as what, and the books (by uid) with the role to hold in each."""

    email: str
    role: str
    books: Sequence[tuple[UUID, str]] = ()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who follows an invitation: the name to go by, a first password or the account's own, its second factor."""

    secret: str = field(repr=False)
    name: str
    password: str = field(repr=False)
    proof: Proof | None = None
