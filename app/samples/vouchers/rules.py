"""What stands in the book before the month, and the vouchers an accountant adds by hand during it.

Invariant: the opening sums to zero and every voucher balances; a book starts in the month drawn, so nothing of the
year stands on profit and loss accounts before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.kernel.money import fen
from app.kernel.periods import Period
from app.samples.choices.rules import EDUCATION_RATE, LOCAL_EDUCATION_RATE, URBAN_RATE, account
from app.samples.invoices.rules import Draw
from app.samples.types import ZERO, OpeningLine, SampleEntry, SampleInvoice, SampleVoucher

Amounts = list[tuple[str, Decimal, str]]  # (role, debit-positive amount, counterparty)
_SOCIAL_BASE = Decimal("0.7")
_EMPLOYER, _EMPLOYEE = Decimal("0.265"), Decimal("0.105")


def opening_amounts(draw: Draw, location: str, invoices: Iterable[SampleInvoice]) -> Amounts:
    """The opening balances by role: one month's wages and taxes owed, stock for the month's sales, the rest capital."""
    rng, general = draw.rng, draw.general
    scale = 4 if general else 1
    suppliers = [party.name for known in draw.suppliers.values() for party, _ in known]
    amounts: Amounts = [
        ("receivable", _sum(rng.randint(4_000, 60_000) * scale, draw), customer.name)
        for customer in draw.customers[: rng.randint(3, 6)]
    ]
    amounts += [
        ("payable", -_sum(rng.randint(2_000, 20_000) * scale, draw), name) for name in suppliers[: rng.randint(2, 4)]
    ]
    if draw.trade:
        amounts.append(("merchandise", fen(max(ZERO, sold(invoices)) * Decimal("1.1")) + 20_000, ""))
    equipment = _sum(rng.randint(20_000, 90_000), draw)
    amounts += [("electronics", equipment, ""), ("depreciation_accumulated", -fen(equipment / 4), "")]
    share = rng.randint(5, 9) if draw.trade else rng.randint(35, 60)  # percent of sales that goes to wages
    amounts.append(("wages_payable", -fen(max(Decimal(9_000), sold(invoices) * share / 100)), ""))
    if general:
        amounts += _opening_taxes(draw, location)
    owed = -sum((amount for _, amount, _ in amounts if amount < 0), ZERO)
    amounts.append(("bank", owed + _sum(rng.randint(60_000, 200_000) * scale, draw), ""))
    amounts.append(("cash", _sum(rng.randint(1_000, 9_000), draw), ""))
    amounts.append(("capital", Decimal(-rng.choice((100_000, 300_000, 500_000, 1_000_000))), ""))
    amounts.append(("undistributed", -sum((amount for _, amount, _ in amounts), ZERO), ""))
    return amounts


def opening_lines(standard: str, amounts: Amounts) -> tuple[OpeningLine, ...]:
    """The opening as account balances."""
    return tuple(OpeningLine(account(standard, role), amount, who) for role, amount, who in amounts if amount)


@dataclass
class Journal:
    """The vouchers written so far; amounts are debit-positive by role."""

    standard: str
    period: Period
    vouchers: list[SampleVoucher] = field(default_factory=list)

    def add(self, kind: str, day: int, summary: str, *lines: tuple[str, Decimal, str]) -> None:
        """Write one voucher on a day of the month, or on its last day when it is shorter."""
        when = date(self.period.year, self.period.month, min(day, self.period.last_day.day))
        entries = (_entry(account(self.standard, role), amount, who) for role, amount, who in lines if amount)
        self.vouchers.append(SampleVoucher(kind, when, summary, tuple(entries)))


def hand_vouchers(
    draw: Draw, standard: str, opening: Amounts, invoices: Iterable[SampleInvoice]
) -> tuple[SampleVoucher, ...]:
    """Wages, social insurance, receipts, payments, taxes of last month, bank, depreciation and, in trade, cost."""
    rng, journal = draw.rng, Journal(standard, draw.period)
    _wages(draw, journal, -_of(opening, "wages_payable"))
    for role, amount, who in opening:
        if role == "receivable":
            part = fen(amount * rng.choice((50, 80, 100)) / 100)
            journal.add("receipt", rng.randint(3, 27), f"收到{who}货款", ("bank", part, ""), ("receivable", -part, who))
        if role == "payable":
            part = fen(-amount * rng.choice((50, 80, 100)) / 100)
            journal.add("payment", rng.randint(3, 27), f"支付{who}货款", ("payable", part, who), ("bank", -part, ""))
    owed = [(role, -amount, "") for role, amount, _ in opening if role in _TAXES_OWED]
    if owed:
        paid = sum((amount for _, amount, _ in owed), ZERO)
        journal.add("taxes_paid", 12, "缴纳上月税费", *owed, ("bank", -paid, ""))
    _bank(draw, journal)
    worn = fen(_of(opening, "electronics") * Decimal("0.95") / 36)
    journal.add("depreciation", 31, "计提折旧", ("depreciation", worn, ""), ("depreciation_accumulated", -worn, ""))
    cost = fen(max(ZERO, sold(invoices)) * rng.randint(66, 84) / 100)
    if draw.trade and cost:
        journal.add("cost_of_sales", 31, "结转销售成本", ("cost", cost, ""), ("merchandise", -cost, ""))
    return tuple(journal.vouchers)


def _wages(draw: Draw, journal: Journal, wages: Decimal) -> None:
    """Last month's wages paid net of what is withheld, this month's accrued, social insurance accrued and paid."""
    base = wages * _SOCIAL_BASE
    employer, employee, personal = fen(base * _EMPLOYER), fen(base * _EMPLOYEE), fen(wages * Decimal("0.004"))
    labour = fen(wages * Decimal("0.6"))
    add = journal.add
    add(
        "wages_paid",
        10,
        "发放上月工资",
        ("wages_payable", wages, ""),
        ("social_withheld", -employee, ""),
        ("personal_tax_payable", -personal, ""),
        ("bank", personal + employee - wages, ""),
    )
    add("social_accrued", 15, "计提单位社保", ("social", employer, ""), ("social_payable", -employer, ""))
    add(
        "social_paid",
        15,
        "缴纳社保",
        ("social_payable", employer, ""),
        ("social_withheld", employee, ""),
        ("bank", -employer - employee, ""),
    )
    add(
        "wages_accrued",
        31,
        "计提本月工资",
        ("selling_wages" if draw.trade else "cost", labour, ""),
        ("wages", wages - labour, ""),
        ("wages_payable", -wages, ""),
    )


def _bank(draw: Draw, journal: Journal) -> None:
    """Cash drawn, the bank's fee, and at quarter end its interest."""
    drawn, fee = _sum(draw.rng.randint(2_000, 8_000), draw), _sum(draw.rng.randint(15, 120), draw)
    journal.add("cash_drawn", 5, "提取备用金", ("cash", drawn, ""), ("bank", -drawn, ""))
    journal.add("bank_fee", 20, "银行手续费", ("bank_charges", fee, ""), ("bank", -fee, ""))
    if draw.period.ends_quarter:
        interest = _sum(draw.rng.randint(20, 300), draw)
        journal.add("interest", 21, "银行存款结息", ("bank", interest, ""), ("interest_income", -interest, ""))


