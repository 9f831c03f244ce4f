"""What is printed and how it lies on paper: slips of vouchers, covers, and the pages of a bound ledger.

Invariant: these values are the printed pages; a template only draws them, so a page counted here is a sheet of paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.kernel.money import RMB, ZERO
from app.kernel.periods import Period

LAST_NUMBER = 999_999
LEDGER_KINDS = ("general", "subsidiary", "cash_journal", "bank_journal")
"""总账, 明细账, 现金日记账, 银行存款日记账."""


class Wanted(NamedTuple):
    """The vouchers to be printed: of a range of months, of one word or all, of a range of numbers in each month."""

    first: Period
    last: Period
    word: str = ""
    numbers: tuple[int, int] = (1, LAST_NUMBER)


class Layout(NamedTuple):
    """A paper of so many millimetres, the slips on it one under the other, and the lines of each slip."""

    width: int
    height: int
    slips: int
    lines: int
    row: int


LAYOUTS = {
    "a4_two": Layout(210, 297, 2, 8, 11),
    "a4_three": Layout(210, 297, 3, 6, 8),
    "a5": Layout(210, 148, 1, 8, 11),
    "form_240x140": Layout(240, 140, 1, 8, 10),
}


class PrintLine(NamedTuple):
    """One line (分录): `account` with its code and the names above it, `items` what it is kept for (辅助核算)."""

    summary: str
    account: str
    items: str
    debit: Decimal
    credit: Decimal
    currency: str = RMB
    rate: Decimal | None = None
    foreign_amount: Decimal | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None

    @property
    def foreign(self) -> bool:
        """Whether the line is in another currency."""
        return self.currency != RMB


@dataclass(frozen=True, slots=True)
class PrintVoucher:
    """A voucher (记账凭证) with all that 会计基础工作规范 Art. 51 wants on it; who has not signed is an empty text.

    `part` of `parts` is the fraction number (分数编号) of a voucher that is one of several under one number.
    """

    period: str
    date: date
    word: str
    number: int
    status: str
    attachments: int
    lines: Sequence[PrintLine]
    prepared_by: str = ""
    reviewed_by: str = ""
    posted_by: str = ""
    cashier: str = ""
    part: int = 1
    parts: int = 1

    @property
    def place(self) -> tuple[str, str, int, int]:
        """Where the voucher lies in the order of the volumes: period, word, number, part."""
        return self.period, self.word, self.number, self.part

    @property
    def label(self) -> str:
        """`记-5`, or `记-5-1/3` for one of three vouchers of that number."""
        fraction = f"-{self.part}/{self.parts}" if self.parts > 1 else ""
        return f"{self.word}-{self.number}{fraction}"


@dataclass(frozen=True, slots=True)
class Slip:
    """One sheet of a voucher: sheet `sheet` of `sheets`, with as many of its lines as a slip holds."""

    voucher: PrintVoucher
    sheet: int
    sheets: int
    lines: Sequence[PrintLine]

    @property
    def label(self) -> str:
        """The voucher's label, and the sheet where there are several: `记-5 2/3`."""
        return self.voucher.label + (f" {self.sheet}/{self.sheets}" if self.sheets > 1 else "")

    @property
    def totals(self) -> tuple[Decimal, Decimal] | None:
        """Debit and credit of the whole voucher (合计), on its last sheet only."""
        if self.sheet < self.sheets:
            return None
        lines = self.voucher.lines
        return sum((line.debit for line in lines), ZERO), sum((line.credit for line in lines), ZERO)


@dataclass(frozen=True, slots=True)
class VoucherPage:
    """A paper with its slips from the top."""

    number: int
    slips: Sequence[Slip]


@dataclass(frozen=True, slots=True)
class Cover:
    """The cover (凭证封面) of a volume: the vouchers of one month and word from `first` to `last`, bound together.

    It is volume `volume` of `volumes` of its month; `sheets` and `attachments` are totals over its vouchers.
    """

    period: str
    word: str
    first: str
    last: str
    vouchers: int
    sheets: int
    attachments: int
    volume: int
    volumes: int


class Entry(NamedTuple):
    """A row of an account page; `kind` is one of the kinds of report rows, or `brought`, `carried`, `to_next_year`."""

    kind: str
    period: str
    day: date | None
    number: str
    summary: str
    counterparty: str
    debit: Decimal | None
    credit: Decimal | None
    side: str
    balance: Decimal


@dataclass(frozen=True, slots=True)
class AccountEntries:
    """Everything a book of account says of one account in a year; `year_before` moved before the first entry."""

    code: str
    name: str
    year_before: tuple[Decimal, Decimal]
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """An account page (账页); `number` counts through the whole volume."""

    number: int
    code: str
    name: str
    entries: Sequence[Entry]


class DirectoryEntry(NamedTuple):
    """A line of the directory (科目目录): where an account begins."""

    code: str
    name: str
    page: int


@dataclass(frozen=True, slots=True)
class BoundLedger:
    """A bound ledger (账簿): cover, opening form (启用表), directory, and the account pages, numbered through.

    `kind` is one of `LEDGER_KINDS`. `seal` is the chain hash of the closing seal, or empty.
    """

    kind: str
    number: str
    year: int
    opened_on: date
    directory: Sequence[Sequence[DirectoryEntry]]
    pages: Sequence[LedgerPage]
    seal: str = ""

    @property
    def sheets(self) -> int:
        """Every printed page: cover, opening form, directory and account pages."""
        return 2 + len(self.directory) + len(self.pages)
