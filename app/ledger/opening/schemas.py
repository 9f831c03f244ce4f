"""The shapes of opening balances in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Money, Text
from app.http.schemas import RequestSchema, ResponseSchema
from app.kernel.money import ZERO

MOST_ROWS = 5_000
MOST_FLOWS = 100


class OpeningRowIn(RequestSchema):
    """A leaf account (x counterparty): 年初余额 signed, debit positive, and the turnover of the year before the start.

    `actual` is what a profit-and-loss account really earned or cost (本年累计损益实际发生额).
    """

    account_code = Text(20, required=True)
    counterparty = Text(200, minimum=0, load_default="")
    year_opening = Money(load_default=ZERO)
    debit = Money(load_default=ZERO)
    credit = Money(load_default=ZERO)
    actual = Money(load_default=None, allow_none=True)


class FlowIn(RequestSchema):
    """The cash flow under an item before the first period: cash in positive, cash out negative."""

    item = Text(60, required=True)
    amount = Money(required=True)


class OpeningIn(RequestSchema):
    """The whole opening of a book; what is not named is gone."""

    rows = fields.List(fields.Nested(OpeningRowIn), required=True, validate=validate.Length(max=MOST_ROWS))
    cash_flows = fields.List(fields.Nested(FlowIn), load_default=list, validate=validate.Length(max=MOST_FLOWS))


class OpeningRowOut(ResponseSchema):
    """A row as it was entered."""

    account_code = fields.String(required=True)
    account_name = fields.String(required=True)
    counterparty = fields.String(required=True)
    year_opening = Money(required=True)
    debit = Money(required=True)
    credit = Money(required=True)
    actual = Money(required=True, allow_none=True)


class FlowOut(ResponseSchema):
    """A cash flow as it was entered."""

    item = fields.String(required=True)
    amount = Money(required=True)


class OpeningOut(ResponseSchema):
    """The opening (期初), its trial balance (期初试算) and whether it can still change."""

    rows = fields.List(fields.Nested(OpeningRowOut), required=True)
    cash_flows = fields.List(fields.Nested(FlowOut), required=True)
    frozen = fields.Boolean(required=True)
    balanced = fields.Boolean(required=True)
    opening_difference = Money(required=True)
    turnover_difference = Money(required=True)
