"""The shapes of jobs and their items."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Instant, ObjectId, Text
from app.http.pages import PageQuery
from app.http.schemas import ResponseSchema


class ItemsQuery(PageQuery):
    """A page of items."""


class JobOut(ResponseSchema):
    """A job; `result.fates` counts its items by fate."""

    id = ObjectId("job", required=True)
    type = Text(80, required=True)
    book_id = ObjectId("bk", attribute="book_uid", required=True, allow_none=True)
    state = Text(30, required=True)
    cancelable = fields.Boolean(required=True)
    progress = fields.Dict(required=True)
    attempt = fields.Integer(required=True)
    created_at = Instant(required=True)
    started_at = Instant(required=True, allow_none=True)
    heartbeat_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)
    result = fields.Dict(required=True, allow_none=True)
    problem = fields.Dict(required=True, allow_none=True)


class JobItemOut(ResponseSchema):
    """What became of one item, with every coded problem."""

    seq = fields.Integer(required=True)
    book_id = Text(40, required=True)
    subject = Text(255, required=True)
    fate = Text(40, required=True)
    object_type = Text(40, required=True, allow_none=True)
    object_id = Text(40, required=True, allow_none=True)
    problems = fields.List(fields.Dict(), required=True)
