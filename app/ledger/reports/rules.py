"""The pure part of the books of account: roll-up of parents, sides of balances, running balances and subtotals.

Invariant: only leaf accounts carry figures; a parent shows the sum of the leaves under it, each counted once, because
children are added to their parent from the bottom up and every account has one parent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Any, Protocol, TypeVar

from app.kernel.money import ZERO
from app.ledger.accounts.errors import AccountNotFound
from app.ledger.reports.types import (
    DAY_TOTAL,
    LINE,
    NONE,
    OPENING,
    PERIOD_TOTAL,
    STAGES,
    STANDARD,
    YEAR_TOTAL,
    AccountHead,
    Before,
    Figures,
    Layout,
    LedgerPlace,
    Measures,
    Movement,
    Row,
)

SUMMARIES = {OPENING: "期初余额", DAY_TOTAL: "本日合计", PERIOD_TOTAL: "本月合计", YEAR_TOTAL: "本年累计"}
_PRICE = Decimal("0.00000001")


class Additive(Protocol):
    """What can be rolled up."""

    def plus(self, other: Any, /) -> Any:
        """The sum of both."""


M = TypeVar("M", bound=Additive)


def side(amount: Decimal) -> str:
    """The side a signed balance stands on: `debit` 借, `credit` 贷 or `flat` 平."""
    return "debit" if amount > 0 else "credit" if amount < 0 else "flat"


def plain(number: Decimal) -> Decimal:
    """A quantity, price or rate without the zeros at its end."""
    number = number.normalize()
    return number if number else NONE


def price(amount: Decimal, quantity: Decimal) -> Decimal | None:
    """The unit price (单价) of an amount, to eight places; nothing costs nothing a piece."""
    if not quantity or not amount:
        return None
    return plain((amount / quantity).quantize(_PRICE, ROUND_HALF_UP))


def levels(accounts: Sequence[AccountHead]) -> dict[str, int]:
    """The level of each account by code; the accounts come in the order of codes."""
    found: dict[str, int] = {}
    for account in accounts:
        found[account.code] = found[account.parent_code] + 1 if account.parent_code else 1
    return found


def leaves_under(accounts: Sequence[AccountHead], code: str) -> list[int]:
    """The ids of the leaf accounts at and under a code; raises `AccountNotFound`."""
    under = {code}
    leaves = []
    for account in accounts:
        if account.code == code or account.parent_code in under:
            under.add(account.code)
            if account.leaf:
                leaves.append(account.id)
    if not leaves:
        raise AccountNotFound(account=code)
    return leaves


def unit_of(accounts: Iterable[AccountHead], leaves: Iterable[int]) -> str | None:
    """The unit of these leaf accounts when all that are kept in quantity share one; different units do not add up."""
    among = set(leaves)
    units = {account.unit for account in accounts if account.id in among and account.unit}
    return units.pop() if len(units) == 1 else None


def roll_up(accounts: Sequence[AccountHead], leaves: Mapping[int, M]) -> dict[str, M]:
    """What moved on every account that has figures, parents included, by code."""
    found: dict[str, M] = {}
    for account in reversed(accounts):
        moved = leaves.get(account.id)
        if moved is not None:
            found[account.code] = found[account.code].plus(moved) if account.code in found else moved
        if account.parent_code and account.code in found:
            above = found.get(account.parent_code)
            found[account.parent_code] = above.plus(found[account.code]) if above else found[account.code]
    return found


def totals(moved: Iterable[Movement]) -> Row:
    """The totals over movements that do not contain each other: balances by their side, turnover as it is."""
    tops = list(moved)
    openings, closings = [top.opening for top in tops], [top.closing for top in tops]
    return {
        "opening_debit": _sum(amount for amount in openings if amount > 0),
        "opening_credit": -_sum(amount for amount in openings if amount < 0),
        "debit": _sum(top.debit for top in tops),
        "credit": _sum(top.credit for top in tops),
        "year_debit": _sum(top.year_debit for top in tops),
        "year_credit": _sum(top.year_credit for top in tops),
        "closing_debit": _sum(amount for amount in closings if amount > 0),
        "closing_credit": -_sum(amount for amount in closings if amount < 0),
    }


def balanced(sums: Row) -> bool:
    """Whether both sides of every pair of totals are equal."""
    pairs = ("opening_{}", "{}", "year_{}", "closing_{}")
    return all(sums[pair.format("debit")] == sums[pair.format("credit")] for pair in pairs)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def moved_row(figures: Figures, layout: Layout) -> Row:
    """Opening, turnover, year to date and closing in every measure of a layout.

    Balances are positive amounts on a side; a quantity or foreign balance is signed towards that side.
    """
    opening, debit, credit, year_debit, year_credit = figures.amount
    closing = opening + debit - credit
    row: Row = {
        "opening_side": side(opening),
        "opening": abs(opening),
        "debit": debit,
        "credit": credit,
        "year_debit": year_debit,
        "year_credit": year_credit,
        "closing_side": side(closing),
        "closing": abs(closing),
    }
    if layout.foreign:
        row |= _measure("foreign", figures.foreign, opening, closing)
    if layout.quantity:
        quantities = {
            name: plain(each) for name, each in _measure("quantity", figures.quantity, opening, closing).items()
        }
        row |= quantities
        for name in ("opening", "closing"):
            row[f"{name}_price"] = price(row[name], row[f"{name}_quantity"])
    return row


def _measure(name: str, moved: Movement, opening: Decimal, closing: Decimal) -> Row:
    return {
        f"opening_{name}": towards(opening, moved.opening),
        f"debit_{name}": moved.debit,
        f"credit_{name}": moved.credit,
        f"year_debit_{name}": moved.year_debit,
        f"year_credit_{name}": moved.year_credit,
        f"closing_{name}": towards(closing, moved.closing),
    }


def towards(amount: Decimal, measure: Decimal) -> Decimal:
    """A signed measure as it is shown beside its amount: positive when it stands on the amount's side."""
    return ZERO - measure if amount < 0 else measure


