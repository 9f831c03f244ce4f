"""The shape of a correction in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Choice, Day
from app.http.schemas import RequestSchema
from app.ledger.vouchers.rules import MAX_LINES
from app.ledger.vouchers.schemas import VoucherLineIn


class CorrectIn(RequestSchema):
    """How a posted voucher should have been.

    `difference` books only the differences of amounts, on the same lines; `replacement` strikes the voucher out in red
    and writes these lines in blue.
    """

    date = Day(required=True)
    how = Choice(("difference", "replacement"), required=True)
    lines = fields.List(fields.Nested(VoucherLineIn), required=True, validate=validate.Length(1, MAX_LINES))
