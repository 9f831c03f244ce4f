"""What a firm's policy is read from and written as."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Flag, Whole
from app.http.schemas import RequestSchema, ResponseSchema


class SignInPolicyPatch(RequestSchema):
    """What the firm demands beyond the installation; null days demand no periodic change."""

    second_factor = Flag()
    password_days = Whole(30, 365, allow_none=True)


class SignInPolicyOut(ResponseSchema):
    """What the firm demands when its people sign in."""

    second_factor = fields.Boolean(required=True)
    password_days = fields.Integer(required=True, allow_none=True)
