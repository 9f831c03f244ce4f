"""What a firm demands of its people when they sign in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """A second factor, and a new password every so many days; `row_version` 0 says that the firm never chose."""

    second_factor: bool = False
    password_days: int | None = None
    row_version: int = 0
