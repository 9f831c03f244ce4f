"""The shapes of voucher templates in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Choice, Day, Instant, Money, ObjectId, Pattern, Quantity, Rate, Text, UnitPrice, Whole
from app.http.schemas import RequestSchema, ResponseSchema
from app.kernel.money import RMB
from app.ledger.vouchers.templates.rules import SIDES
from app.ledger.vouchers.words.schemas import WORD

MOST_LINES = 200
_CODE = Pattern("[a-z][a-z0-9_]{0,39}")
_FEW = validate.Length(max=12)


class TemplateLineIn(RequestSchema):
    """A line; an amount that is left out is asked for when a voucher is made."""

    account_code = Text(20, required=True)
    summary = Text(200, required=True)
    side = Choice(SIDES, required=True)
    amount = Money(load_default=None, allow_none=True)
    counterparty = Text(200, minimum=0, load_default="")
    cash_item = Text(60, load_default=None, allow_none=True)
    items = fields.Dict(keys=_CODE, values=Text(200), validate=_FEW, load_default=dict)
    currency = Pattern("[A-Z]{3}", load_default=RMB)
    foreign_amount = Money(load_default=None, allow_none=True)
    rate = Rate(load_default=None, allow_none=True)
    quantity = Quantity(load_default=None, allow_none=True)
    unit_price = UnitPrice(load_default=None, allow_none=True)


_LINES = validate.Length(2, MOST_LINES)


class TemplateIn(RequestSchema):
    """A template to be kept."""

    name = Text(100, required=True)
    word = Pattern(WORD, load_default="")
    note = Text(500, minimum=0, memo=True, load_default="")
    lines = fields.List(fields.Nested(TemplateLineIn), required=True, validate=_LINES)


class TemplatePatch(RequestSchema):
    """A JSON merge patch of a template; `lines` are replaced whole."""

    name = Text(100)
    word = Pattern(WORD)
    note = Text(500, minimum=0, memo=True)
    lines = fields.List(fields.Nested(TemplateLineIn), validate=_LINES)


class FilledLine(RequestSchema):
    """What is filled in for one line, by its number from 1; an amount of zero leaves the line out."""

    line = Whole(1, MOST_LINES, required=True)
    amount = Money()
    summary = Text(200)
    counterparty = Text(200, minimum=0)
    items = fields.Dict(keys=_CODE, values=Text(200), validate=_FEW)
    foreign_amount = Money()
    rate = Rate()
    quantity = Quantity()
    unit_price = UnitPrice()


class FromTemplateIn(RequestSchema):
    """A voucher to be made from a template; one amount may stay open and balances it."""

    date = Day(required=True)
    attachments = Whole(0, 9999, load_default=0)
    note = Text(500, minimum=0, memo=True)
    external_id = Text(128, load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(FilledLine), load_default=list, validate=validate.Length(max=MOST_LINES))


class TemplateLineOut(ResponseSchema):
    """A line of a template."""

    account_code = fields.String(required=True)
    summary = fields.String(required=True)
    side = Choice(SIDES, required=True)
    amount = Money(required=True, allow_none=True)
    counterparty = fields.String(required=True)
    cash_item = fields.String(required=True, allow_none=True)
    items = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    currency = fields.String(required=True)
    foreign_amount = Money(required=True, allow_none=True)
    rate = Rate(required=True, allow_none=True)
    quantity = Quantity(required=True, allow_none=True)
    unit_price = UnitPrice(required=True, allow_none=True)


class TemplateOut(ResponseSchema):
    """A template."""

    id = ObjectId("vtp", required=True)
    name = fields.String(required=True)
    word = fields.String(required=True)
    note = fields.String(required=True)
    created_by = fields.String(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)
    etag = fields.String(required=True)
    lines = fields.List(fields.Nested(TemplateLineOut), required=True)
