"""The words of the books of account: an account as a report shows it, what moved on it, and where a list goes on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from app.kernel.money import ZERO

OPENING, LINE, PERIOD_TOTAL, YEAR_TOTAL = "opening", "line", "period_total", "year_total"
STAGES = (OPENING, LINE, PERIOD_TOTAL, YEAR_TOTAL)
"""The kinds of rows in a ledger, in the order they stand within a period."""

Row = dict[str, Any]
"""One row of a report, ready for JSON: texts, whole numbers, dates and decimals of two places."""


class AccountHead(NamedTuple):
    """What a report prints of an account; `level` is 1 for the accounts of the first level (总账科目)."""

    id: int
    code: str
    name_zh: str
    name_en: str
    parent_code: str | None
    leaf: bool


class Movement(NamedTuple):
    """Signed opening (debit positive) and turnover of an account, in a month and in the year up to it."""

    opening: Decimal = ZERO
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    year_debit: Decimal = ZERO
    year_credit: Decimal = ZERO

    def plus(self, other: Movement) -> Movement:
        """The sum of both, member by member."""
        return Movement(*map(Decimal.__add__, self, other))

    @property
    def closing(self) -> Decimal:
        """The signed balance after the month."""
        return self.opening + self.debit - self.credit

    @property
    def year_opening(self) -> Decimal:
        """The signed balance the year began with."""
        return self.closing - self.year_debit + self.year_credit


class LineKey(NamedTuple):
    """Where a posted line stands in the order of the books: date, then voucher number, then line."""

    date: date
    word: str
    number: int
    part: int
    line_no: int

    @classmethod
    def of(cls, row: Row) -> LineKey:
        """The key of a row of the journal, or of a line in a ledger."""
        return cls(row["date"], row["word"], row["number"], row["part"], row["line_no"])


BEFORE_ALL = LineKey(date(1, 1, 1), "", 0, 0, 0)


class LedgerPlace(NamedTuple):
    """The row of a subsidiary ledger after which a page goes on: its period, its kind's place in `STAGES`, its line."""

    period: str
    stage: int
    line: LineKey

    @classmethod
    def of(cls, row: Row) -> LedgerPlace:
        """The place of a row."""
        return cls(row["period"], STAGES.index(row["kind"]), LineKey.of(row) if row["kind"] == LINE else BEFORE_ALL)
