"""What requests to a client are read from and written as."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Choice, Day, Instant, ObjectId, Reason, Text
from app.http.pages import PageQuery
from app.http.schemas import RequestSchema, ResponseSchema

STATES = ("open", "answered", "closed")
MOST_DOCUMENTS = 50


class RequestsQuery(PageQuery):
    """Which requests."""

    state = Choice(STATES, load_default=None)


class AskIn(RequestSchema):
    """What the client is asked for."""

    title = Text(100, required=True)
    body = Text(2000, memo=True, load_default="")
    due = Day(load_default=None)


class AnswerIn(RequestSchema):
    """The client's answer."""

    answer = Text(2000, memo=True, required=True)
    documents = fields.List(ObjectId("doc"), load_default=list, validate=validate.Length(max=MOST_DOCUMENTS))


class ReturnIn(RequestSchema):
    """Why the answer will not do."""

    reason = Reason(500, required=True)


class AskedOut(ResponseSchema):
    """A request and where it stands."""

    id = ObjectId("ask", required=True)
    title = fields.String(required=True)
    body = fields.String(required=True)
    due = Day(required=True, allow_none=True)
    state = fields.String(required=True)
    answer = fields.String(required=True, allow_none=True)
    documents = fields.List(ObjectId("doc"), required=True)
    returned = fields.String(required=True, allow_none=True)
    asked_by = fields.String(required=True)
    asked_at = Instant(required=True)
    answered_by = fields.String(required=True, allow_none=True)
    answered_at = Instant(required=True, allow_none=True)
