"""Words of the month end: the facts of one book, the plan made from them, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from app.books.types import BookRef
from app.kernel.money import ZERO
from app.kernel.periods import Period
from app.ledger.vouchers.types import Line
from infra.errors import Violation

Amounts = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Facts:
    """What closing one period of one book depends on; balances are signed in debit terms, by leaf account code.

    `year` is the profit-and-loss movement of the year without transfer vouchers; `quarter_sales` and
    `quarter_output_tax` are credits of the quarter; `special_tax` is the tax of special invoices sold in it;
    `vat_paid` is 已交税金 of the month, `vat_simplified` the month's 简易计税, `income_tax_accrued` what the year put
    into 应交所得税; `done` holds what earlier closes of the same period booked, by step.
    """

    book: BookRef
    period: Period
    balances: Amounts
    year: Amounts
    quarter_sales: Decimal = ZERO
    quarter_output_tax: Decimal = ZERO
    special_tax: Decimal = ZERO
    vat_paid: Decimal = ZERO
    vat_simplified: Decimal = ZERO
    income_tax_accrued: Decimal = ZERO
    done: Mapping[str, Amounts] = field(default_factory=dict)
    unposted: int = 0
    unread: int = 0
    version: int = 0
    state: str = "open"
    previous_open: str | None = None
    opening_difference: Decimal = ZERO
    opening_turnover_difference: Decimal = ZERO
    trial_difference: Decimal = ZERO
    work_items: int = 0


@dataclass(frozen=True, slots=True)
class StepVoucher:
    """A voucher a step asks for: `rule` names step and case, `figures` are its cumulative amounts for the period."""

    step: str
    case: str
    summary: str
    lines: tuple[Line, ...]
    figures: Amounts
    transfer: bool = False

    @property
    def rule(self) -> str:
        """Step and case as one word."""
        return f"{self.step}.{self.case}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Every voucher of the month end in order, every blocker and every warning."""

    facts: Facts
    vouchers: tuple[StepVoucher, ...]
    blockers: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
    net_profit: Decimal


class Outcome(NamedTuple):
    """What became of one book: `closed`, `already_closed` or `blocked`, with every blocker and warning."""

    book: BookRef
    fate: str
    vouchers: int
    net_profit: Decimal
    blockers: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
