"""The shapes of renumbering in the API."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import ObjectId, Pattern, PeriodKey
from app.http.schemas import RequestSchema, ResponseSchema
from app.ledger.vouchers.words.schemas import WORD
from app.ledger.vouchers.words.types import GENERAL


class InsertIn(RequestSchema):
    """The draft whose place is taken; it follows from then on."""

    before = ObjectId("vch", required=True)


class TidyIn(RequestSchema):
    """The series whose drafts are put in the order of their dates."""

    period = PeriodKey(required=True)
    word = Pattern(WORD, load_default=GENERAL)


class MoveOut(ResponseSchema):
    """A draft that got another number."""

    id = ObjectId("vch", required=True)
    number_before = fields.Integer(required=True)
    number = fields.Integer(required=True)


class MovesOut(ResponseSchema):
    """Every draft that got another number; the others keep theirs."""

    moves = fields.List(fields.Nested(MoveOut), required=True)
