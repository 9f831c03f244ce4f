"""The shapes of a book's own steps."""

from __future__ import annotations

from decimal import Decimal

from marshmallow import fields, validate

from app.closing.types import CYCLES
from app.http.fields import Choice, Flag, Money, Pattern, Text, UnitPrice, Whole
from app.http.schemas import RequestSchema, ResponseSchema
from app.kernel.money import ZERO

MOST_LINES = 50
CODE = "own-[a-z0-9-]{1,30}"


class OwnLineIn(RequestSchema):
    """A line: `formula` x `share` + `constant` on one side, or the `rest` that balances the voucher.

    A formula is a signed sum of `dr(code)` and `cr(code)` (closing balances of an account and all under it), and of
    `debits(code)` and `credits(code)` (of the month): `dr(1405) - cr(2202)`.
    """

    account_code = Text(20, required=True)
    side = Choice(("debit", "credit"), required=True)
    formula = Text(1000, minimum=0, load_default="")
    share = UnitPrice(load_default=Decimal(1))
    constant = Money(load_default=ZERO)
    rest = Flag(load_default=False)
    summary = Text(200, minimum=0, load_default="")
    items = fields.Dict(
        keys=Pattern("[a-z][a-z0-9_]{0,39}"), values=Text(200), load_default=dict, validate=validate.Length(max=12)
    )


class OwnStepIn(RequestSchema):
    """What a step says; it runs after the standard's step of the same number."""

    number = Whole(1, 999, required=True)
    title_zh = Text(100, required=True)
    title_en = Text(100, required=True)
    cycle = Choice(CYCLES, load_default="month")
    condition = Text(1000, minimum=0, load_default="")
    active = Flag(load_default=True)
    lines = fields.List(fields.Nested(OwnLineIn), required=True, validate=validate.Length(max=MOST_LINES))


class NewOwnStepIn(OwnStepIn):
    """A step to be made, with the code it keeps."""

    code = Pattern(CODE, required=True)


class OwnLineOut(ResponseSchema):
    """A line as it is kept."""

    account_code = fields.String(required=True)
    side = fields.String(required=True)
    formula = fields.String(required=True)
    share = UnitPrice(required=True)
    constant = Money(required=True)
    rest = fields.Boolean(required=True)
    summary = fields.String(required=True)
    items = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class OwnStepOut(ResponseSchema):
    """A step of the book's own (自定义结转)."""

    code = fields.String(required=True)
    number = fields.Integer(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)
    cycle = Choice(CYCLES, required=True)
    condition = fields.String(required=True)
    active = fields.Boolean(required=True)
    lines = fields.List(fields.Nested(OwnLineOut), required=True)
    etag = fields.String(required=True)


class OwnStepsOut(ResponseSchema):
    """Every step of the book's own, in order; a book has some tens at most."""

    steps = fields.List(fields.Nested(OwnStepOut), required=True)
