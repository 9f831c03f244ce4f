"""The month end as a pure function: facts of a book in, vouchers, blockers and warnings out.

Steps run in the order of the standard's `closing.yaml` on simulated balances, so each sees what the ones before it
did. A step asks for the difference between what the period needs in all and what earlier closes of it booked: closing
what did not change asks for nothing, and a reopened period gets exactly the supplement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from app.closing import errors
from app.closing.types import Amounts, Facts, Plan, StepVoucher
from app.kernel.money import ZERO, fen, show
from app.ledger.vouchers.types import Line
from app.standards.errors import RateUnknown
from app.standards.rates import rate, rates
from app.standards.types import ClosingEntry, ClosingStep, RateRow, Side, Standard, Taxpayer
from infra.errors import Violation

CaseFigures = dict[str, dict[str, Decimal]]
_UMCT = {"city": "surcharge.umct.city", "county": "surcharge.umct.county_town", "other": "surcharge.umct.other"}


class _Desk:
    """One book's month end in the making: simulated balances and the vouchers so far."""

    def __init__(self, facts: Facts, standard: Standard) -> None:
        self.facts = facts
        self.standard = standard
        self.taxpayer = Taxpayer(facts.book.taxpayer)
        self.balances = dict(facts.balances)
        self.year = dict(facts.year)
        self.vouchers: list[StepVoucher] = []
        self.warnings: list[Violation] = []
        self.vat_due = ZERO

    def code(self, role: str) -> str:
        return self.standard.role(role, self.taxpayer)

    def sum(self, group: str, amounts: Mapping[str, Decimal] | None = None) -> Decimal:
        """The net debit of every leaf under a group of the standard."""
        prefixes = self.standard.groups[group]
        return sum((v for c, v in (amounts or self.balances).items() if c.startswith(prefixes)), ZERO)

    def rate(self, rate_id: str) -> RateRow:
        """The parameter in force, or the book's own value for it (setting `rates`); raises `RateUnknown`."""
        given = _mapping(self.facts.book.settings.get("rates")).get(rate_id)
        if given is not None and rate_id in rates():
            return replace(rates()[rate_id][0], value=Decimal(str(given)), status="verified")
        row = rate(rate_id, self.facts.period.last_day)
        if not row.verified:
            self.warnings.append(errors.UNVERIFIED_RATE.at(rate=rate_id, source=row.source))
        return row

    def done(self, step: str, case: str) -> Amounts:
        return self.facts.done.get(f"{step}.{case}", {})

    def draft(self, step: ClosingStep, entry: ClosingEntry, figures: Mapping[str, Decimal]) -> None:
        """Ask for one case's voucher: the figures of the period less what was booked for it already."""
        booked = self.done(step.id, entry.case)
        deltas = {name: amount - booked.get(name, ZERO) for name, amount in figures.items()}
        period = self.facts.period
        summary = entry.summary_zh.format(period=f"{period.year}年{period.month}月", year=period.year)
        lines = [
            Line(code, summary, debit=amount) if line.side is Side.DEBIT else Line(code, summary, credit=amount)
            for line in entry.lines
            for code, amount in self._amounts(line.role, line.side, line.amount, deltas)
            if amount
        ]
        self._add(step, entry, summary, lines, figures)

    def _amounts(
        self, role: str, side: Side, amount: str, deltas: Mapping[str, Decimal]
    ) -> Iterable[tuple[str, Decimal]]:
        if not role.startswith("@"):
            return [(self.code(role), deltas[amount])]
        prefixes = self.standard.groups[role[1:]]
        sign = -1 if side is Side.DEBIT else 1
        return [(c, sign * v) for c, v in sorted(self.balances.items()) if v and c.startswith(prefixes)]

    def _add(
        self, step: ClosingStep, entry: ClosingEntry, summary: str, lines: list[Line], figures: Mapping[str, Decimal]
    ) -> None:
        if not lines:
            return
        for line in lines:
            net = line.debit - line.credit
            self.balances[line.account] = self.balances.get(line.account, ZERO) + net
            if step.id != "pl_carry":
                self.year[line.account] = self.year.get(line.account, ZERO) + net
        self.vouchers.append(
            StepVoucher(step.id, entry.case, summary, tuple(lines), dict(figures), transfer=step.id == "pl_carry")
        )


