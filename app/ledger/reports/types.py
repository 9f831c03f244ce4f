"""The words of the books of account: an account as a report shows it, what moved on it, and where a list goes on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from app.kernel.money import ZERO

OPENING, LINE, DAY_TOTAL = "opening", "line", "day_total"
PERIOD_TOTAL, YEAR_TOTAL = "period_total", "year_total"
STAGES = (OPENING, LINE, DAY_TOTAL, PERIOD_TOTAL, YEAR_TOTAL)
"""The kinds of rows in a ledger, in the order they stand within a period; day totals stand between the lines."""

Row = dict[str, Any]
"""One row of a report, ready for JSON: texts, whole numbers, dates and decimals; amounts have two places."""

NONE = Decimal(0)
"""No quantity: quantities, prices and rates are shown without the zeros at their end."""


class Layout(NamedTuple):
    """What a book of account shows beside amounts in RMB: quantities (数量金额), a foreign currency (外币), or both."""

    quantity: bool = False
    foreign: bool = False


STANDARD = Layout()
LAYOUTS = {
    "standard": STANDARD,
    "quantity": Layout(quantity=True),
    "foreign": Layout(foreign=True),
    "both": Layout(quantity=True, foreign=True),
}


class AccountHead(NamedTuple):
    """What a report knows of an account; it is kept in quantity when it has a `unit`."""

    id: int
    code: str
    name_zh: str
    name_en: str
    parent_code: str | None
    leaf: bool
    cash: bool
    unit: str | None
    normal_side: str


class Only(NamedTuple):
    """The part of an account that is asked for: one currency, one item of a dimension, or all when they are empty."""

    currency: str = ""
    dimension: str = ""
    item: str = ""


class Chosen(NamedTuple):
    """`Only` as the rows know it: the dimension sets that hold the item, or None for all."""

    currency: str = ""
    sets: tuple[int, ...] | None = None

    def params(self) -> dict[str, Any]:
        """The parameters of a query that is narrowed to this part."""
        return {
            "any_currency": not self.currency,
            "currency": self.currency,
            "any_set": self.sets is None,
            "sets": list(self.sets or ()),
        }


WHOLE, EVERYTHING = Only(), Chosen()


class Movement(NamedTuple):
    """Signed opening (debit positive) and turnover of an account, in a span and in the year up to its end."""

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
        """The signed balance after the span."""
        return self.opening + self.debit - self.credit


class Figures(NamedTuple):
    """What moved in RMB, in a foreign currency and in quantity."""

    amount: Movement = Movement()
    foreign: Movement = Movement()
    quantity: Movement = Movement()

    def plus(self, other: Figures) -> Figures:
        """The sum of both, member by member."""
        return Figures(*(mine.plus(theirs) for mine, theirs in zip(self, other, strict=True)))


class Measures(NamedTuple):
    """One signed figure in RMB, in a foreign currency and in quantity."""

    amount: Decimal = ZERO
    foreign: Decimal = ZERO
    quantity: Decimal = NONE


class Before(NamedTuple):
    """What stands before the place where a page goes on: moved in its period so far, and both sides of its day."""

    moved: Measures = Measures()
    day_debit: Decimal = ZERO
    day_credit: Decimal = ZERO


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


def after_day(day: date) -> LineKey:
    """A key behind every line of a day and before any of the next."""
    return LineKey(day + timedelta(days=1), "", 0, 0, 0)


BEFORE_ALL = LineKey(date(1, 1, 1), "", 0, 0, 0)


class LedgerPlace(NamedTuple):
    """The row of a subsidiary ledger after which a page goes on: its period, its kind's place in `STAGES`, its line."""

    period: str
    stage: int
    line: LineKey

    @classmethod
    def of(cls, row: Row) -> LedgerPlace:
        """The place of a row."""
        stage = STAGES.index(row["kind"])
        if row["kind"] == LINE:
            return cls(row["period"], stage, LineKey.of(row))
        if row["kind"] == DAY_TOTAL:
            return cls(row["period"], stage, after_day(row["date"]))
        return cls(row["period"], stage, BEFORE_ALL)
