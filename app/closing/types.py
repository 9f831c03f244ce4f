"""Words of the month end: the facts of one book, the plan made from them, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from app.books.types import BookRef
from app.kernel.money import ZERO
from app.kernel.periods import Period
from app.ledger.dimensions.types import Named
from app.ledger.vouchers.types import Drafted, Line
from infra.errors import Violation

Amounts: TypeAlias = Mapping[str, Decimal]
Reads: TypeAlias = Mapping[str, str]
"""What a step read, by label: sums of groups, balances of accounts, parameters, given amounts, each as text."""

STATUSES = ("not_run", "done", "stale", "skipped", "nothing_to_do")
CYCLES = ("month", "quarter", "year")


class Held(NamedTuple):
    """What a leaf account x items x currency holds, signed in debit terms.

    `items` are told apart where the month end needs them: not for RMB assets and liabilities without quantity.
    `year` and `quarter` are movements without transfer vouchers (损益结转); `moved` is the month's net quantity.
    """

    account: str
    standard_code: str
    account_class: str
    monetary: bool
    counted: bool
    items: Named
    currency: str
    closing: Decimal = ZERO
    foreign: Decimal = ZERO
    quantity: Decimal = ZERO
    opening: Decimal = ZERO
    year: Decimal = ZERO
    quarter: Decimal = ZERO
    month_debit: Decimal = ZERO
    month_credit: Decimal = ZERO
    quarter_credit: Decimal = ZERO
    year_credit: Decimal = ZERO
    moved: Decimal = ZERO


class ChartRow(NamedTuple):
    """Where an account stands: the account above it, and the account of the standard that it is or descends from."""

    parent: str | None
    standard_code: str


class Done(NamedTuple):
    """A line that an earlier run of a step wrote for this period: `rule` names step and case, `run` counts them.

    `posted`: it is in the balances; `here`: its voucher stands in the period itself (a reversal stands in the next).
    """

    rule: str
    run: int
    posted: bool
    here: bool
    on: date
    transfer: bool
    standard_code: str
    line: Line


class OwnLine(NamedTuple):
    """A line of a book's own step: account, side and `formula` x `share` + `constant`; `rest` balances the voucher."""

    account: str
    side: str
    formula: str = ""
    share: Decimal = Decimal(1)
    constant: Decimal = ZERO
    items: Named = ()
    summary: str = ""
    rest: bool = False


@dataclass(frozen=True, slots=True)
class OwnStep:
    """A step of a book's own (自定义结转), run in the order of its number after the standard's of the same one.

    `condition` is a formula: the step has something to do only where it comes to more than zero; an empty one always.
    """

    id: str
    number: int
    title_zh: str
    title_en: str
    cycle: str
    condition: str
    lines: tuple[OwnLine, ...]
    active: bool = True

    def applies(self, period: Period) -> bool:
        """Whether it is run in this period."""
        ends = {"month": True, "quarter": period.ends_quarter, "year": period.ends_year}
        return self.active and ends[self.cycle]


@dataclass(frozen=True, slots=True)
class Given:
    """Amounts given for a step in a period: figures by case of the standard's entries, or lines of a voucher."""

    figures: Mapping[str, Amounts] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What closing one period of one book depends on.

    `played` says which leaf stands for an account of the standard; `chart` is read where steps of the book's own or
    amounts given name its accounts.
    `unread` are uploads that a job is going to read, `left_unread` documents that none is.
    `special_tax` is the tax of special invoices sold in the quarter, or in the month for who files monthly. `ran` and
    `done` are what earlier runs read and wrote; `closing_rates` the period's by currency; `drafts` the unposted that
    were counted when the counters said there are any.
    """

    book: BookRef
    period: Period
    held: tuple[Held, ...] = ()
    played: Mapping[str, str] = field(default_factory=dict)
    chart: Mapping[str, ChartRow] = field(default_factory=dict)
    given: Mapping[str, Given] = field(default_factory=dict)
    own: tuple[OwnStep, ...] = ()
    ran: Mapping[str, Reads] = field(default_factory=dict)
    done: tuple[Done, ...] = ()
    closing_rates: Amounts = field(default_factory=dict)
    special_tax: Decimal = ZERO
    unposted: int = 0
    drafts: int | None = None
    unread: int = 0
    left_unread: int = 0
    version: int = 0
    state: str = "open"
    previous_open: str | None = None
    opening_difference: Decimal = ZERO
    opening_turnover_difference: Decimal = ZERO
    trial_difference: Decimal = ZERO
    work_items: int = 0


@dataclass(frozen=True, slots=True)
class StepVoucher:
    """A voucher a step asks for: `rule` names step and case, `figures` are its cumulative amounts for the period.

    `run` counts the vouchers of one rule in the period; `waived` as in `Draft`; `on` is its date.
    """

    step: str
    case: str
    summary: str
    lines: tuple[Line, ...]
    figures: Amounts
    on: date
    run: int = 1
    transfer: bool = False
    waived: bool = True

    @property
    def rule(self) -> str:
        """Step and case as one word."""
        return f"{self.step}.{self.case}"


@dataclass(frozen=True, slots=True)
class StepPlan:
    """Where one step of a period stands: `vouchers` are what it still asks for, `waits_for` the steps to run before.

    `given`: amounts may be entered for it; `own`: a step of the book itself; `by_hand`: people wrote what it books, as
    a step of the book's own or as amounts given for it; `changed` names what it would read otherwise than when it ran.
    """

    id: str
    number: int
    title_zh: str
    title_en: str
    status: str
    reads: Reads
    vouchers: tuple[StepVoucher, ...] = ()
    figures: Mapping[str, Amounts] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    given: bool = False
    own: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Every step of the month end in order, every blocker and every warning."""

    facts: Facts
    steps: tuple[StepPlan, ...]
    blockers: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
    net_profit: Decimal

    @property
    def vouchers(self) -> tuple[StepVoucher, ...]:
        """Every voucher the month end would post, in order; a blocked book has none."""
        return () if self.blockers else tuple(voucher for step in self.steps for voucher in step.vouchers)


class Ran(NamedTuple):
    """What running a step wrote, and whether it was posted or waits as drafts for a review."""

    vouchers: list[Drafted]
    posted: bool


class Outcome(NamedTuple):
    """What became of one book: `closed`, `already_closed` or `blocked`, with every blocker and warning."""

    book: BookRef
    fate: str
    vouchers: int
    net_profit: Decimal
    blockers: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
