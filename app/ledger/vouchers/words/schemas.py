"""The shapes of voucher words in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Choice, Flag, Pattern
from app.http.schemas import RequestSchema, ResponseSchema
from app.ledger.vouchers.words.types import LIMITS

WORD = r"[A-Za-z\u4e00-\u9fff]{1,4}"


class WordIn(RequestSchema):
    """A word; `accounts` are beginnings of account codes that the limit speaks of."""

    word = Pattern(WORD, required=True)
    limit = Choice(LIMITS, load_default="none")
    accounts = fields.List(Pattern("[0-9A-Za-z.]{1,20}"), load_default=list, validate=validate.Length(max=50))
    active = Flag(load_default=True)


class WordsIn(RequestSchema):
    """The whole list, in the order in which a voucher without a word tries them."""

    words = fields.List(fields.Nested(WordIn), required=True, validate=validate.Length(max=20))


class WordOut(ResponseSchema):
    """A word."""

    word = fields.String(required=True)
    limit = Choice(LIMITS, required=True)
    accounts = fields.List(fields.String(), required=True)
    active = fields.Boolean(required=True)


class PresetOut(ResponseSchema):
    """One of the usual lists."""

    name = fields.String(required=True)
    words = fields.List(fields.Nested(WordOut), required=True)


class WordsOut(ResponseSchema):
    """The book's list (empty: 记, 收, 付, 转 without limits) and the usual ones to choose from."""

    words = fields.List(fields.Nested(WordOut), required=True)
    presets = fields.List(fields.Nested(PresetOut), required=True)
    etag = fields.String(required=True)
