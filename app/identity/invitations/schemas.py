"""What invitations are read from and written as."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.http.errors import FIELD_INVALID
from app.http.fields import Instant, ObjectId, Visible
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.resets.schemas import LinkSecret
from app.identity.schemas import Email, Password, RoleCode

MOST_BOOKS = 200


class BookRoleIn(RequestSchema):
    """A book and the role to hold in it."""

    book = ObjectId("bk", required=True)
    role = RoleCode(required=True)


class InvitationIn(RequestSchema):
    """Whom to invite as what."""

    email = Email(required=True)
    role = RoleCode(required=True)
    books = fields.List(fields.Nested(BookRoleIn), load_default=list, validate=validate.Length(max=MOST_BOOKS))

    @validates_schema
    def each_book_once(self, payload: dict[str, Any], **_: Any) -> None:
        """A book has one role."""
        named = [one["book"] for one in payload.get("books", ())]
        if len(named) != len(set(named)):
            raise ValidationError({"books": [FIELD_INVALID.at()]})


class BookRoleOut(ResponseSchema):
    """A book and the role that waits there."""

    book = ObjectId("bk", required=True)
    role = fields.String(required=True)


class InvitationOut(ResponseSchema):
    """An invitation without its secret; `state` is open, accepted, revoked or expired."""

    id = ObjectId("inv", required=True)
    email = fields.String(required=True)
    role = fields.String(required=True)
    books = fields.List(fields.Nested(BookRoleOut), required=True)
    state = fields.String(required=True)
    created_at = Instant(required=True)
    expires_at = Instant(required=True)


class InvitationMade(InvitationOut):
    """A new invitation; the secret of its link is shown once and is null in a replay."""

    secret = fields.String(required=True, allow_none=True)


class AcceptIn(RequestSchema):
    """The link, the name to go by and a first password."""

    secret = LinkSecret(required=True)
    name = Visible(100, required=True)
    password = Password(required=True)


class AcceptOut(ResponseSchema):
    """The firm one now belongs to; log in to it as ever."""

    firm = fields.String(required=True)
    name = fields.String(required=True)