def months_of(by_period: Iterable[Any], periods: Sequence[str]) -> dict[str, Figures]:
    """One account's movement in each period of a range, year to date included, from its rows since month 00.

    A period without a row opens with nothing: every opened period has a row of each key with a balance.
    """
    sums: dict[str, list[Decimal]] = {}
    for row in by_period:
        of_period = sums.setdefault(row.period, list(_NO_SUMS))
        for index, amount in enumerate(row[3:12]):
            of_period[index] += amount
    found: dict[str, Figures] = {}
    year, so_far = "", list(_NO_SUMS)
    for period in sorted({*sums, *periods}):
        if period[:4] != year:
            year, so_far = period[:4], list(_NO_SUMS)
        month = sums.get(period, _NO_SUMS)
        so_far = [before + now for before, now in zip(so_far, month, strict=True)]
        found[period] = Figures(*(Movement(*month[n : n + 3], *so_far[n + 1 : n + 3]) for n in (0, 3, 6)))
    return {period: found[period] for period in periods}


_NO_SUMS = (ZERO,) * 6 + (NONE,) * 3


def opening_row(period: str, moved: Figures, layout: Layout = STANDARD) -> Row:
    """期初余额: what a ledger starts with."""
    opening = Measures(*(each.opening for each in moved))
    return ledger_row(OPENING, period, None, None, opening, layout)


def total_rows(period: str, moved: Figures, layout: Layout = STANDARD) -> Iterator[Row]:
    """本月合计 and 本年累计 of a period."""
    closing = Measures(*(each.closing for each in moved))
    month = Measures(*(each.debit for each in moved)), Measures(*(each.credit for each in moved))
    year = Measures(*(each.year_debit for each in moved)), Measures(*(each.year_credit for each in moved))
    yield ledger_row(PERIOD_TOTAL, period, *month, closing, layout)
    yield ledger_row(YEAR_TOTAL, period, *year, closing, layout)


def ledger_row(
    kind: str, period: str, debit: Measures | None, credit: Measures | None, balance: Measures, layout: Layout
) -> Row:
    """A subtotal of a ledger in the measures of its layout."""
    row: Row = {
        "kind": kind,
        "period": period,
        "summary": SUMMARIES[kind],
        "debit": debit.amount if debit else None,
        "credit": credit.amount if credit else None,
    }
    return row | sides(debit, credit, balance, layout)


def sides(debit: Measures | None, credit: Measures | None, balance: Measures, layout: Layout) -> Row:
    """The balance of a ledger's row, and what its layout shows beside the amounts."""
    amount = balance.amount
    row: Row = {"side": side(amount), "balance": abs(amount)}
    if layout.foreign:
        row["debit_foreign"] = debit.foreign if debit else None
        row["credit_foreign"] = credit.foreign if credit else None
        row["balance_foreign"] = towards(amount, balance.foreign)
    if layout.quantity:
        for name, each in (("debit", debit), ("credit", credit)):
            row[f"{name}_quantity"] = plain(each.quantity) if each else None
            row[f"{name}_price"] = price(each.amount, each.quantity) if each else None
        row["balance_quantity"] = plain(towards(amount, balance.quantity))
        row["balance_price"] = price(row["balance"], row["balance_quantity"])
    return row


