"""What confirmations are read from and written as."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Instant, ObjectId, PeriodKey, Text
from app.http.schemas import RequestSchema, ResponseSchema


class SubmitIn(RequestSchema):
    """The closed period to be confirmed, and a word to the client."""

    period = PeriodKey(required=True)
    note = Text(500, load_default="")


class ConfirmIn(RequestSchema):
    """A word with the confirmation."""

    remark = Text(500, load_default="")


class DisputeIn(RequestSchema):
    """What is wrong."""

    remark = Text(500, required=True)


class ConfirmationOut(ResponseSchema):
    """A version of a period's statements and what the client said of it."""

    id = ObjectId("cnf", required=True)
    period = fields.String(required=True)
    version = fields.Integer(required=True)
    sha256 = fields.Function(lambda row: row["digest"].hex(), required=True, metadata={"type": "string"})
    state = fields.String(required=True)
    note = fields.String(required=True)
    asked_by = fields.String(required=True)
    asked_at = Instant(required=True)
    decided_by = fields.String(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)
    remark = fields.String(required=True, allow_none=True)
