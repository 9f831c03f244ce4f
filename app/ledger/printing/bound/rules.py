"""The account pages of a bound ledger: 承前页 and 过次页, page numbers through the volume, and the directory.

Law: 会计基础工作规范 Art. 59 (pages without gaps, a directory with the page of each account), Art. 60(8) (what is
carried to the next page), Art. 63 (本月合计, 本年累计, 结转下年, 上年结转).
Invariant: without what is brought and carried, the entries of an account's pages are its entries, in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from app.kernel.money import ZERO
from app.ledger.printing.types import AccountEntries, DirectoryEntry, Entry, LedgerPage
from app.ledger.reports.types import LINE, PERIOD_TOTAL, YEAR_TOTAL

ROWS = 22
"""Rows of an account page, what is brought and carried included."""
DIRECTORY_ROWS = 50
"""Accounts on a page of the directory, in two columns."""
BROUGHT, CARRIED, TO_NEXT_YEAR = "brought", "carried", "to_next_year"
_SUMMARIES = {BROUGHT: "承前页", CARRIED: "过次页"}

Turnover = tuple[Decimal, Decimal]


def ledger_pages(accounts: Iterable[AccountEntries], rows: int = ROWS, *, by_month: bool = False) -> list[LedgerPage]:
    """The pages of these accounts, each account beginning on a page of its own, numbered through from 1.

    What is carried is the turnover since the year began, or `by_month` since the month began (日记账); `rows` is at
    least 3: one brought, one of its own, one carried.
    """
    pages = [(account, entries) for account in accounts for entries in _paged(account, rows, by_month=by_month)]
    return [
        LedgerPage(number, account.code, account.name, entries) for number, (account, entries) in enumerate(pages, 1)
    ]


def directory(pages: Iterable[LedgerPage], rows: int = DIRECTORY_ROWS) -> list[list[DirectoryEntry]]:
    """The pages of the directory: the page on which each account begins."""
    begins: dict[str, DirectoryEntry] = {}
    for page in pages:
        begins.setdefault(page.code, DirectoryEntry(page.code, page.name, page.number))
    entries = list(begins.values())
    return [entries[start : start + rows] for start in range(0, len(entries), rows)]


def _paged(account: AccountEntries, rows: int, *, by_month: bool) -> Iterator[list[Entry]]:
    """The entries of an account page by page; only a full page that is not the last is carried."""
    entries, start = account.entries, 0
    carried = list(_carries(account, by_month=by_month))
    brought: list[Entry] = []
    while len(entries) - start > rows - len(brought):
        end = start + rows - len(brought) - 1
        turnover = carried[end - 1]
        yield [*brought, *entries[start:end], _carry(CARRIED, entries[end - 1], turnover)]
        brought, start = [_carry(BROUGHT, entries[end - 1], turnover)], end
    yield [*brought, *entries[start:]]


def _carry(kind: str, last: Entry, turnover: Turnover) -> Entry:
    debit, credit = turnover
    return Entry(kind, last.period, None, "", _SUMMARIES[kind], "", debit, credit, last.side, last.balance)


class _Moved(NamedTuple):
    """Turnover of the year before the month, and of the month."""

    year: Turnover
    month: Turnover = (ZERO, ZERO)

    def after(self, entry: Entry) -> _Moved:
        """What has moved once this entry is written; a total says it by itself."""
        here = entry.debit or ZERO, entry.credit or ZERO
        if entry.kind == LINE:
            return self._replace(month=_plus(self.month, here))
        if entry.kind == PERIOD_TOTAL:
            return self._replace(month=here)
        return _Moved(here) if entry.kind == YEAR_TOTAL else self


def _plus(one: Turnover, other: Turnover) -> Turnover:
    return one[0] + other[0], one[1] + other[1]


def _carries(account: AccountEntries, *, by_month: bool) -> Iterator[Turnover]:
    """For each entry, what is carried when a page ends with it."""
    moved = accumulate(account.entries, _Moved.after, initial=_Moved(account.year_before))
    next(moved)  # before any entry
    return (state.month if by_month else _plus(state.year, state.month) for state in moved)


def account_entries(
    totals: Sequence[Entry], lines: Sequence[Entry], code: str, name: str, *, ends_year: bool, continued: bool
) -> AccountEntries:
    """The entries of an account: its opening, each month's lines before the month's totals, 结转下年 after December.

    `totals` are opening, month and year totals in order, `lines` come in order with no balance yet; `continued` says
    that the book was kept in the year before (上年结转).
    """
    opening, *rest = totals
    found = [opening._replace(summary="上年结转") if continued else opening]
    signed = opening.balance if opening.side == "debit" else -opening.balance
    by_period: dict[str, list[Entry]] = {}
    for line in lines:
        by_period.setdefault(line.period, []).append(line)
    for total in rest:
        if total.kind == PERIOD_TOTAL:
            for line in by_period.get(total.period, ()):
                signed += (line.debit or ZERO) - (line.credit or ZERO)
                found.append(line._replace(side=side(signed), balance=abs(signed)))
        found.append(total)
    last = found[-1]
    if ends_year and last.balance:
        found.append(last._replace(kind=TO_NEXT_YEAR, summary="结转下年", debit=None, credit=None))
    return AccountEntries(code, name, _year_before(rest), found)


def _year_before(totals: Sequence[Entry]) -> Turnover:
    """What moved in the year before the first month shown: its year to date less its own turnover."""
    month, year = totals[0], totals[1]
    return (year.debit or ZERO) - (month.debit or ZERO), (year.credit or ZERO) - (month.credit or ZERO)


def side(amount: Decimal) -> str:
    """The side a signed balance stands on: debit 借, credit 贷 or flat 平."""
    return "debit" if amount > 0 else "credit" if amount < 0 else "flat"
