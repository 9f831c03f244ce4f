"""What logins through a provider are read from and written as."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Instant, ObjectId, Pattern
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.schemas import ShortName
from app.identity.sessions.schemas import LoginOut

_WORD = r"[A-Za-z0-9_-]{43}"


class FirmQuery(RequestSchema):
    """The firm by its short name."""

    firm = ShortName(required=True)


class ChoiceOut(ResponseSchema):
    """A provider one may log in with."""

    id = ObjectId("idp", required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)


class ChoicesOut(ResponseSchema):
    """The providers of a firm; an unknown firm has none."""

    data = fields.List(fields.Nested(ChoiceOut), required=True)


class BeginIn(RequestSchema):
    """The provider to log in with; with a ticket, to link oneself with."""

    provider = ObjectId("idp", required=True)
    ticket = Pattern(_WORD, load_default=None, allow_none=True)


class LinkIn(RequestSchema):
    """The provider to link oneself with."""

    provider = ObjectId("idp", required=True)


class TicketOut(ResponseSchema):
    """The ticket with which `POST /v1/outside-logins` begins the linking; shown once."""

    ticket = fields.String(required=True)
    expires_at = Instant(required=True)


class BegunOut(ResponseSchema):
    """Where to send the person; `binding` stays with who began and is sent with the completion."""

    url = fields.String(required=True)
    state = fields.String(required=True)
    binding = fields.String(required=True)
    expires_at = Instant(required=True)


class CompleteIn(RequestSchema):
    """What the provider sent back to the redirect URI, and the binding."""

    state = Pattern(_WORD, required=True)
    binding = Pattern(_WORD, required=True)
    code = Pattern(r"[\x21-\x7e]{1,1000}", required=True)
    iss = Pattern(r"[\x21-\x7e]{1,500}", load_default=None, allow_none=True)


class CompletedOut(LoginOut):
    """A token, or the question for the second factor; `linked` says that it was a linking."""

    linked = fields.Boolean(required=True)


class LinkOut(ResponseSchema):
    """A provider one is linked with."""

    id = ObjectId("idp", required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    linked_at = Instant(required=True)


class LinksOut(ResponseSchema):
    """The providers one is linked with in this firm."""

    data = fields.List(fields.Nested(LinkOut), required=True)
