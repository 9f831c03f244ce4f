"""The shapes of the amounts given for a step."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Money, Pattern, Quantity, Text, UnitPrice
from app.http.schemas import RequestSchema, ResponseSchema
from app.kernel.money import RMB, ZERO

MOST_LINES = 500
_NAME = "[a-z][a-z0-9_]{0,39}"


class GivenLineIn(RequestSchema):
    """A line of a step's voucher, as of any voucher."""

    account_code = Text(20, required=True)
    summary = Text(200, required=True)
    debit = Money(load_default=ZERO)
    credit = Money(load_default=ZERO)
    counterparty = Text(200, minimum=0, load_default="")
    items = fields.Dict(keys=Pattern(_NAME), values=Text(200), load_default=dict, validate=validate.Length(max=12))
    currency = Pattern("[A-Z]{3}", load_default=RMB)
    foreign_amount = Money(load_default=None, allow_none=True)
    rate = UnitPrice(load_default=None, allow_none=True)
    quantity = Quantity(load_default=None, allow_none=True)
    unit_price = UnitPrice(load_default=None, allow_none=True)


class GivenIn(RequestSchema):
    """The amounts of a step: figures for the standard's entries by case and name, or lines of a voucher, or both."""

    figures = fields.Dict(
        keys=Pattern(_NAME),
        values=fields.Dict(keys=Pattern(_NAME), values=Money(), validate=validate.Length(max=20)),
        load_default=dict,
        validate=validate.Length(max=20),
    )
    lines = fields.List(fields.Nested(GivenLineIn), load_default=list, validate=validate.Length(max=MOST_LINES))


class GivenLineOut(ResponseSchema):
    """A line as it is kept: the counterparty stands among the items."""

    account_code = fields.String(required=True)
    summary = fields.String(required=True)
    debit = Money(required=True)
    credit = Money(required=True)
    items = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    currency = fields.String(required=True)
    foreign_amount = Money(required=True, allow_none=True)
    rate = UnitPrice(required=True, allow_none=True)
    quantity = Quantity(required=True, allow_none=True)
    unit_price = UnitPrice(required=True, allow_none=True)


class GivenOut(ResponseSchema):
    """The amounts given for a step in a period; `takes` are the figures it takes by case."""

    step = fields.String(required=True)
    period = fields.String(required=True)
    takes = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
    figures = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String(), values=Money()), required=True)
    lines = fields.List(fields.Nested(GivenLineOut), required=True)