def plan(facts: Facts, standard: Standard) -> Plan:
    """Plan the month end of one book; a blocked book has no vouchers."""
    blockers = blockers_of(facts)
    desk = _Desk(facts, standard)
    skipped = set(map(str, _listed(facts.book.settings.get("closing_skip"))))
    if not blockers:
        for step in (one for one in standard.closing if one.id in _STEPS):
            if step.id not in skipped and step.applies(
                desk.taxpayer, ends_quarter=facts.period.ends_quarter, ends_year=facts.period.ends_year
            ):
                _run(desk, step)
        blockers += _after(desk)
    profit = -(desk.sum("income", desk.year) + desk.sum("expense", desk.year))
    return Plan(facts, tuple(desk.vouchers), tuple(blockers), tuple(_warnings(desk)), profit)


def _run(desk: _Desk, step: ClosingStep) -> None:
    """Do a step; one whose parameter the law data do not know for that day is left to the accountant, and says so."""
    try:
        _STEPS[step.id](desk, step)
    except RateUnknown as unknown:
        desk.warnings.append(errors.RATE_MISSING.at(f"/steps/{step.id}", step=step.title_zh, **unknown.params))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def blockers_of(facts: Facts) -> list[Violation]:
    """What stands in the way before any step runs (财会〔2024〕12号 Art. 24; 会计基础工作规范 Art. 63)."""
    found = []
    if facts.previous_open:
        found.append(errors.PREVIOUS_OPEN.at("/periods", period=facts.previous_open))
    if facts.unposted:
        found.append(errors.UNPOSTED.at("/vouchers", count=facts.unposted))
    if facts.unread:
        found.append(errors.UNREAD.at("/documents", count=facts.unread))
    if facts.opening_difference or facts.opening_turnover_difference:
        found.append(
            errors.OPENING_UNBALANCED.at(
                "/opening-balances",
                opening=show(facts.opening_difference),
                turnover=show(facts.opening_turnover_difference),
            )
        )
    if facts.trial_difference:
        found.append(errors.TRIAL_UNBALANCED.at("/trial-balance", difference=show(facts.trial_difference)))
    return found


def _after(desk: _Desk) -> list[Violation]:
    pending = desk.sum("pending_property")
    if pending and desk.facts.period.ends_year:
        return [errors.PENDING_PROPERTY.at("/trial-balance", amount=show(pending))]
    return []


def _warnings(desk: _Desk) -> list[Violation]:
    found = list(dict.fromkeys(_hashable(w) for w in desk.warnings))
    warnings = [Violation(code, path, dict(params)) for code, path, params in found]
    cash = desk.standard.groups["cash"]
    for code, amount in sorted(desk.balances.items()):
        if amount < 0 and code.startswith(cash):
            warnings.append(errors.NEGATIVE_CASH.at("/trial-balance", account=code, amount=show(-amount)))
    if desk.facts.work_items:
        warnings.append(errors.WORK_ITEMS.at("/invoices", count=desk.facts.work_items))
    return warnings


def _hashable(violation: Violation) -> tuple[str, str, tuple[tuple[str, object], ...]]:
    return violation.code, violation.path, tuple(sorted(violation.params.items()))


def _entry(step: ClosingStep, case: str) -> ClosingEntry:
    return next(entry for entry in step.entries if entry.case == case)


def _vat_transfer(desk: _Desk, step: ClosingStep) -> None:
    """转出未交 or 转出多交增值税 (财会〔2016〕22号 二(五)): what is left in 应交增值税 after earlier transfers."""
    unpaid_before = desk.done(step.id, "unpaid").get("unpaid", ZERO)
    overpaid_before = desk.done(step.id, "overpaid").get("overpaid", ZERO)
    net_credit = -desk.sum("vat_payable") + unpaid_before - overpaid_before
    unpaid = max(net_credit, ZERO)
    overpaid = min(max(-net_credit, ZERO), desk.facts.vat_paid)
    desk.draft(step, _entry(step, "unpaid"), {"unpaid": unpaid})
    desk.draft(step, _entry(step, "overpaid"), {"overpaid": overpaid})
    desk.vat_due = max(net_credit + desk.facts.vat_paid, ZERO) + desk.facts.vat_simplified


