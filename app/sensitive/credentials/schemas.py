"""The shapes of credentials in the API: a secret goes in and never comes out."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Instant, ObjectId, Pattern, Text
from app.http.schemas import RequestSchema, ResponseSchema

SYSTEM = "[a-z][a-z0-9_.-]{1,39}"
LONGEST_SECRET = 4000


class CredentialChange(RequestSchema):
    """Another secret for the same system."""

    name = Text(100, load_default="", minimum=0)
    login = Text(200, load_default="", minimum=0)
    secret = Text(LONGEST_SECRET, required=True, memo=True)


class CredentialIn(CredentialChange):
    """How the firm or the book logs in at an outside system, such as `tax_bureau` or `bank.icbc`."""

    system = Pattern(SYSTEM, required=True)


class CredentialOut(ResponseSchema):
    """A credential (外部系统凭据) without its login and its secret."""

    id = ObjectId("crd", required=True)
    system = fields.String(required=True)
    name = fields.String(required=True)
    changed_at = Instant(required=True)
    changed_by = fields.String(required=True)
    etag = fields.String(required=True)


class CredentialsOut(ResponseSchema):
    """The credentials of a book or of the firm, at most 50."""

    data = fields.List(fields.Nested(CredentialOut), required=True)
