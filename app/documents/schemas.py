"""The shapes of kept documents."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Choice, Instant, ObjectId, Text
from app.http.pages import PageQuery
from app.http.schemas import ResponseSchema

STATES = ("stored", "unread", "recognised", "partly_recognised", "rejected")


class DocumentsQuery(PageQuery):
    """A list of documents, of one state if asked."""

    state = Choice(STATES, load_default=None)


class RefusedOut(ResponseSchema):
    """A part of a file that could not be read, and why; `message` is in the caller's language."""

    file = Text(255, required=True)
    code = Text(80, required=True)
    detail = Text(300, required=True, minimum=0)
    message = Text(500, required=True)


class DocumentOut(ResponseSchema):
    """A kept file; `size` in bytes, `sha256` of the original in hexadecimal digits.

    `unread`: it was not read, and no job is going to read it; `documents_read_again` has it read.
    """

    id = ObjectId("doc", required=True)
    filename = Text(255, required=True)
    content_type = Text(170, required=True)
    size = fields.Integer(required=True)
    sha256 = Text(64, required=True)
    state = Choice(STATES, required=True)
    problems = fields.List(fields.Nested(RefusedOut), required=True)
    uploaded_by = Text(255, required=True)
    uploaded_at = Instant(required=True)
