"""An invitation as it is made and as it is followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Whom to invite as what, and the books (by uid) with the role to hold in each."""

    email: str
    role: str
    books: Sequence[tuple[UUID, str]] = ()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who follows an invitation: the name to go by and a first password."""

    secret: str = field(repr=False)
    name: str
    password: str = field(repr=False)
