"""The shapes of vouchers in the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields, validate

from app.http.fields import (
    Choice,
    Day,
    Instant,
    Money,
    ObjectId,
    Pattern,
    Quantity,
    Rate,
    Reason,
    Text,
    UnitPrice,
    Whole,
)
from app.http.schemas import RequestSchema, ResponseSchema
from app.kernel.money import PATTERN, RMB, ZERO
from app.ledger.vouchers.asking.rules import BALANCE
from app.ledger.vouchers.rules import MAX_LINES
from app.ledger.vouchers.words.schemas import WORD

MOST_PARTS = 20
STATUSES = ("draft", "reviewed", "posted", "void")


class Balancing(Money):
    """An amount, or `=` for the one that balances the voucher."""

    def openapi(self) -> dict[str, Any]:
        """A string with the money pattern or the sign."""
        return {"type": "string", "pattern": f"({PATTERN})|(^{BALANCE}$)"}

    def read(self, text: str) -> Decimal:
        """The amount, or the sign as it is; `asking.rules.settled` puts the amount in its place."""
        return text if text == BALANCE else super().read(text)  # type: ignore[return-value]


class VoucherLineIn(RequestSchema):
    """A line: an account, one side (the other is left out), an item for each dimension of the account.

    `account_code` may also be the account's name or the initials of its pinyin where that means one leaf. An amount
    `=` balances the voucher (at most one line), a summary `//` repeats that of the line above.
    `counterparty` is the item of the customer or supplier dimension, `items` those of the others by dimension code.
    `foreign_amount` (on the line's side, with its sign) and `rate` go with a currency other than CNY.
    """

    account_code = Text(100, required=True)
    summary = Text(200, required=True)
    debit = Balancing(load_default=ZERO)
    credit = Balancing(load_default=ZERO)
    counterparty = Text(200, minimum=0, load_default="")
    cash_item = Text(60, load_default=None, allow_none=True)
    items = fields.Dict(
        keys=Pattern("[a-z][a-z0-9_]{0,39}"), values=Text(200), load_default=dict, validate=validate.Length(max=12)
    )
    currency = Pattern("[A-Z]{3}", load_default=RMB)
    foreign_amount = Money(load_default=None, allow_none=True)
    rate = Rate(load_default=None, allow_none=True)
    quantity = Quantity(load_default=None, allow_none=True)
    unit_price = UnitPrice(load_default=None, allow_none=True)


class VoucherIn(RequestSchema):
    """A voucher to be drafted (制单); without a `word` it gets the first of the book's words that fits."""

    date = Day(required=True)
    word = Pattern(WORD, load_default="")
    attachments = Whole(0, 9999, load_default=0)
    note = Text(500, minimum=0, memo=True, load_default="")
    external_id = Text(128, load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(VoucherLineIn), required=True, validate=validate.Length(1, MAX_LINES))


class VoucherPart(RequestSchema):
    """One of the vouchers that a business is split over; it balances by itself."""

    attachments = Whole(0, 9999, load_default=0)
    note = Text(500, minimum=0, memo=True, load_default="")
    external_id = Text(128, load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(VoucherLineIn), required=True, validate=validate.Length(1, MAX_LINES))


class VoucherPartsIn(RequestSchema):
    """One business over several vouchers under one number (分数编号, 会计基础工作规范 Art. 51(2))."""

    date = Day(required=True)
    word = Pattern(WORD, load_default="")
    parts = fields.List(fields.Nested(VoucherPart), required=True, validate=validate.Length(2, MOST_PARTS))


class VoucherPatch(RequestSchema):
    """A JSON merge patch of an unposted voucher; `lines` are replaced whole, the date stays within its period."""

    date = Day()
    attachments = Whole(0, 9999)
    note = Text(500, minimum=0, memo=True)
    lines = fields.List(fields.Nested(VoucherLineIn), validate=validate.Length(1, MAX_LINES))


class VoidIn(RequestSchema):
    """Why the voucher is voided; it keeps its number and says so."""

    reason = Reason(200, required=True)


class ReverseIn(RequestSchema):
    """The date of the red voucher, in an open period."""

    date = Day(required=True)


class CopyIn(RequestSchema):
    """The date of the copy, in an open period."""

    date = Day(required=True)


class VoucherLineOut(ResponseSchema):
    """A line."""

    line_no = fields.Integer(required=True)
    account_code = fields.String(required=True)
    account_name = fields.String(required=True)
    summary = fields.String(required=True)
    debit = Money(required=True)
    credit = Money(required=True)
    counterparty = fields.String(required=True)
    cash_item = fields.String(required=True, allow_none=True)
    cash_amount = Money(required=True, allow_none=True)
    items = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    currency = fields.String(required=True)
    foreign_amount = Money(required=True, allow_none=True)
    rate = Rate(required=True, allow_none=True)
    quantity = Quantity(required=True, allow_none=True)
    unit = fields.String(required=True, allow_none=True)
    unit_price = UnitPrice(required=True, allow_none=True)


class VoucherSourceOut(ResponseSchema):
    """What a voucher was made from; it is booked once."""

    type = fields.String(required=True)
    id = fields.String(required=True)
    rule = fields.String(required=True)


class VoucherOut(ResponseSchema):
    """A voucher (记账凭证) with its lines."""

    id = ObjectId("vch", required=True)
    period = fields.String(required=True)
    date = Day(required=True)
    word = fields.String(required=True)
    number = fields.Integer(required=True)
    part = fields.Integer(required=True)
    parts = fields.Integer(required=True)
    number_text = fields.String(required=True)
    status = Choice(STATUSES, required=True)
    attachments = fields.Integer(required=True)
    note = fields.String(required=True)
    source = fields.Nested(VoucherSourceOut, required=True, allow_none=True)
    transfer = fields.Boolean(required=True)
    reverses = ObjectId("vch", required=True, allow_none=True)
    reversed_by = ObjectId("vch", required=True, allow_none=True)
    corrects = ObjectId("vch", required=True, allow_none=True)
    corrected_by = ObjectId("vch", required=True, allow_none=True)
    documents = fields.List(ObjectId("doc"), required=True)
    external_id = fields.String(required=True, allow_none=True)
    prepared_by = fields.String(required=True)
    cashier = fields.String(required=True, allow_none=True)
    reviewed_by = fields.String(required=True, allow_none=True)
    review_rule = fields.String(required=True, allow_none=True)
    posted_by = fields.String(required=True, allow_none=True)
    posted_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)
    etag = fields.String(required=True)
    lines = fields.List(fields.Nested(VoucherLineOut), required=True)


class VouchersOut(ResponseSchema):
    """Vouchers that were drafted together."""

    data = fields.List(fields.Nested(VoucherOut), required=True)
