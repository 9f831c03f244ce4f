"""The shapes of the books of account in the API; they document, rows are sent as they are read."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Choice, Day, Money, ObjectId, Quantity, Rate, UnitPrice
from app.http.schemas import PageInfo, ResponseSchema
from app.ledger.reports.types import LAYOUTS, STAGES

SIDES = ("debit", "credit", "flat")
STATES = ("draft", "reviewed", "posted")


class MovedOut(ResponseSchema):
    """Balances are positive amounts on a side, turnover is signed; other measures as the layout says.

    A quantity or foreign balance is positive when it stands on the side of its amount.
    """

    opening_side = Choice(SIDES, required=True)
    opening = Money(required=True)
    debit = Money(required=True)
    credit = Money(required=True)
    year_debit = Money(required=True)
    year_credit = Money(required=True)
    closing_side = Choice(SIDES, required=True)
    closing = Money(required=True)
    opening_foreign = Money()
    debit_foreign = Money()
    credit_foreign = Money()
    year_debit_foreign = Money()
    year_credit_foreign = Money()
    closing_foreign = Money()
    opening_quantity = Quantity()
    debit_quantity = Quantity()
    credit_quantity = Quantity()
    year_debit_quantity = Quantity()
    year_credit_quantity = Quantity()
    closing_quantity = Quantity()
    opening_price = UnitPrice(allow_none=True)
    closing_price = UnitPrice(allow_none=True)


class TrialRowOut(MovedOut):
    """One account, or with `items` one combination of items under it; one currency of it in a foreign layout."""

    account_code = fields.String(required=True)
    account_name = fields.String(required=True)
    account_name_en = fields.String(required=True)
    level = fields.Integer(required=True)
    leaf = fields.Boolean(required=True)
    items = fields.Dict(keys=fields.String(), values=fields.String())
    currency = fields.String()
    unit = fields.String(allow_none=True)


class TotalsOut(ResponseSchema):
    """Totals in RMB, balances by their side."""

    opening_debit = Money(required=True)
    opening_credit = Money(required=True)
    debit = Money(required=True)
    credit = Money(required=True)
    year_debit = Money(required=True)
    year_credit = Money(required=True)
    closing_debit = Money(required=True)
    closing_credit = Money(required=True)


class TrialTotalsOut(TotalsOut):
    """The totals over the accounts of the first level; whether they agree is said of the whole book only."""

    balanced = fields.Boolean(required=True, allow_none=True)


class TrialBalanceOut(ResponseSchema):
    """科目余额表."""

    period_from = fields.String(required=True)
    period = fields.String(required=True)
    include_unposted = fields.Boolean(required=True)
    layout = Choice(LAYOUTS, required=True)
    rows = fields.List(fields.Nested(TrialRowOut), required=True)
    totals = fields.Nested(TrialTotalsOut, required=True)


class SourceOut(ResponseSchema):
    """What a voucher was made from, to go on to the source document."""

    type = fields.String(required=True)
    id = fields.String(required=True)
    rule = fields.String(required=True)


class LedgerRowOut(ResponseSchema):
    """An opening, a line or a subtotal of a ledger, with the balance after it; `voucher_id` leads to the voucher."""

    kind = Choice(STAGES, required=True)
    period = fields.String(required=True)
    account_code = fields.String()
    account_name = fields.String()
    unit = fields.String()
    date = Day()
    voucher_id = ObjectId("vch")
    word = fields.String()
    number = fields.Integer()
    part = fields.Integer()
    parts = fields.Integer()
    line_no = fields.Integer()
    status = Choice(STATES)
    source = fields.Nested(SourceOut, allow_none=True)
    counterparty = fields.String()
    items = fields.Dict(keys=fields.String(), values=fields.String())
    summary = fields.String(required=True)
    debit = Money(required=True, allow_none=True)
    credit = Money(required=True, allow_none=True)
    side = Choice(SIDES, required=True)
    balance = Money(required=True)
    currency = fields.String()
    foreign_amount = Money(allow_none=True)
    rate = Rate(allow_none=True)
    quantity = Quantity(allow_none=True)
    unit_price = UnitPrice(allow_none=True)
    debit_foreign = Money(allow_none=True)
    credit_foreign = Money(allow_none=True)
    balance_foreign = Money()
    debit_quantity = Quantity(allow_none=True)
    credit_quantity = Quantity(allow_none=True)
    balance_quantity = Quantity()
    debit_price = UnitPrice(allow_none=True)
    credit_price = UnitPrice(allow_none=True)
    balance_price = UnitPrice(allow_none=True)


class DayRowOut(LedgerRowOut):
    """A row of a day journal; `counterparts` are the codes of the accounts on the other side of the voucher."""

    counterparts = fields.List(fields.String())


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
    part = fields.Integer(required=True)
    parts = fields.Integer(required=True)
    line_no = fields.Integer(required=True)
    status = Choice(STATES, required=True)
    source = fields.Nested(SourceOut, required=True, allow_none=True)
    account_code = fields.String(required=True)
    account_name = fields.String(required=True)
    counterparty = fields.String(required=True)
    items = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    summary = fields.String(required=True)
    debit = Money(required=True)
    credit = Money(required=True)
    currency = fields.String(required=True)
    foreign_amount = Money(required=True, allow_none=True)
    rate = Rate(required=True, allow_none=True)
    quantity = Quantity(required=True, allow_none=True)
    unit_price = UnitPrice(required=True, allow_none=True)


class ColumnOut(ResponseSchema):
    """A column of an analysis: an account below, or an item (an empty key holds the lines without one)."""

    key = fields.String(required=True)
    name = fields.String(required=True)


class AnalysedRowOut(LedgerRowOut):
    """A row of a multi-column ledger; `amounts` are those of the columns by key, in the direction of `side`."""

    amounts = fields.Dict(keys=fields.String(), values=Money(), required=True)


class MultiColumnOut(ResponseSchema):
    """多栏账."""

    analysed = Choice(("debit", "credit"), required=True)
    columns = fields.List(fields.Nested(ColumnOut), required=True)
    data = fields.List(fields.Nested(AnalysedRowOut), required=True)
    page = fields.Nested(PageInfo, required=True)


class ItemRowOut(MovedOut):
    """One combination, or the subtotal of those that follow it on a deeper level."""

    level = fields.Integer(required=True)
    leaf = fields.Boolean(required=True)
    account_code = fields.String()
    account_name = fields.String()
    items = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    item_codes = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class ItemBalancesOut(ResponseSchema):
    """辅助余额表, 核算项目组合."""

    period_from = fields.String(required=True)
    period_to = fields.String(required=True)
    include_unposted = fields.Boolean(required=True)
    by = fields.List(fields.String(), required=True)
    rows = fields.List(fields.Nested(ItemRowOut), required=True)
    totals = fields.Nested(TotalsOut, required=True)


class MatrixAccountOut(ResponseSchema):
    """A column of the matrix."""

    account_code = fields.String(required=True)
    account_name = fields.String(required=True)


class MatrixRowOut(ResponseSchema):
    """The amounts of an item by account code, and their sum; `opening` and `closing` are signed, debit positive."""

    item_code = fields.String(required=True)
    item_name = fields.String(required=True)
    amounts = fields.Dict(keys=fields.String(), values=Money(), required=True)
    side = Choice(SIDES, required=True)
    balance = Money(required=True)


class ItemMatrixOut(ResponseSchema):
    """辅助余额表 of items by accounts."""

    period_from = fields.String(required=True)
    period_to = fields.String(required=True)
    include_unposted = fields.Boolean(required=True)
    figure = Choice(("opening", "debit", "credit", "closing"), required=True)
    accounts = fields.List(fields.Nested(MatrixAccountOut), required=True)
    rows = fields.List(fields.Nested(MatrixRowOut), required=True)
    amounts = fields.Dict(keys=fields.String(), values=Money(), required=True)


class SummaryRowOut(ResponseSchema):
    """What the vouchers moved on one account."""

    account_code = fields.String(required=True)
    account_name = fields.String(required=True)
    account_name_en = fields.String(required=True)
    level = fields.Integer(required=True)
    leaf = fields.Boolean(required=True)
    debit = Money(required=True)
    credit = Money(required=True)


class SummaryTotalsOut(ResponseSchema):
    """The totals, and how many vouchers and attachments there are."""

    debit = Money(required=True)
    credit = Money(required=True)
    vouchers = fields.Integer(required=True)
    attachments = fields.Integer(required=True)


class WordOut(ResponseSchema):
    """The vouchers of one word."""

    word = fields.String(required=True)
    vouchers = fields.Integer(required=True)
    attachments = fields.Integer(required=True)


class VoucherSummaryOut(ResponseSchema):
    """凭证汇总表."""

    date_from = Day(required=True)
    date_to = Day(required=True)
    include_unposted = fields.Boolean(required=True)
    rows = fields.List(fields.Nested(SummaryRowOut), required=True)
    totals = fields.Nested(SummaryTotalsOut, required=True)
    words = fields.List(fields.Nested(WordOut), required=True)