def _of(opening: Amounts, wanted: str) -> Decimal:
    return next(amount for role, amount, _ in opening if role == wanted)


_TAXES_OWED = ("vat_unpaid", "urban_tax_payable", "education_payable", "local_education_payable")


def sold(invoices: Iterable[SampleInvoice]) -> Decimal:
    """Net sales of the invoices to be booked."""
    return sum((i.net for i in invoices if i.direction == "sale" and not i.trouble), ZERO)


def _opening_taxes(draw: Draw, location: str) -> Amounts:
    """Last month's unpaid VAT with its surcharges, or, in every third book, input VAT carried forward (留抵)."""
    vat = _sum(draw.rng.randint(2_000, 30_000), draw)
    if draw.index % 3 == 2:
        return [("input_vat", vat, "")]
    rates = {
        "urban_tax_payable": URBAN_RATE[location],
        "education_payable": EDUCATION_RATE,
        "local_education_payable": LOCAL_EDUCATION_RATE,
    }
    surcharges = [(role, -fen(vat * rate / 2), "") for role, rate in rates.items()]
    return [("vat_unpaid", -vat, ""), *surcharges]


def _sum(yuan: int, draw: Draw) -> Decimal:
    """An amount with odd fen."""
    return Decimal(yuan) + Decimal(draw.rng.randrange(100)) / 100


def _entry(code: str, amount: Decimal, who: str) -> SampleEntry:
    if amount > 0:
        return SampleEntry(code, amount, ZERO, who)
    return SampleEntry(code, ZERO, -amount, who)
