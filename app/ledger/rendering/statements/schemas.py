"""The shapes of statements in the API."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Choice, Flag, Money, PeriodKey
from app.http.schemas import RequestSchema, ResponseSchema

FORMATS = ("json", "xlsx", "pdf")
CYCLES = ("month", "quarter", "year")


class CellQuery(RequestSchema):
    """One period of a book and the cycle whose columns are shown; `include_unposted` counts drafts in (包含未记账).

    Without a cycle it is the shortest that the form is made by.
    """

    period = PeriodKey(required=True)
    cycle = Choice(CYCLES)
    include_unposted = Flag(load_default=False)


class TableQuery(CellQuery):
    """A table as it is shown; `format` wins over `Accept`."""

    format = Choice(FORMATS)


class StatementQuery(TableQuery):
    """A statement as it is shown, by default of a month."""

    cycle = Choice(CYCLES, load_default="month")


class StatementColumnOut(ResponseSchema):
    """A money column."""

    id = fields.String(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)


class StatementRowOut(ResponseSchema):
    """A row with its amounts by column id; `accounts` are those of the standard that its formula reads.

    A row of the kind `hand` is filled by hand: the ledger does not have its figures, and totals count it as nothing.
    """

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

    statement = fields.String(required=True)
    form = fields.String(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)
    standard = fields.String(required=True)
    edition = fields.String(required=True)
    content = fields.String(required=True)
    period = fields.String(required=True)
    cycle = Choice(CYCLES, required=True)
    ledger_seq = fields.Integer(required=True)
    reclass = Choice(("detail", "account"), required=True)
    include_unposted = fields.Boolean(required=True)
    columns = fields.List(fields.Nested(StatementColumnOut), required=True)
    rows = fields.List(fields.Nested(StatementRowOut), required=True)
    checks = fields.List(fields.Nested(ArticulationOut), required=True)


class FormOut(ResponseSchema):
    """A statement or a table beside the statements, with its columns by cycle."""

    statement = fields.String(required=True)
    form = fields.String(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)
    source = fields.String(required=True)
    cycles = fields.Dict(keys=fields.String(), values=fields.List(fields.Nested(StatementColumnOut)), required=True)


class FormsOut(ResponseSchema):
    """The forms of a book's standard."""

    items = fields.List(fields.Nested(FormOut), required=True)


class AccountShareOut(ResponseSchema):
    """What one leaf account adds to a cell, signed as in the formula, and the address of its ledger over the span."""

    account_code = fields.String(required=True)
    account_name = fields.String(required=True)
    account_name_en = fields.String(required=True)
    amount = Money(required=True)
    period_from = fields.String(required=True)
    period_to = fields.String(required=True)
    ledger = fields.String(required=True)


class RowShareOut(ResponseSchema):
    """What another row adds to a cell."""

    row = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    amount = Money(required=True)


class CashShareOut(ResponseSchema):
    """What a cash-flow item adds to a cell."""

    item = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    amount = Money(required=True)


class CellOut(ResponseSchema):
    """A cell and what it is made of (联查): the amounts of accounts, rows and cash-flow items sum to its amount."""

    statement = fields.String(required=True)
    row = fields.String(required=True)
    column = fields.String(required=True)
    period = fields.String(required=True)
    cycle = Choice(CYCLES, required=True)
    standard = fields.String(required=True)
    content = fields.String(required=True)
    ledger_seq = fields.Integer(required=True)
    include_unposted = fields.Boolean(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    formula = fields.String(required=True)
    amount = Money(required=True)
    accounts = fields.List(fields.Nested(AccountShareOut), required=True)
    rows = fields.List(fields.Nested(RowShareOut), required=True)
    cash_items = fields.List(fields.Nested(CashShareOut), required=True)