def ledger_rows(
    months: Mapping[str, Figures],
    lines: Iterable[Any],
    place: LedgerPlace,
    before: Before,
    *,
    layout: Layout,
    daily: bool,
    more: Callable[[Any], Row],
) -> Iterator[Row]:
    """The rows of a ledger after a place; `lines` may end early, but never before the caller has enough rows.

    `daily` adds 本日合计 after the last line of each day, `more` what a book of account adds to the row of a line.
    """
    by_period = groupby(lines, key=lambda line: line.period)
    period_of_lines, group = next(by_period, ("", iter(())))
    if place.stage < 0:
        yield opening_row(place.period, months[place.period], layout)
    for period, moved in months.items():
        if period < place.period:
            continue
        came = before if period == place.period else Before()
        day = place.line.date if daily and period == place.period and place.stage == STAGES.index(LINE) else None
        running = _Running(period, Measures(*(each.opening for each in moved)), came, layout, daily, day)
        if period_of_lines == period:
            for line in group:
                yield from running.line(line, more)
            period_of_lines, group = next(by_period, ("", iter(())))
        yield from running.end_of_day()
        for row in total_rows(period, moved, layout):
            if (period, STAGES.index(row["kind"])) > (place.period, place.stage):
                yield row


class _Running:
    """The balance as the lines of a period go by, and the sums of the day they stand on."""

    def __init__(self, period: str, opening: Measures, before: Before, layout: Layout, daily: bool, day: Any) -> None:
        self.period, self.layout, self.daily, self.day = period, layout, daily, day
        self.amount, self.foreign, self.quantity = map(Decimal.__add__, opening, before.moved)
        self.debit, self.credit = (before.day_debit, before.day_credit) if day else (ZERO, ZERO)

    def line(self, line: Any, more: Callable[[Any], Row]) -> Iterator[Row]:
        """The row of a line, after the total of the day before when a new day begins."""
        if self.daily:
            if self.day is not None and line.date != self.day:
                yield from self.end_of_day()
            self.day = line.date
            self.debit += line.debit
            self.credit += line.credit
        self.amount += line.debit - line.credit
        row = line_row(line) | {"kind": LINE, "period": self.period}
        if self.layout == STANDARD:
            row["side"], row["balance"] = side(self.amount), abs(self.amount)
        else:
            row |= self._measured(line)
        yield row | more(line)

    def _measured(self, line: Any) -> Row:
        foreign, quantity = line.foreign_amount or ZERO, line.quantity or NONE
        debit = Measures(line.debit, foreign, quantity) if line.debit else None
        credit = Measures(line.credit, foreign, quantity) if line.credit else None
        sign = 1 if debit else -1
        self.foreign += sign * foreign
        self.quantity += sign * quantity
        return sides(debit, credit, Measures(self.amount, self.foreign, self.quantity), self.layout)

    def end_of_day(self) -> Iterator[Row]:
        """本日合计, once for a day that had lines."""
        if self.day is None:
            return
        debit, credit = Measures(self.debit), Measures(self.credit)
        balance = Measures(self.amount, self.foreign, self.quantity)
        row = ledger_row(DAY_TOTAL, self.period, debit, credit, balance, STANDARD)
        yield row | {"date": self.day}
        self.day, self.debit, self.credit = None, ZERO, ZERO


def line_row(line: Any) -> Row:
    """A line as books of account show it; its account and items still by their ids."""
    source = {"type": line.source_type, "id": line.source_id, "rule": line.source_rule} if line.source_id else None
    return {
        "date": line.date,
        "voucher_id": line.voucher_id,
        "word": line.word,
        "number": line.number,
        "part": line.part,
        "parts": line.parts,
        "line_no": line.line_no,
        "status": line.status,
        "source": source,
        "account_code": line.account_id,
        "dim_set_id": line.dim_set_id,
        "summary": line.summary,
        "debit": line.debit,
        "credit": line.credit,
        "currency": line.currency,
        "foreign_amount": line.foreign_amount,
        "rate": plain(line.rate) if line.rate is not None else None,
        "quantity": plain(line.quantity) if line.quantity is not None else None,
        "unit_price": plain(line.unit_price) if line.unit_price is not None else None,
    }
