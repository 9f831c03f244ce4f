"""The shapes of statements in the API."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Choice, Flag, Money, PeriodKey
from app.http.schemas import RequestSchema, ResponseSchema

FORMATS = ("json", "xlsx", "pdf")


class StatementQuery(RequestSchema):
    """One period of a book; `format` wins over `Accept`, `include_unposted` counts drafts in (包含未记账)."""

    period = PeriodKey(required=True)
    format = Choice(FORMATS)
    include_unposted = Flag(load_default=False)


class StatementColumnOut(ResponseSchema):
    """A money column."""

    id = fields.String(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)


class StatementRowOut(ResponseSchema):
    """A row with its amounts by column id; `accounts` are those its formula reads, to drill into."""

    key = fields.String(required=True)
    line = fields.Integer(required=True, allow_none=True)
    kind = fields.String(required=True)
    indent = fields.Integer(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    amounts = fields.Dict(keys=fields.String(), values=Money(), required=True)
    formula = fields.String(required=True)
    accounts = fields.List(fields.String(), required=True)


class ArticulationOut(ResponseSchema):
    """Whether one articulation (勾稽关系) holds in one column, with both figures."""

    code = fields.String(required=True)
    column = fields.String(required=True)
    ok = fields.Boolean(required=True)
    left = Money(required=True)
    right = Money(required=True)
    severity = Choice(("blocks", "warns"), required=True)
    text = fields.String(required=True)


class StatementOut(ResponseSchema):
    """A statement: a function of the book, the period, `ledger_seq` and the `content` of its standard."""

    statement = Choice(("balance-sheet", "income-statement", "cash-flow"), required=True)
    form = fields.String(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)
    standard = fields.String(required=True)
    edition = fields.String(required=True)
    content = fields.String(required=True)
    period = fields.String(required=True)
    ledger_seq = fields.Integer(required=True)
    reclass = Choice(("detail", "account"), required=True)
    include_unposted = fields.Boolean(required=True)
    columns = fields.List(fields.Nested(StatementColumnOut), required=True)
    rows = fields.List(fields.Nested(StatementRowOut), required=True)
    checks = fields.List(fields.Nested(ArticulationOut), required=True)
