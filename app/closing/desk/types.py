"""What moves on the simulated balances of a month end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.closing.types import Amounts, Held
from app.kernel.money import RMB, ZERO
from app.ledger.dimensions.types import Named
from app.ledger.vouchers.types import Line


class Leaf:
    """A leaf account x items x currency as the month end moves it; its measures are those of `Held`."""

    __slots__ = Held._fields

    account: str
    standard_code: str
    account_class: str
    monetary: bool
    counted: bool
    items: Named
    currency: str
    closing: Decimal
    foreign: Decimal
    quantity: Decimal
    opening: Decimal
    year: Decimal
    quarter: Decimal
    month_debit: Decimal
    month_credit: Decimal
    quarter_credit: Decimal
    year_credit: Decimal
    moved: Decimal

    def __init__(self, held: Held) -> None:
        for name, value in zip(Held._fields, held, strict=True):
            setattr(self, name, value)

    def move(self, line: Line, sign: int, *, transfer: bool) -> None:
        """Take a line in (`sign` 1) or out of the measures (-1); it counts for month, quarter and year."""
        debit, credit = sign * line.debit, sign * line.credit
        side = sign if line.debit else -sign
        self.closing += debit - credit
        self.month_debit += debit
        self.month_credit += credit
        self.quarter_credit += credit
        self.year_credit += credit
        if not transfer:
            self.year += debit - credit
            self.quarter += debit - credit
        if line.foreign_amount is not None:
            self.foreign += side * line.foreign_amount
        if line.quantity is not None:
            self.quantity += side * line.quantity
            self.moved += side * line.quantity


class Move(NamedTuple):
    """What a leaf gives or takes, in debit terms: money, foreign money, quantity."""

    leaf: Leaf
    net: Decimal
    foreign: Decimal = ZERO
    quantity: Decimal = ZERO

    def line(self, summary: str, *, debit: bool) -> Line:
        """The move as a line on one side, negative (red) where it goes the other way."""
        sign = 1 if debit else -1
        foreign = None if self.leaf.currency == RMB else sign * self.foreign
        return Line(
            self.leaf.account,
            summary,
            self.net if debit else ZERO,
            ZERO if debit else -self.net,
            items=self.leaf.items,
            currency=self.leaf.currency,
            foreign_amount=foreign,
            quantity=sign * self.quantity if self.quantity else None,
        )


class Target(NamedTuple):
    """The voucher a step's case comes to in the period as a whole, whatever was booked for it already."""

    case: str
    summary: str
    lines: tuple[Line, ...]
    figures: Amounts
    on: date
    transfer: bool
    waived: bool
