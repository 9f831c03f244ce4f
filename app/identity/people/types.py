"""People as other rooms see them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to be made known: the e-mail is lower case, the password is kept only as its argon2id hash."""

    email: str
    name: str
    password: str = field(repr=False)
