"""Second factors as the other sub-rooms see them: what a person offers as proof, and what was just issued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from infra.settings import Settings


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """For whom a passkey is made and holds: a domain, its name, and the origins a browser may speak from."""

    id: str
    name: str
    origins: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> RelyingParty:
        """This installation."""
        return cls(settings.passkey_domain, "Zhangfang 账房", settings.passkey_origins)


@dataclass(frozen=True, slots=True)
class Passkey:
    """The public half of a passkey and the counter its authenticator showed last; 0 means that it does not count."""

    credential_id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int


@dataclass(frozen=True, slots=True)
class Proof:
    """One second factor as offered: a code of an app, an answer of a passkey to a challenge, or a recovery code."""

    code: str | None = field(default=None, repr=False)
    recovery_code: str | None = field(default=None, repr=False)
    passkey: Mapping[str, Any] | None = field(default=None, repr=False)
    challenge: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question asked once, for five minutes: `secret` is what a passkey signs, and the name by which it is found."""

    secret: str = field(repr=False)
    kinds: tuple[str, ...]
    passkey: dict[str, Any] | None
    expires_at: datetime
