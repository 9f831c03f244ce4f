"""The shapes of opening balances in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Money, Pattern, Quantity, Text
from app.http.schemas import RequestSchema, ResponseSchema
from app.kernel.money import RMB, ZERO
from app.ledger.opening.types import NONE

MOST_ROWS = 5_000
MOST_FLOWS = 100


class OpeningRowIn(RequestSchema):
    """A leaf account (x items x currency): 年初余额 signed, debit positive, and the turnover before the start.

    `actual` is what a profit-and-loss account really earned or cost (本年累计损益实际发生额).
    """

    account_code = Text(20, required=True)
    counterparty = Text(200, minimum=0, load_default="")
    year_opening = Money(load_default=ZERO)
    debit = Money(load_default=ZERO)
    credit = Money(load_default=ZERO)
    actual = Money(load_default=None, allow_none=True)
    items = fields.Dict(
        keys=Pattern("[a-z][a-z0-9_]{0,39}"), values=Text(200), load_default=dict, validate=validate.Length(max=12)
    )
    currency = Pattern("[A-Z]{3}", load_default=RMB)
    foreign_year_opening = Money(load_default=ZERO)
    foreign_debit = Money(load_default=ZERO)
    foreign_credit = Money(load_default=ZERO)
    quantity_year_opening = Quantity(load_default=NONE)
    quantity_debit = Quantity(load_default=NONE)
    quantity_credit = Quantity(load_default=NONE)


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
    items = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    currency = fields.String(required=True)
    foreign_year_opening = Money(required=True)
    foreign_debit = Money(required=True)
    foreign_credit = Money(required=True)
    quantity_year_opening = Quantity(required=True)
    quantity_debit = Quantity(required=True)
    quantity_credit = Quantity(required=True)


class FlowOut(ResponseSchema):
    """A cash flow as it was entered."""

    item = fields.String(required=True)
    amount = Money(required=True)


class OpeningWarningOut(ResponseSchema):
    """What is probably not meant so, and at which row."""

    pointer = fields.String(required=True)
    code = fields.String(required=True)
    message = fields.String(required=True)
    params = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class OpeningOut(ResponseSchema):
    """The opening (期初), its trial balance (期初试算) and whether it can still change."""

    rows = fields.List(fields.Nested(OpeningRowOut), required=True)
    cash_flows = fields.List(fields.Nested(FlowOut), required=True)
    frozen = fields.Boolean(required=True)
    balanced = fields.Boolean(required=True)
    opening_difference = Money(required=True)
    turnover_difference = Money(required=True)
    balance_sheet_difference = Money(required=True)
    warnings = fields.List(fields.Nested(OpeningWarningOut), required=True)
