"""The shapes of reports and statements in the API."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Choice, Day, Flag, Money, ObjectId, Pattern, PeriodKey, Whole
from app.http.pages import PageQuery
from app.http.schemas import RequestSchema, ResponseSchema

FORMATS = ("json", "xlsx", "pdf")
SIDES = ("debit", "credit", "flat")


class ReportQuery(RequestSchema):
    """One period of a book; `format` wins over `Accept`, `include_unposted` counts drafts in (包含未记账)."""

    period = PeriodKey(required=True)
    format = Choice(FORMATS)
    include_unposted = Flag(load_default=False)


class TrialBalanceQuery(ReportQuery):
    """`level` is the deepest level shown; `zeros` shows accounts without figures too."""

    level = Whole(1, 9, load_default=9)
    zeros = Flag(load_default=False)


class SpanQuery(RequestSchema):
    """A range of periods of a book, both ends included."""

    period_from = PeriodKey(required=True)
    period_to = PeriodKey(required=True)
    format = Choice(FORMATS)
    include_unposted = Flag(load_default=False)


class GeneralLedgerQuery(SpanQuery):
    """One account, or all down to a level."""

    account_code = Pattern("[0-9]{1,20}")
    level = Whole(1, 9, load_default=1)


class JournalQuery(SpanQuery, PageQuery):
    """A page of the journal; a file holds all of it."""


class SubsidiaryLedgerQuery(SpanQuery, PageQuery):
    """A page of the ledger of an account and everything under it; a file holds all of it."""

    account_code = Pattern("[0-9]{1,20}", required=True)


class TrialRowOut(ResponseSchema):
    """One account: balances are positive amounts on a side, turnover is signed."""

    account_code = fields.String(required=True)
    account_name = fields.String(required=True)
    account_name_en = fields.String(required=True)
    level = fields.Integer(required=True)
    leaf = fields.Boolean(required=True)
    opening_side = Choice(SIDES, required=True)
    opening = Money(required=True)
    debit = Money(required=True)
    credit = Money(required=True)
    year_debit = Money(required=True)
    year_credit = Money(required=True)
    closing_side = Choice(SIDES, required=True)
    closing = Money(required=True)


class TrialTotalsOut(ResponseSchema):
    """The totals over the accounts of the first level."""

    opening_debit = Money(required=True)
    opening_credit = Money(required=True)
    debit = Money(required=True)
    credit = Money(required=True)
    year_debit = Money(required=True)
    year_credit = Money(required=True)
    closing_debit = Money(required=True)
    closing_credit = Money(required=True)
    balanced = fields.Boolean(required=True)


class TrialBalanceOut(ResponseSchema):
    """科目余额表."""

    period = fields.String(required=True)
    include_unposted = fields.Boolean(required=True)
    rows = fields.List(fields.Nested(TrialRowOut), required=True)
    totals = fields.Nested(TrialTotalsOut, required=True)


class LedgerRowOut(ResponseSchema):
    """An opening, a line or a subtotal of a ledger, with the balance after it."""

    kind = Choice(("opening", "line", "period_total", "year_total"), required=True)
    period = fields.String(required=True)
    account_code = fields.String()
    account_name = fields.String()
    date = Day()
    voucher_id = ObjectId("vch")
    word = fields.String()
    number = fields.Integer()
    line_no = fields.Integer()
    status = Choice(("draft", "reviewed", "posted"))
    counterparty = fields.String()
    summary = fields.String(required=True)
    debit = Money(required=True, allow_none=True)
    credit = Money(required=True, allow_none=True)
    side = Choice(SIDES, required=True)
    balance = Money(required=True)


class GeneralLedgerOut(ResponseSchema):
    """总账."""

    period_from = fields.String(required=True)
    period_to = fields.String(required=True)
    include_unposted = fields.Boolean(required=True)
    rows = fields.List(fields.Nested(LedgerRowOut), required=True)


class JournalRowOut(ResponseSchema):
    """A line of the journal."""

    date = Day(required=True)
    voucher_id = ObjectId("vch", required=True)
    word = fields.String(required=True)
    number = fields.Integer(required=True)
    line_no = fields.Integer(required=True)
    status = Choice(("draft", "reviewed", "posted"), required=True)
    account_code = fields.String(required=True)
    account_name = fields.String(required=True)
    counterparty = fields.String(required=True)
    summary = fields.String(required=True)
    debit = Money(required=True)
    credit = Money(required=True)


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
