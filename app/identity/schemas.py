"""The kinds of fields that the rooms of identity share."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from app.http.fields import NO_NUL, Pattern, StringField
from app.identity.errors import EMAIL_FORMAT, PASSWORD_LENGTH, ROLE_FORMAT, SHORT_NAME_FORMAT


class Email(Pattern):
    """An e-mail address, kept in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,4}", EMAIL_FORMAT, **kwargs
        )

    def read(self, text: str) -> str:
        """The address in lower case."""
        return str(super().read(text)).lower()


class Password(StringField):
    """A password exactly as it was typed: 12 to 128 code points, no composition rules (ASVS 6.2)."""

    def __init__(self, *, minimum: int = 12, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum = minimum

    def openapi(self) -> dict[str, Any]:
        """A string that clients do not show; any character but NUL."""
        lengths = {"minLength": self.minimum, "maxLength": 128}
        return {"type": "string", "format": "password", "pattern": NO_NUL, **lengths}

    def read(self, text: str) -> str:
        """The password."""
        if not self.minimum <= len(text) <= 128:
            raise ValidationError([PASSWORD_LENGTH.at()])
        return text


class RoleCode(Pattern):
    """The code of a role, built-in or the firm's own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"[a-z][a-z0-9_]{1,38}", ROLE_FORMAT, **kwargs)


class ShortName(Pattern):
    """The short name of a firm."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"[a-z][a-z0-9-]{1,38}", SHORT_NAME_FORMAT, **kwargs)
