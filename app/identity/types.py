"""Identity as other rooms see it: who is made, and what is issued once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to be made known: the e-mail is lower case, the password is kept only as its argon2id hash."""

    email: str
    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issued:
    """A token at the only moment its secret is known."""

    id: UUID
    secret: str = field(repr=False)
    expires_at: datetime
