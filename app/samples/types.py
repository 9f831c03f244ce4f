"""The words of the sample month: parties, invoices, vouchers, files, and the books expected of them.

Everything here is frozen and made from a seed alone, so a sample is a value: same seed, same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.kernel.periods import Period

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Party:
    """One side of an invoice; `tax_id` is empty for a private buyer and for a railway seller."""

    name: str
    tax_id: str
    drawer: str = ""
    province: str = "32"


@dataclass(frozen=True, slots=True)
class SampleLine:
    """One line of an invoice; a discount line (折扣行) is negative and has neither quantity nor price.

    `rate` is None for 免税.
    """

    item: str
    tax_code: str
    spec: str
    unit: str
    quantity: Decimal | None
    unit_price: Decimal | None
    net: Decimal
    rate: Decimal | None
    tax: Decimal

    @property
    def star(self) -> str:
        """The short class name between the stars (商品和服务分类简称)."""
        return self.item.split("*")[1]


@dataclass(frozen=True, slots=True)
class SampleInvoice:
    """One invoice as the tax bureau holds it.

    `kind` is `special`, `ordinary` or `rail`; `code` is filled only for an old 增值税电子普通发票 (8-digit number).
    `red_of` names the blue invoice of a red one; `state` is `normal`, `reversed` (已红冲-全额) or `void` (已作废);
    `trouble` is empty for an invoice to book, else a key of `choices.TROUBLES`.
    """

    direction: str
    kind: str
    number: str
    code: str
    seller: Party
    buyer: Party
    issued_at: datetime
    lines: tuple[SampleLine, ...]
    red_of: str = ""
    state: str = "normal"
    trouble: str = ""
    late: bool = False

    @property
    def net(self) -> Decimal:
        """金额: the total before tax."""
        return sum((line.net for line in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        """税额."""
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def gross(self) -> Decimal:
        """价税合计."""
        return self.net + self.tax

    @property
    def counterparty(self) -> Party:
        """The other side, seen from the book."""
        return self.buyer if self.direction == "sale" else self.seller


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file as the client would hand it in."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """What a file says about one invoice; `member` is the file inside a zip, else empty."""

    file: str
    member: str
    invoice: SampleInvoice


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """An opening balance of a leaf account: `amount` positive is debit, negative is credit."""

    account_code: str
    amount: Decimal
    counterparty: str = ""


@dataclass(frozen=True, slots=True)
class SampleEntry:
    """One line of a voucher; exactly one of debit and credit is not zero, and it may be negative (red)."""

    account_code: str
    debit: Decimal
    credit: Decimal
    counterparty: str = ""


@dataclass(frozen=True, slots=True)
class SampleVoucher:
    """A voucher an accountant adds by hand; balanced to the fen."""

    kind: str
    day: date
    summary: str
    lines: tuple[SampleEntry, ...]


@dataclass(frozen=True, slots=True)
class ExpectedItem:
    """The fate of one invoice in one file when the files are taken in order."""

    file: str
    member: str
    number: str
    fate: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedStep:
    """One closing voucher: the step and case that make it, and what it moves, by account."""

    step: str
    case: str
    lines: tuple[SampleEntry, ...]


@dataclass(frozen=True, slots=True)
class ExpectedBook:
    """The book after the month is closed, worked out without the product.

    Turnovers are (debit, credit) by account, red amounts negative on their own side; balances are debit-positive and
    hold only accounts that are not zero.
    """

    documents: int
    items: tuple[ExpectedItem, ...]
    vouchers: int
    invoice_turnovers: Mapping[str, tuple[Decimal, Decimal]]
    closing: tuple[ExpectedStep, ...]
    vat_due: Decimal
    net_profit: Decimal
    balances: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class SampleBook:
    """One client with its month: what it hands in, what its accountant adds, and what must come out.

    `taxpayer` is `general` or `small_scale`, `industry` `trade` or `service`, `standard` `sbe` or `asbe`, `location`
    `city`, `county` or `other` (7%, 5%, 1% 城建税). `invoices` is the list behind the files, one entry an invoice.
    """

    code: str
    name: str
    tax_id: str
    taxpayer: str
    industry: str
    standard: str
    start_period: Period
    location: str
    files: tuple[SampleFile, ...]
    opening: tuple[OpeningLine, ...]
    vouchers: tuple[SampleVoucher, ...]
    invoices: tuple[SampleInvoice, ...]
    expected: ExpectedBook
