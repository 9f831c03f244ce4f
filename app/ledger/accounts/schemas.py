"""The shapes of accounts in the API."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Flag, Pattern
from app.http.pages import PageQuery
from app.http.schemas import ResponseSchema


class AccountQuery(PageQuery):
    """Filters of the chart."""

    account_prefix = Pattern("[0-9]{1,12}")
    leaf = Flag()


class AccountOut(ResponseSchema):
    """An account (会计科目); lines are posted to active leaves only."""

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
