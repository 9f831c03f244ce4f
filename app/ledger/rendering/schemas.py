"""What the books of account may be asked for in the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, validates_schema

from app.http.fields import Choice, Day, Flag, Pattern, PeriodKey, Text, Whole
from app.http.pages import PageQuery
from app.http.schemas import RequestSchema
from app.ledger.reports.types import LAYOUTS

FORMATS = ("json", "ndjson", "xlsx", "pdf")
_CODE = "[0-9]{1,20}"
_DIMENSION = "[a-z][a-z0-9_]{0,39}"
_WORDS = ("记", "收", "付", "转")
_HIGHEST_NUMBER = 999_999


class SpanQuery(RequestSchema):
    """A range of periods of a book, both ends included; `format` wins over `Accept`.

    `include_unposted` counts drafts and reviewed vouchers in (包含未记账).
    """

    period_from = PeriodKey(required=True)
    period_to = PeriodKey(required=True)
    format = Choice(FORMATS)
    include_unposted = Flag(load_default=False)


class PartQuery(RequestSchema):
    """The layout of a book, and the part of it that is shown: one currency, one item of a dimension."""

    layout = Choice(LAYOUTS, load_default="standard")
    currency = Pattern("[A-Z]{3}", load_default="")
    dimension = Pattern(_DIMENSION, load_default="")
    item = Text(200, load_default="")

    @validates_schema
    def check_item(self, given: Mapping[str, Any], **kwargs: object) -> None:
        """`dimension` and `item` go together."""
        if bool(given.get("dimension")) != bool(given.get("item")):
            raise ValidationError("dimension and item go together.", "item")


class TrialBalanceQuery(RequestSchema):
    """One period, or a range of them.

    `level` is the deepest level shown and `level_from` the highest; `account_from` and `account_to` are codes, both
    included with what is under them; `items` adds the items of each account (辅助展开); `zeros` shows accounts without
    figures too.
    """

    period = PeriodKey()
    period_from = PeriodKey()
    period_to = PeriodKey()
    format = Choice(FORMATS)
    include_unposted = Flag(load_default=False)
    layout = Choice(LAYOUTS, load_default="standard")
    currency = Pattern("[A-Z]{3}", load_default="")
    level = Whole(1, 9, load_default=9)
    level_from = Whole(1, 9, load_default=1)
    account_from = Pattern(_CODE, load_default="")
    account_to = Pattern(_CODE, load_default="")
    items = Flag(load_default=False)
    zeros = Flag(load_default=False)

    @validates_schema
    def check_periods(self, given: Mapping[str, Any], **kwargs: object) -> None:
        """Either `period` or both ends of a range."""
        ends = [name in given for name in ("period_from", "period_to")]
        if ("period" in given) == any(ends) or any(ends) != all(ends):
            raise ValidationError("Either period, or period_from and period_to.", "period")


class GeneralLedgerQuery(SpanQuery, PartQuery):
    """One account, or all down to a level."""

    account_code = Pattern(_CODE)
    level = Whole(1, 9, load_default=1)


class JournalQuery(SpanQuery, PageQuery):
    """A page of the journal, of one voucher word or of all; a file or stream holds all of it."""

    word = Choice(_WORDS, load_default="")


class SubsidiaryLedgerQuery(SpanQuery, PartQuery, PageQuery):
    """A page of the ledger of an account and everything under it, of an item, or of both."""

    account_code = Pattern(_CODE, load_default="")

    @validates_schema
    def check_subject(self, given: Mapping[str, Any], **kwargs: object) -> None:
        """A ledger is of something."""
        if not given.get("account_code") and not given.get("item"):
            raise ValidationError("Either account_code, or dimension and item.", "account_code")


class DayJournalQuery(SpanQuery, PartQuery, PageQuery):
    """A page of the day journal of a cash or bank account."""

    account_code = Pattern(_CODE, required=True)


class MultiColumnQuery(SpanQuery, PageQuery):
    """A page of the analysis of an account: by the accounts right below it, or by the items of `dimension`.

    `side` is the side that is analysed, the account's normal one unless said.
    """

    account_code = Pattern(_CODE, required=True)
    dimension = Pattern(_DIMENSION, load_default="")
    side = Choice(("debit", "credit"), load_default="")


class ItemBalancesQuery(SpanQuery):
    """Balances by the items of dimensions; `by` is a comma list of one to three dimensions and `account`, in order."""

    by = Pattern(f"{_DIMENSION}(,{_DIMENSION}){{0,3}}", required=True)
    layout = Choice(LAYOUTS, load_default="standard")
    currency = Pattern("[A-Z]{3}", load_default="")
    account_from = Pattern(_CODE, load_default="")
    account_to = Pattern(_CODE, load_default="")


class ItemMatrixQuery(SpanQuery):
    """One figure of each item of a dimension on each account."""

    dimension = Pattern(_DIMENSION, required=True)
    figure = Choice(("opening", "debit", "credit", "closing"), load_default="closing")
    account_from = Pattern(_CODE, load_default="")
    account_to = Pattern(_CODE, load_default="")


class VoucherSummaryQuery(RequestSchema):
    """A range of periods or of days, and with a word a range of its numbers."""

    period_from = PeriodKey()
    period_to = PeriodKey()
    date_from = Day()
    date_to = Day()
    word = Choice(_WORDS, load_default="")
    number_from = Whole(1, _HIGHEST_NUMBER)
    number_to = Whole(1, _HIGHEST_NUMBER)
    level = Whole(1, 9, load_default=1)
    format = Choice(("json", "xlsx", "pdf"))
    include_unposted = Flag(load_default=False)

    @validates_schema
    def check_ranges(self, given: Mapping[str, Any], **kwargs: object) -> None:
        """Both ends of one range of time, and both ends of a range of numbers or none."""
        asked = [[f"{name}_{end}" in given for end in ("from", "to")] for name in ("period", "date", "number")]
        if any(any(ends) != all(ends) for ends in asked) or any(asked[0]) == any(asked[1]):
            raise ValidationError("Either period_from and period_to, or date_from and date_to.", "period_from")
