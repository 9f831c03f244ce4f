"""What firms are read from and written as on the ops plane."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import ObjectId, Visible
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.schemas import Email, Password, ShortName


class FirmOut(ResponseSchema):
    """A firm (代账公司)."""

    id = ObjectId("firm", required=True)
    short_name = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)


class OwnerIn(RequestSchema):
    """The first owner of a firm."""

    email = Email(required=True)
    name = Visible(100, required=True)
    password = Password(required=True)


class FirmIn(RequestSchema):
    """A firm to be made, with its first owner."""

    short_name = ShortName(required=True)
    name = Visible(100, required=True)
    owner = fields.Nested(OwnerIn, required=True)
