"""A row of the opening as it is entered."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.kernel.money import RMB, ZERO
from app.ledger.dimensions.types import Named
from infra.errors import Violation

NONE = Decimal("0.000000")


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """One leaf account x items x currency: signed 年初余额 (debit positive) and the turnover before the first period.

    `actual` is what a profit-and-loss account really earned or cost (本年累计损益实际发生额); without it the whole
    turnover of its normal side counts and the other side is taken as transferred. The same three in the foreign
    currency, and in quantity, where the account keeps them.
    """

    account: str
    year_opening: Decimal = ZERO
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    counterparty: str = ""
    actual: Decimal | None = None
    items: Named = ()
    currency: str = RMB
    foreign_year_opening: Decimal = ZERO
    foreign_debit: Decimal = ZERO
    foreign_credit: Decimal = ZERO
    quantity_year_opening: Decimal = NONE
    quantity_debit: Decimal = NONE
    quantity_credit: Decimal = NONE


class Measures(NamedTuple):
    """A signed balance in RMB, in its currency and in quantity."""

    amount: Decimal
    foreign: Decimal
    quantity: Decimal

    def less(self, other: Measures) -> Measures:
        """The difference, member by member."""
        return Measures(self.amount - other.amount, self.foreign - other.foreign, self.quantity - other.quantity)


NOTHING = Measures(ZERO, ZERO, NONE)


class OpeningTrial(NamedTuple):
    """Both differences of the opening trial balance (期初试算); the book balances when they are zero."""

    opening_difference: Decimal
    turnover_difference: Decimal


class Review(NamedTuple):
    """Assets less liabilities and equity of an opening, and what of it is probably not meant so.

    They differ by the profit and loss that has not been transferred; nothing of this keeps a book from being closed.
    """

    balance_sheet_difference: Decimal
    warnings: tuple[Violation, ...]