def _vat_small_exempt(desk: _Desk, step: ClosingStep) -> None:
    """小规模免税: sales of the quarter below the threshold free the tax of all but special invoices.

    财政部 税务总局公告2026年第10号: below, not at, the threshold; at or above it everything is taxed.
    """
    facts = desk.facts
    threshold = desk.rate("vat.small.threshold.quarter")
    free = threshold.holds(facts.quarter_sales)
    exempt = facts.quarter_output_tax - facts.special_tax if free else ZERO
    desk.draft(step, _entry(step, "exempt"), {"exempt": exempt})
    desk.vat_due = max(facts.quarter_output_tax - exempt, ZERO)
    start = facts.book.start_period
    if start > facts.period.quarter_start and start.year == facts.period.year:
        desk.warnings.append(errors.QUARTER_INCOMPLETE.at("/periods", sales=show(facts.quarter_sales)))


def _surcharges(desk: _Desk, step: ClosingStep) -> None:
    """附加税费 on the VAT due, each after the six-taxes-two-fees relief: full, relief rounded, due = full - relief."""
    book = desk.facts.book
    half = ZERO
    if desk.taxpayer is Taxpayer.SMALL_SCALE or book.small_low_profit:
        half = desk.rate("six_taxes_two_fees").value
    if desk.vat_due == 0 and not desk.done(step.id, "accrual"):
        return
    exempt = bool(book.settings.get("education_surcharge_exempt", False))

    def due(rate_id: str) -> Decimal:
        full = fen(desk.vat_due * desk.rate(rate_id).value)
        return full - fen(full * half)

    figures = {
        "urban": due(_UMCT[book.location]),
        "edu": ZERO if exempt else due("surcharge.edu"),
        "local_edu": ZERO if exempt else due("surcharge.local_edu"),
    }
    desk.draft(step, _entry(step, "accrual"), figures)


def _cit(desk: _Desk, step: ClosingStep) -> None:
    """企业所得税 year to date (A200000) less what earlier months accrued; a loss takes nothing of theirs back."""
    book = desk.facts.book
    before_tax = -(desk.sum("income", desk.year) + desk.sum("expense", desk.year)) + desk.sum("income_tax", desk.year)
    taxable = max(before_tax - Decimal(str(book.settings.get("loss_carryforward", "0"))), ZERO)
    small = book.small_low_profit and taxable and desk.rate("cit.small.income_max").holds(taxable)
    tax = fen(taxable * desk.rate("cit.small.effective" if small else "cit.rate").value)
    booked = desk.done(step.id, "accrual").get("tax", ZERO)
    accrued_before = desk.facts.income_tax_accrued - booked
    desk.draft(step, _entry(step, "accrual"), {"tax": max(tax - accrued_before, ZERO)})


def _pl_carry(desk: _Desk, step: ClosingStep) -> None:
    """结转损益: every leaf of income and of expense to zero against 本年利润 (附录 3103)."""
    for case, sign in (("income", -1), ("expense", 1)):
        total = sign * desk.sum(case)
        booked = desk.done(step.id, case).get("total", ZERO)
        desk.draft(step, _entry(step, case), {"total": booked + total})


def _year_end(desk: _Desk, step: ClosingStep) -> None:
    """年结: 本年利润 to 未分配利润, 法定盈余公积 10% after losses up to half the capital, details back into one.

    Profit and retained earnings are taken as they stood before the step ever ran for this year.
    """
    done = {entry.case: sum(desk.done(step.id, entry.case).values(), ZERO) for entry in step.entries}
    moved = done["profit"] - done["loss"]
    profit = moved - desk.sum("profit_for_year")
    retained = done["appropriation"] - moved - desk.balances.get(desk.code("retained_earnings"), ZERO)
    for case, amount in (("profit", max(profit, ZERO)), ("loss", max(-profit, ZERO))):
        desk.draft(step, _entry(step, case), {case: amount})
    if desk.facts.book.settings.get("statutory_reserve", True):
        base = max(profit + min(retained, ZERO), ZERO)
        limit = fen(-desk.sum("paid_in_capital") * desk.rate("reserve.statutory.limit").value)
        room = max(limit + desk.balances.get(desk.code("statutory_reserve"), ZERO) + done["reserve"], ZERO)
        reserve = min(fen(base * desk.rate("reserve.statutory.rate").value), room)
        desk.draft(step, _entry(step, "reserve"), {"reserve": reserve})
    total = desk.sum("appropriations_of_the_year")
    desk.draft(step, _entry(step, "appropriation"), {"total": done["appropriation"] + total})


_STEPS: Mapping[str, Callable[[_Desk, ClosingStep], None]] = {
    "vat_transfer": _vat_transfer,
    "vat_small_exempt": _vat_small_exempt,
    "surcharges": _surcharges,
    "cit": _cit,
    "pl_carry": _pl_carry,
    "year_end": _year_end,
}
