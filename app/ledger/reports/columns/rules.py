"""The columns of an analysis: which there are, and what each holds in a month and in the year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.kernel.money import ZERO
from app.ledger.reports.types import PERIOD_TOTAL, YEAR_TOTAL, AccountHead

Totals = dict[tuple[str, str], Mapping[str, Decimal]]


def children(accounts: Sequence[AccountHead], code: str) -> tuple[dict[int, str], dict[str, str]]:
    """The account right below a code that each leaf belongs to, by leaf id, and the names of those accounts."""
    above: dict[str, str] = {}
    leaves, names = {}, {}
    for account in accounts:
        if account.parent_code == code:
            above[account.code] = account.code
            names[account.code] = account.name_zh
        elif account.parent_code in above:
            above[account.code] = above[account.parent_code]
        else:
            continue
        if account.leaf:
            leaves[account.id] = above[account.code]
    return leaves, names


def month_ends(
    by_period: Iterable[Any], column: Callable[[Any], str], periods: Sequence[str], sign: int
) -> tuple[Totals, set[str]]:
    """What each column holds in each month and in its year so far, and the columns that moved in these periods."""
    months: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    moved: set[str] = set()
    for row in by_period:
        key = column(row)
        months[row.period][key] += sign * (row.debit - row.credit)
        if row.period in periods and (row.debit or row.credit):
            moved.add(key)
    found: Totals = {}
    year = ""
    so_far: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for period in sorted({*months, *periods}):
        if period[:4] != year:
            year, so_far = period[:4], defaultdict(lambda: ZERO)
        for key, amount in months[period].items():
            so_far[key] += amount
        if period in periods:
            found[PERIOD_TOTAL, period] = {key: amount for key, amount in months[period].items() if key in moved}
            found[YEAR_TOTAL, period] = {key: amount for key, amount in so_far.items() if key in moved or amount}
    return found, moved | {key for held in found.values() for key in held}
