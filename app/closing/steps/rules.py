"""The steps of a standard and how each works out what the period needs of it, in the order of `closing.yaml`.

Each is a function of the desk: it reads the balances that the steps before it left, and asks for its vouchers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from app.closing import errors
from app.closing.desk.rules import Desk
from app.closing.steps.costs import rules as costs
from app.kernel.money import ZERO, fen, show
from app.standards.types import ClosingStep, Taxpayer

_UMCT = {"city": "surcharge.umct.city", "county": "surcharge.umct.county_town", "other": "surcharge.umct.other"}
MONTHLY = frozenset({"vat_small_exempt", "surcharges"})
"""Steps that follow how often the book files VAT: a small-scale taxpayer may do so by the month."""

GIVEN = "given."
"""What the labels of amounts given by people begin with, among what a step reads."""


def files_monthly(settings: Mapping[str, object]) -> bool:
    """Whether a small-scale taxpayer chose to file VAT by the month (setting `vat_cycle`)."""
    return settings.get("vat_cycle") == "month"


def work(desk: Desk, step: ClosingStep) -> None:
    """Do a step: what is given for it and what the ledger says. Raises `RateUnknown`, `RoleUnplayed`."""
    if step.amounts == "given":
        _given(desk, step)
    if step.id in _STEPS:
        _STEPS[step.id](desk, step)
    if step.amounts == "ledger":
        _given(desk, step)


def _given(desk: Desk, step: ClosingStep) -> None:
    """The voucher of the amounts given for the period, and its red reversal on the first day of the next."""
    given = desk.facts.given.get(step.id)
    if given is None:
        return
    for case, figures in given.figures.items():
        for name, amount in figures.items():
            desk.note(f"{GIVEN}{case}.{name}", amount)
        desk.entry(step, case, figures)
    if given.lines:
        desk.note(f"{GIVEN}lines", " ".join(f"{line.account} {line.debit - line.credit}" for line in given.lines))
        chart = desk.facts.chart
        lines = [(line, chart[line.account].standard_code) for line in given.lines if line.account in chart]
        desk.ask(
            "given", step.title_zh, lines, {"total": sum((line.debit for line in given.lines), ZERO)}, waived=False
        )
    if step.reversed_next_month:
        _reverse(desk, step)


def _reverse(desk: Desk, step: ClosingStep) -> None:
    """月初回冲: the estimates of the month, in red, on the first day of the next."""
    for target in list(desk.targets):
        summary = f"冲回{target.summary}"
        red = [
            line._replace(
                summary=summary,
                debit=-line.debit,
                credit=-line.credit,
                foreign_amount=None if line.foreign_amount is None else -line.foreign_amount,
                quantity=None if line.quantity is None else -line.quantity,
            )
            for line in target.lines
        ]
        on = desk.facts.period.plus(1).first_day
        desk.ask(f"{target.case}_reversal", summary, [(line, "") for line in red], target.figures, on=on)


def _vat_transfer(desk: Desk, step: ClosingStep) -> None:
    """转出未交 or 转出多交增值税, and 预交增值税 (财会〔2016〕22号 二(五), 二(六)).

    What the month's columns and the credit carried forward (留抵) come to; a credit stays where it is.
    """
    net_credit = -desk.total("vat_payable")
    paid = desk.played("vat_paid_current", "month_debit")
    desk.entry(step, "unpaid", {"unpaid": max(net_credit, ZERO)})
    desk.entry(step, "overpaid", {"overpaid": min(max(-net_credit, ZERO), paid)})
    desk.entry(step, "prepaid", {"prepaid": max(desk.played("vat_prepaid"), ZERO)})
    desk.vat_due = max(net_credit + paid, ZERO) + desk.played("vat_simplified", "month_credit")


def _vat_small_exempt(desk: Desk, step: ClosingStep) -> None:
    """小规模免税: sales of the quarter (of the month) below the threshold free the tax of all but special invoices.

    财政部 税务总局公告2026年第10号: below, not at, the threshold; at or above it everything is taxed.
    """
    facts = desk.facts
    monthly = files_monthly(facts.book.settings)
    threshold = desk.rate("vat.small.threshold.month" if monthly else "vat.small.threshold.quarter")
    if monthly:
        sales = desk.total("sales_revenue", "month_credit") - desk.total("sales_revenue", "month_debit")
        tax = desk.played("vat_payable_small", "month_credit")
    else:
        sales = -desk.total("sales_revenue", "quarter")
        tax = desk.played("vat_payable_small", "quarter_credit")
    desk.note("special_tax", facts.special_tax)
    exempt = tax - facts.special_tax if threshold.holds(sales) else ZERO
    desk.entry(step, "exempt", {"exempt": exempt})
    desk.vat_due = max(tax - exempt, ZERO)
    start = facts.book.start_period
    if not monthly and start > facts.period.quarter_start and start.year == facts.period.year:
        desk.warn(errors.QUARTER_INCOMPLETE.at("/periods", sales=show(sales)))


def _vat_add_credit(desk: Desk, step: ClosingStep) -> None:
    """加计抵减 lessens the VAT that is due, and with it what the surcharges are levied on."""
    credited = sum((line.debit for target in desk.targets for line in target.lines), ZERO)
    desk.vat_due = max(desk.vat_due - credited, ZERO)


def _surcharges(desk: Desk, step: ClosingStep) -> None:
    """附加税费 on the VAT due, each after the six-taxes-two-fees relief: full, relief rounded, due = full - relief."""
    book = desk.facts.book
    desk.note("vat_due", desk.vat_due)
    if not desk.vat_due:
        return
    half = ZERO
    if desk.taxpayer is Taxpayer.SMALL_SCALE or book.small_low_profit:
        half = desk.rate("six_taxes_two_fees").value
    exempt = bool(desk.setting("education_surcharge_exempt", False))

    def due(rate_id: str) -> Decimal:
        full = fen(desk.vat_due * desk.rate(rate_id).value)
        return full - fen(full * half)

    figures = {
        "urban": due(_UMCT[book.location]),
        "edu": ZERO if exempt else due("surcharge.edu"),
        "local_edu": ZERO if exempt else due("surcharge.local_edu"),
    }
    desk.entry(step, "accrual", figures)


def _cit(desk: Desk, step: ClosingStep) -> None:
    """企业所得税 year to date (A200000) less what earlier months accrued; a loss takes nothing of theirs back."""
    book = desk.facts.book
    before_tax = -(desk.total("income", "year") + desk.total("expense", "year")) + desk.total("income_tax", "year")
    losses = Decimal(str(desk.setting("loss_carryforward", "0")))
    taxable = max(before_tax - losses, ZERO)
    small = book.small_low_profit and taxable and desk.rate("cit.small.income_max").holds(taxable)
    tax = fen(taxable * desk.rate("cit.small.effective" if small else "cit.rate").value)
    accrued_before = desk.total("income_tax_accrued", "year_credit")
    desk.entry(step, "accrual", {"tax": max(tax - accrued_before, ZERO)})


def _pl_carry(desk: Desk, step: ClosingStep) -> None:
    """结转损益: every leaf of income and expense to zero against 本年利润 (附录 3103), net of red entries."""
    for entry in step.entries:
        (group,) = (line.role[1:] for line in entry.lines if line.role.startswith("@"))
        desk.entry(step, entry.case, {}, {"balance": desk.moves(group)})


def _year_end(desk: Desk, step: ClosingStep) -> None:
    """年结: 本年利润 to 未分配利润, 法定盈余公积 10% after losses up to half the capital, details back into one."""
    profit = -desk.total("profit_for_year")
    retained = -desk.played("retained_earnings")
    desk.entry(step, "profit", {"profit": max(profit, ZERO)})
    desk.entry(step, "loss", {"loss": max(-profit, ZERO)})
    if desk.setting("statutory_reserve", True):
        base = max(profit + min(retained, ZERO), ZERO)
        limit = fen(-desk.total("paid_in_capital") * desk.rate("reserve.statutory.limit").value)
        room = max(limit + desk.played("statutory_reserve"), ZERO)
        reserve = min(fen(base * desk.rate("reserve.statutory.rate").value), room)
        desk.entry(step, "reserve", {"reserve": reserve})
    desk.entry(step, "appropriation", {}, {"balance": desk.moves("appropriations_of_the_year")})


_STEPS: Mapping[str, Callable[[Desk, ClosingStep], None]] = {
    "production": costs.production,
    "cogs": costs.cost_of_sales,
    "rd": costs.research,
    "fx": costs.revaluation,
    "vat_transfer": _vat_transfer,
    "vat_small_exempt": _vat_small_exempt,
    "vat_add_credit": _vat_add_credit,
    "surcharges": _surcharges,
    "cit": _cit,
    "pl_carry": _pl_carry,
    "year_end": _year_end,
}
