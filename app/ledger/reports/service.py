"""The books of account (账簿): 科目余额表, 总账, 明细账 and 序时账, with or without unposted vouchers (包含未记账).

Invariant: balances and subtotals come from the kept balance rows, lines only fill the pages between them; so a report
costs what it shows, not what the book holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from app.books.types import BookRef
from app.kernel.money import ZERO
from app.kernel.periods import Period
from app.ledger.dimensions import queries as dimensions
from app.ledger.dimensions.types import split
from app.ledger.periods.errors import PeriodNotFound
from app.ledger.reports import queries, rules
from app.ledger.reports.errors import AccountNotFound, SpanRejected
from app.ledger.reports.types import BEFORE_ALL, LINE, STAGES, AccountHead, LedgerPlace, LineKey, Movement, Row
from tenants.scope import TenantScope

MOST_MONTHS = 36


@dataclass(frozen=True, slots=True)
class Span:
    """A range of periods of a book, both ends included; `unposted` counts drafts and reviewed vouchers in."""

    first: Period
    last: Period
    unposted: bool = False

    @property
    def ends(self) -> tuple[str, str]:
        """Both keys."""
        return str(self.first), str(self.last)

    @property
    def statuses(self) -> Sequence[str]:
        """The states of the vouchers that are shown."""
        return queries.WITH_UNPOSTED if self.unposted else queries.POSTED


class TrialBalance(NamedTuple):
    """The rows of a trial balance and its totals."""

    rows: list[Row]
    totals: Row


def trial_balance(
    scope: TenantScope, book: BookRef, period: Period, *, unposted: bool = False, deepest: int = 9, zeros: bool = False
) -> TrialBalance:
    """The trial balance (科目余额表) of a period: opening, turnover, year to date and closing, parents rolled up.

    Raises `PeriodNotFound`.
    """
    leaves = queries.month(scope, book.id, str(period.opening), str(period), unposted=unposted)
    accounts = queries.accounts_at(scope, book.id, str(period), leaves, whole=zeros)
    if not accounts:
        raise PeriodNotFound(period=str(period))
    moved = rules.roll_up(accounts, leaves)
    return TrialBalance(rules.trial_rows(accounts, moved, deepest, zeros=zeros), rules.trial_totals(accounts, moved))


def general_ledger(
    scope: TenantScope, book: BookRef, span: Span, *, account_code: str | None = None, deepest: int = 1
) -> list[Row]:
    """The general ledger (总账): for each account with figures, 期初余额 and then 本月合计 and 本年累计 of each month.

    Without an account, every account down to a level. Raises `PeriodNotFound`, `SpanRejected`, `AccountNotFound`.
    """
    periods = _periods(scope, book, span)
    accounts = queries.accounts(scope, book.id)
    depth = rules.levels(accounts)
    shown = [a for a in accounts if (a.code == account_code if account_code else depth[a.code] <= deepest)]
    if account_code and not shown:
        raise AccountNotFound(account=account_code)
    leaves = {account.code: rules.leaves_under(accounts, account.code) for account in shown}
    found = _by_period(scope, book, span, {leaf for of_one in leaves.values() for leaf in of_one})
    rows: list[Row] = []
    for account in shown:
        figures = [row for leaf in leaves[account.code] for row in found.get(leaf, ())]
        if figures or account_code:
            rows += _general_rows(account, rules.months_of(figures, periods))
    return rows


def _general_rows(account: AccountHead, months: dict[str, Movement]) -> Iterator[Row]:
    head = {"account_code": account.code, "account_name": account.name_zh}
    first = next(iter(months))
    yield head | rules.opening_row(first, months[first])
    for period, moved in months.items():
        yield from (head | row for row in rules.total_rows(period, moved))


def subsidiary_ledger(
    scope: TenantScope, book: BookRef, span: Span, account_code: str, after: LedgerPlace | None, limit: int
) -> list[Row]:
    """The subsidiary ledger (明细账) of an account and everything under it: at most `limit` rows after a place.

    期初余额, each line in the order of date and voucher number with its running balance, 本月合计 and 本年累计 of
    every month. Raises `PeriodNotFound`, `SpanRejected`, `AccountNotFound`.
    """
    periods = _periods(scope, book, span)
    accounts = queries.accounts(scope, book.id)
    leaves = rules.leaves_under(accounts, account_code)
    found = _by_period(scope, book, span, leaves)
    months = rules.months_of([row for of_leaf in found.values() for row in of_leaf], periods)
    place = after or LedgerPlace(periods[0], -1, BEFORE_ALL)
    key = _last_of(place.period) if place.stage > STAGES.index(LINE) else place.line
    rest = (max(span.ends[0], place.period), span.ends[1])
    lines = queries.lines(scope, book.id, leaves, rest, key, limit, span.statuses)
    running = ZERO
    if place.stage == STAGES.index(LINE):
        running = queries.moved_up_to(scope, book.id, leaves, place.period, place.line, span.statuses)
    shown = list(islice(_ledger_rows(months, lines, place, running), limit))
    _name(scope, book, shown, {account.id: account for account in accounts})
    return shown


def _ledger_rows(
    months: dict[str, Movement], lines: Sequence[Any], place: LedgerPlace, moved_before: Decimal
) -> Iterator[Row]:
    """The rows after a place; `lines` may end early, but never before the caller has enough rows."""
    by_period: dict[str, list[Any]] = {}
    for line in lines:
        by_period.setdefault(line.period, []).append(line)
    if place.stage < 0:
        yield rules.opening_row(place.period, months[place.period])
    for period, moved in months.items():
        if period < place.period:
            continue
        running = moved.opening + (moved_before if period == place.period else ZERO)
        for line in by_period.get(period, ()):
            running += line.debit - line.credit
            yield _line_row(line) | {
                "kind": LINE,
                "period": period,
                "side": rules.side(running),
                "balance": abs(running),
            }
        for row in rules.total_rows(period, moved):
            if (period, STAGES.index(row["kind"])) > (place.period, place.stage):
                yield row


def journal(scope: TenantScope, book: BookRef, span: Span, after: LineKey | None, limit: int) -> list[Row]:
    """The journal (序时账): at most `limit` lines after a key, in the order of date, voucher number and line.

    Raises `PeriodNotFound`, `SpanRejected`.
    """
    _periods(scope, book, span)
    key = after or BEFORE_ALL
    rest = (max(span.ends[0], f"{key.date:%Y-%m}"), span.ends[1])
    rows = [_line_row(line) for line in queries.journal(scope, book.id, rest, key, limit, span.statuses)]
    _name(scope, book, rows, {account.id: account for account in queries.accounts(scope, book.id)})
    return rows


def _last_of(period: str) -> LineKey:
    return LineKey(Period.parse(period).plus(1).first_day, "", 0, 0, 0)


def _line_row(line: Any) -> Row:
    return {
        "date": line.date,
        "voucher_id": line.voucher_id,
        "word": line.word,
        "number": line.number,
        "part": line.part,
        "parts": line.parts,
        "line_no": line.line_no,
        "status": line.status,
        "account_code": line.account_id,
        "dim_set_id": line.dim_set_id,
        "summary": line.summary,
        "debit": line.debit,
        "credit": line.credit,
    }


def _name(scope: TenantScope, book: BookRef, rows: Sequence[Row], accounts: dict[int, AccountHead]) -> None:
    """Replace the ids of accounts and dimension sets in rows of lines by codes and names."""
    named = [row for row in rows if "voucher_id" in row]
    held = dimensions.named(scope, book.id, (row["dim_set_id"] for row in named))
    for row in named:
        account = accounts[row["account_code"]]
        row["account_code"], row["account_name"] = account.code, account.name_zh
        row["counterparty"], row["items"] = split(held.get(row.pop("dim_set_id"), ()))


def _by_period(scope: TenantScope, book: BookRef, span: Span, leaves: Sequence[int] | set[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    first, last = str(span.first.opening), str(span.last)
    for row in queries.by_period(scope, book.id, leaves, first, last, unposted=span.unposted):
        found.setdefault(row.account_id, []).append(row)
    return found


def _periods(scope: TenantScope, book: BookRef, span: Span) -> list[str]:
    """The periods of a range; the book must have reached both ends."""
    if not 0 <= (span.last.year - span.first.year) * 12 + span.last.month - span.first.month < MOST_MONTHS:
        raise SpanRejected(limit=MOST_MONTHS)
    periods = queries.reached(scope, book.id, *span.ends)
    for end in span.ends:
        if end not in periods:
            raise PeriodNotFound(period=end)
    return periods
