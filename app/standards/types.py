"""The words of law as data: standards, charts, statements, posting templates, closing steps and dated rates.

Everything here is a frozen value read from `content/`; a book pins a standard and an edition and gets the same values
for ever. Invariant: an account code means something only together with its standard (1101 is 短期投资 in one and
交易性金融资产 in the other), so no type here carries a code without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.standards.errors import RoleUnknown
from app.standards.formula import Formula, items


class Taxpayer(StrEnum):
    """VAT taxpayer kind: 一般纳税人, 小规模纳税人."""

    GENERAL = "general"
    SMALL_SCALE = "small_scale"


class Side(StrEnum):
    """Which side of an entry: 借, 贷."""

    DEBIT = "debit"
    CREDIT = "credit"


class AccountClass(StrEnum):
    """The six classes of a chart: 资产, 负债, 共同, 所有者权益, 成本, 损益."""

    ASSET = "asset"
    LIABILITY = "liability"
    COMMON = "common"
    EQUITY = "equity"
    COST = "cost"
    PROFIT_AND_LOSS = "profit_and_loss"


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """One account (会计科目) of a standard's chart, as seen by one kind of taxpayer.

    `status` is the source mark (official, common, vendor, ...). `dimensions` are the default dimensions a line must
    name (`customer`, `supplier`, ...), `cash_item_in`/`cash_item_out` the default cash-flow item when cash comes in
    against a credit or goes out against a debit of this account. `opposite_ok`: a balance on the other side is
    ordinary and needs no warning. `cash_follows`: a VAT line takes the cash-flow item of the line it goes with and has
    its own only when alone. `monetary`: a monetary item (货币性项目), revalued at the closing rate where it is kept in
    foreign currency.
    """

    code: str
    name_zh: str
    name_en: str
    account_class: AccountClass
    normal_side: Side
    parent_code: str | None
    status: str
    taxpayer: Taxpayer | None
    optional: bool
    cash: bool
    dimensions: tuple[str, ...]
    cash_item_in: str | None
    cash_item_out: str | None
    opposite_ok: bool
    cash_follows: bool
    monetary: bool
    level: int
    leaf: bool

    @property
    def dimension(self) -> str | None:
        """The first default dimension, for callers that know only one."""
        return self.dimensions[0] if self.dimensions else None


@dataclass(frozen=True, slots=True)
class Column:
    """One money column of a form, its id and its titles.

    The id says which facts the column reads (`closing`, `year_opening`, `period`, `quarter`, `year_to_date`,
    `previous_year`) and, after a dot, which part of each row (`period.restricted` 限定性); without one the whole row.
    """

    id: str
    title_zh: str
    title_en: str

    @property
    def reads(self) -> str:
        """Which facts the column reads."""
        return self.id.partition(".")[0]

    @property
    def part(self) -> str:
        """Which part of each row the column shows, "" for the whole."""
        return self.id.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a form; a heading has no amount, an empty formula is filled by analysis and reads 0.00 here.

    A row of the kind `hand` needs figures the ledger does not have: it is filled by hand, has no amount here and
    counts for nothing in totals. `codes` are the accounts the formula names itself, for the drill-down of a cell.
    """

    key: str
    line: int | None
    kind: str
    side: str
    indent: int
    name_zh: str
    name_en: str
    formula_text: str
    formula: Formula
    codes: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Check:
    """One articulation (勾稽关系) of a statement: `left operator right`; severity is `blocks` or `warns`."""

    code: str
    left: Formula
    operator: str
    right: Formula
    severity: str
    text: str


@dataclass(frozen=True, slots=True)
class Covers:
    """What a statement must read exactly once, for the lint: its `total` reads every account of `classes`.

    A total of a cash-flow statement reads every cash-flow item. `exceptions` are left out on purpose: account code
    (with everything under it) or cash-flow item -> the reason.
    """

    total: Formula
    classes: frozenset[AccountClass]
    exceptions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Statement:
    """A form: rows in printing order, the order of evaluation, the columns of each cycle and the checks.

    The cycles (`month`, `quarter`, `year`) are the editions of the form. `parts` hold the same rows with the formulas
    of one part each. `functions` are those its formulas and its parts' use, `beside` the other forms its checks name.
    `above` is the chart as the formulas see it: account code -> itself and the codes above it.
    """

    id: str
    form: str
    title_zh: str
    title_en: str
    source: str
    cycles: Mapping[str, tuple[Column, ...]]
    rows: tuple[Row, ...]
    evaluation_order: tuple[Row, ...]
    checks: tuple[Check, ...]
    covers: Covers | None
    functions: frozenset[str]
    beside: tuple[str, ...]
    above: Mapping[str, tuple[str, ...]] = field(repr=False)
    parts: Mapping[str, Statement] = field(repr=False)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its shortest cycle: the monthly edition, for a yearly form the yearly one."""
        return next(iter(self.cycles.values()))

    def of(self, column: Column) -> Statement:
        """The rows as a column shows them: this form, or its part."""
        return self.parts[column.part] if column.part else self

    def row(self, key: str) -> Row:
        """The row with a key; raises `StopIteration` for no such row, which the loader has ruled out."""
        return next(row for row in self.rows if row.key == key)


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One line of a voucher template; `amount` names a figure of the caller (`net`, `tax`, `gross`, ...)."""

    side: Side
    role: str
    amount: str
    dimension: str | None


@dataclass(frozen=True, slots=True)
class PostingTemplate:
    """A voucher template of one business kind, its roles named; a red invoice fills it with negative amounts.

    `summary_zh` is a `str.format` template over `item`, `counterparty` and `number`.
    """

    id: str
    kind: str
    summary_zh: str
    lines: tuple[TemplateLine, ...]
    source: str


