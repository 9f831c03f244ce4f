"""The shapes of accounts in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Choice, Flag, Pattern, Text, Whole
from app.http.pages import PageQuery
from app.http.schemas import RequestSchema, ResponseSchema

CODE = "[0-9]{1,28}"
DIMENSION = "[a-z][a-z0-9_]{0,39}"
CURRENCY = "[A-Z]{3}"
MOST_SUGGESTED = 50


class AccountQuery(PageQuery):
    """Filters of the chart."""

    account_prefix = Pattern("[0-9]{1,28}")
    leaf = Flag()


class SuggestQuery(RequestSchema):
    """What an accountant types to find an account: the beginning of a code or of the pinyin, or a part of a name."""

    q = Text(60, required=True)
    limit = Whole(1, MOST_SUGGESTED, load_default=20)


class _Kept(RequestSchema):
    """What an account is kept by; null takes a unit or a cash-flow item away."""

    name_en = Text(200)
    normal_side = Choice(("debit", "credit"))
    dimensions = fields.List(Pattern(DIMENSION), validate=validate.Length(max=12))
    currencies = fields.List(Pattern(CURRENCY), validate=validate.Length(max=20))
    unit = Text(20, allow_none=True)
    monetary = Flag()
    cash_item_in = Text(60, allow_none=True)
    cash_item_out = Text(60, allow_none=True)


class FirstChildIn(RequestSchema):
    """The child that takes over the lines and balances of a used account."""

    name_zh = Text(100, required=True)
    name_en = Text(200, load_default="")
    code = Pattern(CODE, load_default=None)


class AccountIn(_Kept):
    """An account to be added (新增科目); without a code the next free one, what is not said is the parent's.

    On the first level (`parent_code` null) `standard_code` says as which account of the standard it is shown.
    """

    name_zh = Text(100, required=True)
    parent_code = Pattern(CODE, load_default=None, allow_none=True)
    code = Pattern(CODE, load_default=None)
    standard_code = Pattern(CODE, load_default=None)
    first_child = fields.Nested(FirstChildIn, load_default=None)


class AccountPatch(_Kept):
    """A JSON merge patch of an account."""

    name_zh = Text(100)


class WidthsIn(RequestSchema):
    """The digits of each level of the codes: `[4, 3, 3]`."""

    code_widths = fields.List(Whole(1, 9), required=True, validate=validate.Length(min=1, max=9))


class WidthsOut(ResponseSchema):
    """The digits of each level, and what a change made of each code."""

    code_widths = fields.List(fields.Integer(), required=True)
    codes = fields.Dict(keys=fields.String(), values=fields.String())


class AccountOut(ResponseSchema):
    """An account (会计科目); lines are posted to active leaves only. `preset`: it is the standard's, not the book's."""

    code = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    account_class = fields.String(required=True)
    normal_side = fields.String(required=True)
    parent_code = fields.String(required=True, allow_none=True)
    leaf = fields.Boolean(required=True)
    cash = fields.Boolean(required=True)
    standard_code = fields.String(required=True)
    pinyin = fields.String(required=True)
    dimensions = fields.List(fields.String(), required=True)
    currencies = fields.List(fields.String(), required=True)
    unit = fields.String(required=True, allow_none=True)
    monetary = fields.Boolean(required=True)
    cash_item_in = fields.String(required=True, allow_none=True)
    cash_item_out = fields.String(required=True, allow_none=True)
    active = fields.Boolean(required=True)
    preset = fields.Boolean()
    next_child_code = fields.String(allow_none=True)
    etag = fields.String(required=True)


class SuggestedOut(ResponseSchema):
    """The nearest accounts, in order."""

    data = fields.List(fields.Nested(AccountOut), required=True)
