"""What is read and written at the entrance."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Instant, ObjectId
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.schemas import Email, Password, ShortName


class LoginIn(RequestSchema):
    """The firm by its short name, and who."""

    firm = ShortName(required=True)
    email = Email(required=True)
    password = Password(minimum=1, required=True)


class LoginOut(ResponseSchema):
    """The bearer token of a session, shown once."""

    token = fields.String(required=True)
    expires_at = Instant(required=True)


class OwnFirm(ResponseSchema):
    """The firm the caller is in."""

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
    firm = fields.Nested(OwnFirm, required=True)
    permissions = fields.List(fields.String(), required=True)
