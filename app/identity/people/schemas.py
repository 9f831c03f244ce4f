"""What members of the firm are read from and written as."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Flag, Instant, ObjectId, Visible
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.schemas import Email, Password, RoleCode


class StaffIn(RequestSchema):
    """A new member with a first password."""

    email = Email(required=True)
    name = Visible(100, required=True)
    password = Password(required=True)
    role = RoleCode(required=True)


class StaffPatch(RequestSchema):
    """What may change of a member."""

    role = RoleCode()
    active = Flag()


class StaffOut(ResponseSchema):
    """A member of the firm."""

    id = ObjectId("usr", required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    active = fields.Boolean(required=True)
    created_at = Instant(required=True)