@dataclass(frozen=True, slots=True)
class PostingRule:
    """One row of `posting.yaml`: which business the lines are for; None fits every value.

    A line whose role is `{kind}` takes the role of the business kind.
    """

    id: str
    direction: str
    taxpayer: Taxpayer | None
    deductible: bool | None
    summary_zh: str
    lines: tuple[TemplateLine, ...]
    source: str


@dataclass(frozen=True, slots=True)
class BusinessKind:
    """What was sold or bought, and the account role it is booked to in one standard."""

    id: str
    direction: str
    name_zh: str
    name_en: str
    role: str


@dataclass(frozen=True, slots=True)
class ClosingEntry:
    """One voucher a closing step may draft, with its summary and lines by role; `amounts` as in `ClosingStep`."""

    case: str
    summary_zh: str
    amounts: str
    lines: tuple[TemplateLine, ...]


@dataclass(frozen=True, slots=True)
class ClosingStep:
    """One month-end step (期末结转), in the order of its number.

    `cycles` says per taxpayer kind how often it runs: `month`, `quarter` or `year`; a kind not named never runs it.
    `amounts` are worked out from the `ledger`, from the balances of the groups it `reads`, or `given` from outside it.
    `reversed_next_month`: its voucher is taken back in red when the next month begins (暂估).
    """

    id: str
    number: int
    title_zh: str
    title_en: str
    cycles: Mapping[Taxpayer, str]
    amounts: str
    reads: tuple[str, ...]
    reversed_next_month: bool
    entries: tuple[ClosingEntry, ...]
    source: str
    status: str

    def applies(self, taxpayer: Taxpayer, *, ends_quarter: bool, ends_year: bool) -> bool:
        """Whether a book of this taxpayer kind runs the step in a period that ends so."""
        cycle = self.cycles.get(taxpayer)
        return cycle == "month" or (cycle == "quarter" and ends_quarter) or (cycle == "year" and ends_year)


@dataclass(frozen=True, slots=True)
class RateRow:
    """One dated parameter of tax law (rate, amount or count); both dates are inclusive.

    `test` is the comparison the law makes with `value` (`<` since 2026-01-01 for the small-scale threshold).
    `status` other than `verified` and `secondary-verified` means that nobody has checked it against the text.
    """

    id: str
    value: Decimal
    unit: str
    scope: str
    valid_from: date
    valid_to: date | None
    source: str
    status: str
    test: str | None
    note: str

    @property
    def verified(self) -> bool:
        """Whether the row was read in the law or in a text that quotes it."""
        return self.status in ("verified", "secondary-verified")

    def valid_on(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def holds(self, amount: Decimal) -> bool:
        """Whether an amount passes the row's own test, for example 299999.99 `<` 300000."""
        if self.test is None:
            raise ValueError(f"rate {self.id!r} has no test")
        return amount < self.value if self.test == "<" else amount <= self.value


@dataclass(frozen=True, slots=True)
class Standard:
    """One accounting standard in one edition, read and checked whole.

    `charts` holds the chart of each taxpayer kind; `above` gives for every account itself and the codes above it,
    nearest first: a code stands under another by its parents, never by its digits. `groups` are named account subtrees
    (`vat_payable`, `income`, ...), `notes` the tables beside the statements (附表, 附注). `fingerprint` is the SHA-256
    of every file it was read from, so figures can say which content made them.
    """

    id: str
    edition: str
    title_zh: str
    title_en: str
    source: str
    valid_from: date
    code_widths: tuple[int, ...]
    charts: Mapping[Taxpayer, tuple[AccountSpec, ...]]
    above: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]
    roles: Mapping[str, Mapping[Taxpayer, str]]
    statements: Mapping[str, Statement]
    notes: Mapping[str, Statement]
    kinds: Mapping[tuple[str, str], BusinessKind]
    posting: tuple[PostingRule, ...]
    closing: tuple[ClosingStep, ...]
    fingerprint: str

    @property
    def cash_items(self) -> frozenset[str]:
        """The cash-flow items (现金流量项目) that the cash-flow statement reads."""
        return frozenset(item for row in self.statements["cash_flow"].rows for item in items(row.formula))

    def under(self, codes: Iterable[str]) -> frozenset[str]:
        """Every account code of the standard that is one of `codes` or stands under one of them."""
        named = frozenset(codes)
        return frozenset(code for code, line_up in self.above.items() if not named.isdisjoint(line_up))

    def role(self, name: str, taxpayer: Taxpayer) -> str:
        """The leaf account code that plays a role in a book of this taxpayer kind; raises `RoleUnknown`."""
        code = self.roles.get(name, {}).get(taxpayer)
        if code is None:
            raise RoleUnknown(role=name, standard=self.id, taxpayer=str(taxpayer))
        return code


class Business(StrEnum):
    """What a client lives from, which says what goods are bought for: 商贸, 服务, 生产."""

    TRADE = "trade"
    SERVICE = "service"
    INDUSTRY = "industry"


@dataclass(frozen=True, slots=True)
class Classification:
    """One row of the tax classification table: how an item is recognised and what business kind it is.

    `by_business` replaces `kind` for a business that buys such goods to sell them or to work them up.
    """

    kind: str
    by_business: Mapping[Business, str]
    creditable: bool
    review: bool
    names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Classified:
    """What an invoice item was taken for, and by what: `name`, `code`, `word` or `default`.

    `creditable`: the law lets a general taxpayer credit the input VAT; `review`: a person should look at the kind.
    """

    kind: str
    creditable: bool
    review: bool
    matched_by: str
