"""What API keys are read from and written as."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Choice, Instant, ObjectId, Visible, Whole
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.schemas import RoleCode
from app.kernel.permissions import Permission

_LONGEST = 365


class ApiKeyIn(RequestSchema):
    """A key for the whole firm, or with a book role in the listed books; `permissions` narrows it further."""

    name = Visible(100, required=True)
    role = RoleCode(required=True)
    books = fields.List(ObjectId("bk"), load_default=None)
    permissions = fields.List(Choice(tuple(Permission)), load_default=None)
    days = Whole(1, _LONGEST, load_default=_LONGEST)


class ApiKeyOut(ResponseSchema):
    """An API key without its secret."""

    id = ObjectId("key", required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    books = fields.List(ObjectId("bk"), required=True, allow_none=True)
    permissions = fields.List(fields.String(), required=True, allow_none=True)
    created_at = Instant(required=True)
    expires_at = Instant(required=True)
    seen_at = Instant(required=True, allow_none=True)
    revoked_at = Instant(required=True, allow_none=True)


class ApiKeyCreated(ApiKeyOut):
    """A new API key; the secret is shown once and is null in a replay."""

    secret = fields.String(required=True, allow_none=True)
