"""The books that must come out, worked out a second time in the plainest way: dicts, loops and regulation.md.

It knows nothing of the product; every choice it rests on stands in `choices`. Invariant: all balances sum to zero,
and no profit and loss account keeps a balance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from app.kernel.money import fen
from app.kernel.periods import Period
from app.samples.choices import rules as choices
from app.samples.choices.rules import account
from app.samples.types import (
    ZERO,
    ExpectedBook,
    ExpectedItem,
    ExpectedStep,
    Item,
    OpeningLine,
    SampleEntry,
    SampleInvoice,
    SampleVoucher,
)


@dataclass
class Sheet:
    """A book as one sheet of paper: turnovers by account, debit-positive balances, closing steps."""

    standard: str
    balances: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    turnovers: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    steps: list[ExpectedStep] = field(default_factory=list)

    def book(self, role_or_code: str, debit: Decimal, credit: Decimal = ZERO) -> None:
        """Add to one account."""
        code = choices.ACCOUNTS.get(role_or_code, (role_or_code, role_or_code))[self.standard == "asbe"]
        had = self.turnovers.get(code, (ZERO, ZERO))
        self.turnovers[code] = (had[0] + debit, had[1] + credit)
        self.balances[code] += debit - credit

    def step(self, name: str, case: str, *amounts: tuple[str, Decimal]) -> None:
        """Book a closing entry of debit-positive amounts by role or code; nothing when all are zero."""
        lines = []
        for role, amount in amounts:
            if amount:
                code = choices.ACCOUNTS.get(role, (role, role))[self.standard == "asbe"]
                debit, credit = (amount, ZERO) if amount > 0 else (ZERO, -amount)
                self.book(code, debit, credit)
                lines.append(SampleEntry(code, debit, credit))
        if lines:
            self.steps.append(ExpectedStep(name, case, tuple(lines)))

    def standing(self, group: Mapping[str, tuple[str, ...]]) -> dict[str, Decimal]:
        """The accounts of a group (income or expense) that are not zero."""
        return {
            code: amount
            for code, amount in sorted(self.balances.items())
            if amount and code.startswith(group[self.standard])
        }

    def profit(self) -> Decimal:
        """What the profit and loss accounts come to, profit positive."""
        return -sum({**self.standing(choices.INCOME), **self.standing(choices.EXPENSE)}.values(), ZERO)


def expect(
    standard: str,
    taxpayer: str,
    location: str,
    period: Period,
    opening: Sequence[OpeningLine],
    vouchers: Sequence[SampleVoucher],
    items: Sequence[Item],
) -> ExpectedBook:
    """The book after the month was imported, posted and closed; the book starts in this month."""
    sheet = Sheet(standard)
    booked, fates = register(items)
    for invoice in booked:
        book_invoice(sheet, taxpayer, invoice)
    from_invoices = dict(sheet.turnovers)
    for line in opening:
        sheet.balances[line.account_code] += line.amount
    for voucher in vouchers:
        for entry in voucher.lines:
            sheet.book(entry.account_code, entry.debit, entry.credit)
    vat = close_vat(sheet, taxpayer, period, booked)
    close_surcharges(sheet, taxpayer, location, vat, sold(booked))
    if period.ends_quarter:
        tax = income_tax(sheet.profit())
        sheet.step("cit", "accrual", ("income_tax", tax), ("income_tax_payable", -tax))
    net_profit = sheet.profit()
    for case, group in (("income", choices.INCOME), ("expense", choices.EXPENSE)):
        left = sheet.standing(group)
        sheet.step(
            "pl_carry", case, *((code, -amount) for code, amount in left.items()), ("profit", sum(left.values(), ZERO))
        )
    if period.ends_year:
        close_year(sheet)
    return ExpectedBook(
        documents=len(booked),
        items=tuple(fates),
        vouchers=len(booked) + len(vouchers) + len(sheet.steps),
        invoice_turnovers=from_invoices,
        closing=tuple(sheet.steps),
        vat_due=vat,
        net_profit=net_profit,
        balances={code: amount for code, amount in sorted(sheet.balances.items()) if amount},
    )


def register(items: Iterable[Item]) -> tuple[list[SampleInvoice], list[ExpectedItem]]:
    """The distinct invoices to book and the fate of every item: the first of a number is created, others repeat it."""
    seen: dict[tuple[str, str], SampleInvoice] = {}
    fates = []
    for item in items:
        invoice = item.invoice
        key = (invoice.code, invoice.number)
        if invoice.trouble:
            fate, code = "needs_attention", choices.TROUBLES[invoice.trouble]
        elif key in seen:
            fate, code = "duplicate", ""
        else:
            seen[key] = invoice
            fate, code = "created", ""
        fates.append(ExpectedItem(item.file, item.member, invoice.number, fate, code))
    return list(seen.values()), fates


def book_invoice(sheet: Sheet, taxpayer: str, invoice: SampleInvoice) -> None:
    """One invoice, one voucher; a red one is the same voucher with negative figures (红字)."""
    general = taxpayer == "general"
    if invoice.direction == "sale":
        sheet.book("receivable", invoice.gross)
        sheet.book("revenue", ZERO, invoice.net)
        if invoice.tax:
            sheet.book("output_vat" if general else "vat_small_scale", ZERO, invoice.tax)
        return
    for line in invoice.lines:
        kind, role = choices.PURCHASES[line.star]
        creditable = general and invoice.kind in choices.CREDITABLE_INVOICES
        if creditable and kind not in choices.NEVER_CREDITABLE and line.tax:
            sheet.book(role, line.net)
            sheet.book("input_vat", line.tax)
        else:
            sheet.book(role, line.net + line.tax)
    sheet.book("payable", ZERO, invoice.gross)


def close_vat(sheet: Sheet, taxpayer: str, period: Period, booked: Iterable[SampleInvoice]) -> Decimal:
    """The VAT owed for the period: monthly for a general taxpayer, at quarter end for a small-scale one.

    General (财会〔2016〕22号): a net credit of 应交增值税 goes to 未交增值税, a net debit stays as 留抵. Small-scale
    (财政部 税务总局公告2026年第10号): sales strictly below 300,000 free the tax of all but special invoices.
    """
    if taxpayer == "general":
        owed = -sum((amount for code, amount in sheet.balances.items() if code.startswith("222101")), ZERO)
        if owed <= 0:
            return ZERO
        sheet.step("vat_transfer", "unpaid", ("vat_transfer_out", owed), ("vat_unpaid", -owed))
        return owed
    if not period.ends_quarter:
        return ZERO
    sales = [invoice for invoice in booked if invoice.direction == "sale"]
    tax = sum((invoice.tax for invoice in sales), ZERO)
    if sold(sales) >= choices.SMALL_SCALE_QUARTER_THRESHOLD:
        return max(ZERO, tax)
    freed = sum((invoice.tax for invoice in sales if invoice.kind != "special"), ZERO)
    if freed > 0:
        sheet.step("vat_small_exempt", "exempt", ("vat_small_scale", freed), ("vat_relief", -freed))
    return max(ZERO, tax - freed)


def sold(booked: Iterable[SampleInvoice]) -> Decimal:
    """Net sales, red invoices taken off."""
    return sum((invoice.net for invoice in booked if invoice.direction == "sale"), ZERO)


def surcharge(vat: Decimal, rate: Decimal) -> Decimal:
    """One surcharge after the 50% cut: relief is rounded half up, due is what remains of the full charge."""
    full = fen(vat * rate)
    return full - fen(full * choices.SURCHARGE_RELIEF)


def close_surcharges(sheet: Sheet, taxpayer: str, location: str, vat: Decimal, sales: Decimal) -> None:
    """城建税, 教育费附加 and 地方教育附加 on the VAT owed."""
    freed = sales <= choices.EDUCATION_EXEMPT_UP_TO.get(taxpayer, Decimal("-Infinity"))
    urban = surcharge(vat, choices.URBAN_RATE[location])
    education, local = (
        ZERO if freed else surcharge(vat, rate) for rate in (choices.EDUCATION_RATE, choices.LOCAL_EDUCATION_RATE)
    )
    sheet.step(
        "surcharges",
        "accrual",
        ("urban_tax", urban),
        ("education", education),
        ("local_education", local),
        ("urban_tax_payable", -urban),
        ("education_payable", -education),
        ("local_education_payable", -local),
    )


def income_tax(profit: Decimal) -> Decimal:
    """Income tax on the profit of the year to date: 5% up to 3,000,000 for a small low-profit enterprise, else 25%."""
    if profit <= 0:
        return ZERO
    return fen(
        profit * (choices.INCOME_TAX_SMALL if profit <= choices.INCOME_TAX_SMALL_LIMIT else choices.INCOME_TAX_FULL)
    )


def close_year(sheet: Sheet) -> None:
    """December: profit to 未分配利润; a tenth of it above old losses to the reserve, until half of capital."""
    undistributed, capital, reserve, profit = (
        -sheet.balances[account(sheet.standard, role)] for role in ("undistributed", "capital", "reserve", "profit")
    )
    gain = profit + min(ZERO, undistributed)
    kept = fen(max(ZERO, min(gain * choices.RESERVE_RATE, capital / 2 - reserve)))
    sheet.step("year_end", "profit" if profit > 0 else "loss", ("profit", profit), ("undistributed", -profit))
    sheet.step("year_end", "reserve", ("reserve_appropriated", kept), ("reserve", -kept))
    sheet.step("year_end", "appropriation", ("undistributed", kept), ("reserve_appropriated", -kept))
