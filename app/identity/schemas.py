"""What identity reads and writes."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from app.http.fields import Choice, Flag, Instant, ObjectId, Pattern, StringField, Text, Whole
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.errors import EMAIL_FORMAT, PASSWORD_LENGTH, SHORT_NAME_FORMAT
from app.identity.rules import GRANT_ROLES, KEY_LIFE_DAYS, KEY_ROLES, STAFF_ROLES


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
        """A string that clients do not show."""
        return {"type": "string", "format": "password", "minLength": self.minimum, "maxLength": 128}

    def read(self, text: str) -> str:
        """The password."""
        if not self.minimum <= len(text) <= 128:
            raise ValidationError([PASSWORD_LENGTH.at()])
        return text


def _short_name() -> Pattern:
    return Pattern(r"[a-z][a-z0-9-]{1,38}", SHORT_NAME_FORMAT, required=True)


class LoginIn(RequestSchema):
    """The firm by its short name, and who."""

    firm = _short_name()
    email = Email(required=True)
    password = Password(minimum=1, required=True)


class LoginOut(ResponseSchema):
    """The bearer token of a session, shown once."""

    token = fields.String(required=True)
    expires_at = Instant(required=True)


class FirmOut(ResponseSchema):
    """A firm (代账公司)."""

    id = ObjectId("firm", required=True)
    short_name = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)


class MeOut(ResponseSchema):
    """Who asks, in which firm, and what that allows on the firm itself."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    role = fields.String(required=True)
    firm = fields.Nested(FirmOut, required=True)
    permissions = fields.List(fields.String(), required=True)


class StaffIn(RequestSchema):
    """A new member with a first password."""

    email = Email(required=True)
    name = Text(100, required=True)
    password = Password(required=True)
    role = Choice(STAFF_ROLES, required=True)


class StaffPatch(RequestSchema):
    """What may change of a member."""

    role = Choice(STAFF_ROLES)
    active = Flag()


class StaffOut(ResponseSchema):
    """A member of the firm."""

    id = ObjectId("usr", required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    active = fields.Boolean(required=True)
    created_at = Instant(required=True)


class GrantIn(RequestSchema):
    """The role to hold in the book."""

    role = Choice(GRANT_ROLES, required=True)


class GrantOut(ResponseSchema):
    """A person's role in the book."""

    id = ObjectId("usr", required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    granted_at = Instant(required=True)


class ApiKeyIn(RequestSchema):
    """A key for the whole firm (`manager`), or with a book role in the listed books."""

    name = Text(100, required=True)
    role = Choice(KEY_ROLES, required=True)
    books = fields.List(ObjectId("bk"), load_default=None)
    days = Whole(1, KEY_LIFE_DAYS, load_default=KEY_LIFE_DAYS)


class ApiKeyOut(ResponseSchema):
    """An API key without its secret."""

    id = ObjectId("key", required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    books = fields.List(ObjectId("bk"), required=True, allow_none=True)
    created_at = Instant(required=True)
    expires_at = Instant(required=True)
    revoked_at = Instant(required=True, allow_none=True)


class ApiKeyCreated(ApiKeyOut):
    """A new API key; the secret is shown once and is null in a replay."""

    secret = fields.String(required=True, allow_none=True)


class OwnerIn(RequestSchema):
    """The first owner of a firm."""

    email = Email(required=True)
    name = Text(100, required=True)
    password = Password(required=True)


class FirmIn(RequestSchema):
    """A firm to be made, with its first owner."""

    short_name = _short_name()
    name = Text(100, required=True)
    owner = fields.Nested(OwnerIn, required=True)
