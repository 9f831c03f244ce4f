"""The shapes of vouchers in the API, and the drafts they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.books.types import BookRef
from app.http.fields import (
    Choice,
    Day,
    Instant,
    Money,
    ObjectId,
    Pattern,
    PeriodKey,
    Quantity,
    Rate,
    Text,
    UnitPrice,
    Whole,
)
from app.http.pages import PageQuery
from app.http.schemas import RequestSchema, ResponseSchema
from app.kernel.money import RMB, ZERO
from app.ledger.vouchers import errors
from app.ledger.vouchers.rules import MAX_LINES
from app.ledger.vouchers.types import Draft, Line
from app.standards.loader import load

STATUSES = ("draft", "reviewed", "posted", "void")


class VoucherLineIn(RequestSchema):
    """A line: an account by code, one side (the other is left out), an item for each dimension of the account.

    `counterparty` is the item of the customer or supplier dimension, `items` those of the others by dimension code.
    `foreign_amount` (on the line's side, with its sign) and `rate` go with a currency other than CNY.
    """

    account_code = Text(20, required=True)
    summary = Text(200, required=True)
    debit = Money(load_default=ZERO)
    credit = Money(load_default=ZERO)
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
    """A voucher to be drafted (制单)."""

    date = Day(required=True)
    word = Choice(("记", "收", "付", "转"), load_default="记")
    attachments = Whole(0, 9999, load_default=0)
    note = Text(500, minimum=0, memo=True, load_default="")
    external_id = Text(128, load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(VoucherLineIn), required=True, validate=validate.Length(1, MAX_LINES))


class VoucherPatch(RequestSchema):
    """A JSON merge patch of an unposted voucher; `lines` are replaced whole, the date stays within its period."""

    date = Day()
    attachments = Whole(0, 9999)
    note = Text(500, minimum=0, memo=True)
    lines = fields.List(fields.Nested(VoucherLineIn), validate=validate.Length(1, MAX_LINES))


class VoidIn(RequestSchema):
    """Why the voucher is voided; it keeps its number and says so."""

    reason = Text(200, required=True)


class ReverseIn(RequestSchema):
    """The date of the red voucher, in an open period."""

    date = Day(required=True)


class VoucherQuery(PageQuery):
    """Filters of the list of vouchers."""

    period = PeriodKey()
    period_from = PeriodKey()
    period_to = PeriodKey()
    status = Text(40)

    @validates_schema
    def check_status(self, given: dict[str, object], **kwargs: object) -> None:
        """`status` is a comma list of states."""
        words = str(given.get("status", "draft")).split(",")
        if not set(words) <= set(STATUSES):
            raise ValidationError("Must be one of the states.", "status")


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
    status = Choice(STATUSES, required=True)
    attachments = fields.Integer(required=True)
    note = fields.String(required=True)
    source = fields.Nested(VoucherSourceOut, required=True, allow_none=True)
    transfer = fields.Boolean(required=True)
    reverses = ObjectId("vch", required=True, allow_none=True)
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


def lines_of(book: BookRef, given: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """The lines that `VoucherLineIn`s ask for; raises `VoucherRejected` for a cash-flow item the standard has not."""
    known = load(book.standard, book.edition).cash_items | {None}
    broken = [
        errors.CASH_ITEM_UNKNOWN.at(f"/lines/{index}/cash_item", item=line["cash_item"])
        for index, line in enumerate(given)
        if line["cash_item"] not in known
    ]
    if broken:
        raise errors.VoucherRejected(violations=broken, count=len(broken))
    return tuple(_line(line) for line in given)


def _line(given: Mapping[str, Any]) -> Line:
    named = {name: value for name, value in given.items() if name not in ("account_code", "items")}
    return Line(given["account_code"], items=tuple(sorted(given["items"].items())), **named)


def draft_of(book: BookRef, given: Mapping[str, Any]) -> Draft:
    """The draft a `VoucherIn` asks for; raises `VoucherRejected` for an unknown cash-flow item."""
    return Draft(
        book.id,
        given["date"],
        lines_of(book, given["lines"]),
        word=given["word"],
        attachments=given["attachments"],
        external_id=given["external_id"],
        note=given["note"],
    )
