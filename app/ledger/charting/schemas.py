"""The shapes of chart work that moves balances."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Day, Flag, Money, ObjectId, Pattern, Quantity, Text
from app.http.schemas import RequestSchema, ResponseSchema
from app.kernel.money import RMB, ZERO
from app.ledger.charting.types import NONE

MOST_SHARES = 2_000
MOST_CHILDREN = 2_000
_CODE = "[0-9]{1,28}"
_DIMENSION = "[a-z][a-z0-9_]{0,39}"


class MoveIn(RequestSchema):
    """When the balance is moved, and whether the same act reviews and posts the voucher."""

    date = Day(required=True)
    post = Flag(load_default=False)


class MergeIn(MoveIn):
    """The account that takes over."""

    into = Pattern(_CODE, required=True)


class ShareIn(RequestSchema):
    """A part of the balance of `items` in `currency` that belongs to `item`; debit positive."""

    item = Text(200, required=True)
    items = fields.Dict(keys=Pattern(_DIMENSION), values=Text(200), load_default=dict, validate=validate.Length(max=12))
    currency = Pattern("[A-Z]{3}", load_default=RMB)
    amount = Money(load_default=ZERO)
    foreign_amount = Money(load_default=ZERO)
    quantity = Quantity(load_default=NONE)


class DimensionOnIn(MoveIn):
    """The dimension to be turned on, and how every balance without an item of it is shared out."""

    dimension = Pattern(_DIMENSION, required=True)
    shares = fields.List(fields.Nested(ShareIn), load_default=list, validate=validate.Length(max=MOST_SHARES))


class DimensionOffIn(MoveIn):
    """The dimension to be turned off."""

    dimension = Pattern(_DIMENSION, required=True)


class ConvertIn(MoveIn):
    """The dimension that children become items of, and the new leaf that keeps it; all children unless named."""

    dimension = Pattern(_DIMENSION, required=True)
    name_zh = Text(100, required=True)
    code = Pattern(_CODE, load_default=None)
    children = fields.List(Pattern(_CODE), load_default=list, validate=validate.Length(max=MOST_CHILDREN))


class MergeItemIn(MoveIn):
    """The item that takes over, by its id."""

    into = Pattern("[1-9][0-9]{0,17}", required=True)


class MovedVoucherOut(ResponseSchema):
    """A reclassification voucher (结转凭证)."""

    id = ObjectId("vch", required=True)
    period = fields.String(required=True)
    word = fields.String(required=True)
    number = fields.Integer(required=True)


class OutcomeOut(ResponseSchema):
    """What the act ended with: the account, its vouchers, and how many unposted vouchers moved with it."""

    account_code = fields.String(required=True)
    vouchers = fields.List(fields.Nested(MovedVoucherOut), required=True)
    drafts = fields.Integer(required=True)


class ItemOutcomeOut(ResponseSchema):
    """What the act ended with: the item's name, its vouchers, and how many unposted vouchers moved with it."""

    item = fields.String(required=True)
    vouchers = fields.List(fields.Nested(MovedVoucherOut), required=True)
    drafts = fields.Integer(required=True)


class SuggestionOut(ResponseSchema):
    """An account whose children would better be items."""

    account_code = fields.String(required=True)
    account_name = fields.String(required=True)
    dimension = fields.String(required=True)
    children = fields.List(fields.String(), required=True)


class SuggestionsOut(ResponseSchema):
    """Every such account."""

    data = fields.List(fields.Nested(SuggestionOut), required=True)
