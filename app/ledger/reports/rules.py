"""The pure part of the books of account: roll-up of parents, sides of balances, running balances and subtotals.

Invariant: only leaf accounts carry figures; a parent shows the sum of the leaves under it, each counted once, because
children are added to their parent from the bottom up and every account has one parent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.kernel.money import ZERO
from app.ledger.reports.errors import AccountNotFound
from app.ledger.reports.types import OPENING, PERIOD_TOTAL, YEAR_TOTAL, AccountHead, Movement, Row

SUMMARIES = {OPENING: "期初余额", PERIOD_TOTAL: "本月合计", YEAR_TOTAL: "本年累计"}


def side(amount: Decimal) -> str:
    """The side a signed balance stands on: `debit` 借, `credit` 贷 or `flat` 平."""
    return "debit" if amount > 0 else "credit" if amount < 0 else "flat"


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


def roll_up(accounts: Sequence[AccountHead], leaves: Mapping[int, Movement]) -> dict[str, Movement]:
    """What moved on every account that has figures, parents included, by code."""
    found: dict[str, Movement] = {}
    for account in reversed(accounts):
        moved = leaves.get(account.id)
        if moved is not None:
            found[account.code] = found[account.code].plus(moved) if account.code in found else moved
        if account.parent_code and account.code in found:
            above = found.get(account.parent_code)
            found[account.parent_code] = above.plus(found[account.code]) if above else found[account.code]
    return found


def trial_rows(
    accounts: Sequence[AccountHead], moved: Mapping[str, Movement], deepest: int, *, zeros: bool
) -> list[Row]:
    """The rows of a trial balance down to a level; accounts where nothing is and nothing moved only with `zeros`."""
    depth = levels(accounts)
    rows = []
    for account in accounts:
        figures = moved.get(account.code, _NOTHING)
        if depth[account.code] > deepest or not (zeros or any(figures)):
            continue
        opening, debit, credit, year_debit, year_credit = figures
        closing = opening + debit - credit
        rows.append(
            {
                "account_code": account.code,
                "account_name": account.name_zh,
                "account_name_en": account.name_en,
                "level": depth[account.code],
                "leaf": account.leaf,
                "opening_side": side(opening),
                "opening": abs(opening),
                "debit": debit,
                "credit": credit,
                "year_debit": year_debit,
                "year_credit": year_credit,
                "closing_side": side(closing),
                "closing": abs(closing),
            }
        )
    return rows


_NOTHING = Movement()


def trial_totals(accounts: Iterable[AccountHead], moved: Mapping[str, Movement]) -> Row:
    """The totals of a trial balance over the accounts of the first level, and whether each pair is equal."""
    tops = [moved[account.code] for account in accounts if account.parent_code is None and account.code in moved]
    totals = {
        "opening_debit": _sum(top.opening for top in tops if top.opening > 0),
        "opening_credit": -_sum(top.opening for top in tops if top.opening < 0),
        "debit": _sum(top.debit for top in tops),
        "credit": _sum(top.credit for top in tops),
        "year_debit": _sum(top.year_debit for top in tops),
        "year_credit": _sum(top.year_credit for top in tops),
        "closing_debit": _sum(top.closing for top in tops if top.closing > 0),
        "closing_credit": -_sum(top.closing for top in tops if top.closing < 0),
    }
    pairs = ("opening_{}", "{}", "year_{}", "closing_{}")
    balanced = all(totals[pair.format("debit")] == totals[pair.format("credit")] for pair in pairs)
    return {**totals, "balanced": balanced}


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def months_of(by_period: Iterable[Any], periods: Sequence[str]) -> dict[str, Movement]:
    """One account's movement in each period of a range, year to date included, from its rows since month 00.

    A period without a row opens with nothing: every opened period has a row of each key with a balance.
    """
    sums: dict[str, list[Decimal]] = {}
    for row in by_period:
        of_period = sums.setdefault(row.period, [ZERO, ZERO, ZERO])
        for index, amount in enumerate((row.opening, row.debit, row.credit)):
            of_period[index] += amount
    found: dict[str, Movement] = {}
    year, debit, credit = "", ZERO, ZERO
    for period in sorted({*sums, *periods}):
        if period[:4] != year:
            year, debit, credit = period[:4], ZERO, ZERO
        opening, month_debit, month_credit = sums.get(period, (ZERO, ZERO, ZERO))
        debit, credit = debit + month_debit, credit + month_credit
        found[period] = Movement(opening, month_debit, month_credit, debit, credit)
    return {period: found[period] for period in periods}


def opening_row(period: str, moved: Movement) -> Row:
    """期初余额: what a ledger starts with."""
    return _ledger_row(OPENING, period, None, None, moved.opening)


def total_rows(period: str, moved: Movement) -> Iterator[Row]:
    """本月合计 and 本年累计 of a period."""
    yield _ledger_row(PERIOD_TOTAL, period, moved.debit, moved.credit, moved.closing)
    yield _ledger_row(YEAR_TOTAL, period, moved.year_debit, moved.year_credit, moved.closing)


def _ledger_row(kind: str, period: str, debit: Decimal | None, credit: Decimal | None, balance: Decimal) -> Row:
    return {
        "kind": kind,
        "period": period,
        "summary": SUMMARIES[kind],
        "debit": debit,
        "credit": credit,
        "side": side(balance),
        "balance": abs(balance),
    }
