"""The books of account (账簿): 科目余额表, 总账, 明细账 and 序时账, with or without unposted vouchers (包含未记账).

Invariant: balances and subtotals come from the kept balance rows, lines only fill the pages between them; so a report
costs what it shows, not what the book holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from app.books.types import BookRef
from app.kernel.money import RMB
from app.kernel.periods import Period
from app.ledger.accounts.errors import AccountNotFound
from app.ledger.dimensions.types import split
from app.ledger.periods.errors import PeriodNotFound
from app.ledger.reports import queries, rules
from app.ledger.reports.errors import CurrencyNeeded, RangeRejected, SpanRejected
from app.ledger.reports.queries import Bounds, JournalAsked, LinesAsked
from app.ledger.reports.trial import rules as trial_rules
from app.ledger.reports.trial.types import SIMPLE, TrialBalance, TrialShape
from app.ledger.reports.types import (
    BEFORE_ALL,
    DAY_TOTAL,
    LINE,
    STAGES,
    STANDARD,
    WHOLE,
    AccountHead,
    Before,
    Chosen,
    Figures,
    Layout,
    LedgerPlace,
    LineKey,
    Only,
    Row,
    after_day,
)
from tenants.scope import TenantScope

MOST_MONTHS = 36
_NAMED_AT_ONCE = 1000


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
    def bounds(self) -> Bounds:
        """The periods its balances are read from."""
        return Bounds(*self.ends, str(self.last.opening))

    @property
    def statuses(self) -> Sequence[str]:
        """The states of the vouchers that are shown."""
        return queries.WITH_UNPOSTED if self.unposted else queries.POSTED


def trial_balance(
    scope: TenantScope,
    book: BookRef,
    period: Period,
    *,
    since: Period | None = None,
    unposted: bool = False,
    shape: TrialShape = SIMPLE,
) -> TrialBalance:
    """The trial balance (科目余额表) of a period, or of the periods from `since` to it, parents rolled up.

    The opening is that of the first period, the turnover that of all, year to date and closing those of the last.
    Raises `PeriodNotFound`, `SpanRejected`, `RangeRejected`.
    """
    span = Span(since or period, period, unposted)
    if since is not None:
        periods(scope, book, span)
    if not shape.codes.forwards:
        raise RangeRejected(range="account")
    if shape.highest > shape.deepest:
        raise RangeRejected(range="level")
    if shape.plain:
        leaves = queries.amounts(scope, book.id, span.bounds, unposted=unposted)
        accounts = _accounts_at(scope, book, period, leaves, shape)
        return trial_rules.standard(accounts, leaves, shape)
    moved = queries.figures(
        scope,
        book.id,
        span.bounds,
        unposted=unposted,
        by_set=shape.items,
        by_currency=shape.layout.foreign,
        chosen=Chosen(shape.currency),
    )
    accounts = _accounts_at(scope, book, period, {key[0] for key in moved}, shape)
    names = queries.held(scope, book.id, {key[1] for key in moved}) if shape.items else {}
    return trial_rules.keyed(accounts, moved, names, shape)


def _accounts_at(
    scope: TenantScope, book: BookRef, period: Period, leaves: Iterable[int], shape: TrialShape
) -> list[AccountHead]:
    accounts = queries.accounts_at(scope, book.id, str(period), set(leaves), whole=shape.zeros)
    if not accounts:
        raise PeriodNotFound(period=str(period))
    return accounts


def general_ledger(
    scope: TenantScope,
    book: BookRef,
    span: Span,
    *,
    account_code: str | None = None,
    deepest: int = 1,
    layout: Layout = STANDARD,
    only: Only = WHOLE,
) -> list[Row]:
    """The general ledger (总账): for each account with figures, 期初余额 and then 本月合计 and 本年累计 of each month.

    Without an account, every account down to a level. Raises `PeriodNotFound`, `SpanRejected`, `AccountNotFound`,
    `CurrencyNeeded`, `DimensionNotFound`, `ItemNotFound`.
    """
    reached = periods(scope, book, span)
    chosen = _chosen(scope, book, layout, only)
    accounts = queries.accounts(scope, book.id)
    depth = rules.levels(accounts)
    shown = [a for a in accounts if (a.code == account_code if account_code else depth[a.code] <= deepest)]
    if account_code and not shown:
        raise AccountNotFound(account=account_code)
    leaves = {account.code: rules.leaves_under(accounts, account.code) for account in shown}
    found: dict[int, list[Any]] = {}
    for row in _by_period(scope, book, span, {leaf for of_one in leaves.values() for leaf in of_one}, chosen):
        found.setdefault(row.account_id, []).append(row)
    rows: list[Row] = []
    for account in shown:
        figures = [row for leaf in leaves[account.code] for row in found.get(leaf, ())]
        if figures or account_code:
            head = {"account_code": account.code, "account_name": account.name_zh}
            if layout.quantity:
                head["unit"] = rules.unit_of(accounts, leaves[account.code]) or ""
            rows += _general_rows(head, rules.months_of(figures, reached), layout)
    return rows


def _general_rows(head: Row, months: Mapping[str, Figures], layout: Layout) -> Iterator[Row]:
    first = next(iter(months))
    yield head | rules.opening_row(first, months[first], layout)
    for period, moved in months.items():
        yield from (head | row for row in rules.total_rows(period, moved, layout))


class Ledger(NamedTuple):
    """A subsidiary ledger that is about to be read: its accounts, their months, and what part of them is shown."""

    span: Span
    accounts: Mapping[int, AccountHead]
    leaves: Sequence[int]
    months: Mapping[str, Figures]
    chosen: Chosen
    layout: Layout
    daily: bool


def open_ledger(
    scope: TenantScope,
    book: BookRef,
    span: Span,
    account_code: str | None,
    *,
    layout: Layout = STANDARD,
    only: Only = WHOLE,
    daily: bool = False,
) -> Ledger:
    """The subsidiary ledger of an account and everything under it, or of the whole chart, which needs an item.

    `daily` adds 本日合计. Raises `PeriodNotFound`, `SpanRejected`, `AccountNotFound`, `CurrencyNeeded`,
    `DimensionNotFound`, `ItemNotFound`.
    """
    reached = periods(scope, book, span)
    chosen = _chosen(scope, book, layout, only)
    accounts = queries.accounts(scope, book.id)
    leaves = rules.leaves_under(accounts, account_code) if account_code else [a.id for a in accounts if a.leaf]
    months = rules.months_of(_by_period(scope, book, span, leaves, chosen), reached)
    return Ledger(span, {account.id: account for account in accounts}, leaves, months, chosen, layout, daily)


def _nothing(_: Any) -> Row:
    return {}


def ledger_rows(
    scope: TenantScope,
    book: BookRef,
    ledger: Ledger,
    after: LedgerPlace | None = None,
    limit: int | None = None,
    *,
    more: Callable[[Any], Row] = _nothing,
) -> Iterator[Row]:
    """The rows of a ledger after a place: a page of `limit`, or all of them, read as they are needed.

    期初余额, each line in the order of date and voucher number with its running balance, 本月合计 and 本年累计 of
    every month. `more` is what a book of account adds to the row of a line.
    """
    span = ledger.span
    place = after or LedgerPlace(span.ends[0], -1, BEFORE_ALL)
    key = _last_of(place.period) if place.stage > STAGES.index(DAY_TOTAL) else place.line
    rest = (max(span.ends[0], place.period), span.ends[1])
    asked = LinesAsked(ledger.leaves, rest, key, span.statuses, ledger.chosen, limit)
    before = Before()
    if place.stage in (STAGES.index(LINE), STAGES.index(DAY_TOTAL)):
        before = queries.before(scope, book.id, place.period, asked)
    lines: Iterable[Any] = queries.every_line(scope, book.id, asked)
    if limit is not None:
        lines = queries.lines(scope, book.id, ledger.leaves, rest, key, limit, span.statuses, ledger.chosen)
    found = rules.ledger_rows(ledger.months, lines, place, before, layout=ledger.layout, daily=ledger.daily, more=more)
    return _named(scope, book, islice(found, limit), ledger.accounts)


def subsidiary_ledger(
    scope: TenantScope,
    book: BookRef,
    span: Span,
    account_code: str | None,
    after: LedgerPlace | None,
    limit: int,
    *,
    layout: Layout = STANDARD,
    only: Only = WHOLE,
) -> list[Row]:
    """The subsidiary ledger (明细账) as `open_ledger` opens it: at most `limit` rows after a place."""
    ledger = open_ledger(scope, book, span, account_code, layout=layout, only=only)
    return list(ledger_rows(scope, book, ledger, after, limit))


def journal(
    scope: TenantScope, book: BookRef, span: Span, after: LineKey | None, limit: int, *, word: str = ""
) -> list[Row]:
    """The journal (序时账): at most `limit` lines after a key, in the order of date, voucher number and line.

    Raises `PeriodNotFound`, `SpanRejected`.
    """
    return list(journal_rows(scope, book, span, after, limit, word=word))


def journal_rows(
    scope: TenantScope,
    book: BookRef,
    span: Span,
    after: LineKey | None = None,
    limit: int | None = None,
    *,
    word: str = "",
) -> Iterator[Row]:
    """The same, or without a limit the whole journal, read as it is needed."""
    periods(scope, book, span)
    days = span.first.first_day, span.last.last_day
    asked = JournalAsked(*days, after or BEFORE_ALL, span.statuses, word, limit)
    read = queries.every_entry if limit is None else queries.journal
    return _named(scope, book, map(rules.line_row, read(scope, book.id, asked)))


def _last_of(period: str) -> LineKey:
    return after_day(Period.parse(period).last_day)


def _named(
    scope: TenantScope, book: BookRef, rows: Iterator[Row], accounts: Mapping[int, AccountHead] | None = None
) -> Iterator[Row]:
    """The rows with codes and names in the place of ids of accounts and dimension sets, looked up by the thousand."""
    while some := list(islice(rows, _NAMED_AT_ONCE)):
        lines = [row for row in some if "dim_set_id" in row]
        known = accounts or queries.accounts_of(scope, book.id, {row["account_code"] for row in lines})
        found = queries.held(scope, book.id, {row["dim_set_id"] for row in lines})
        held = {key: split(tuple((each, name) for each, (_, name) in items.items())) for key, items in found.items()}
        for row in lines:
            account = known[row["account_code"]]
            row["account_code"], row["account_name"] = account.code, account.name_zh
            row["counterparty"], row["items"] = held.get(row.pop("dim_set_id"), _NO_ITEMS)
        yield from some


_NO_ITEMS: tuple[str, dict[str, str]] = ("", {})


def _chosen(scope: TenantScope, book: BookRef, layout: Layout, only: Only) -> Chosen:
    if layout.foreign and only.currency in ("", RMB):
        raise CurrencyNeeded
    return queries.chosen(scope, book.id, only)


def _by_period(scope: TenantScope, book: BookRef, span: Span, leaves: Iterable[int], chosen: Chosen) -> list[Any]:
    since = str(span.first.opening), str(span.last)
    return queries.by_period(scope, book.id, set(leaves), since, unposted=span.unposted, chosen=chosen)


def periods(scope: TenantScope, book: BookRef, span: Span) -> list[str]:
    """The periods of a range; the book must have reached both ends: raises `PeriodNotFound`, `SpanRejected`."""
    if not 0 <= (span.last.year - span.first.year) * 12 + span.last.month - span.first.month < MOST_MONTHS:
        raise SpanRejected(limit=MOST_MONTHS)
    reached = queries.reached(scope, book.id, *span.ends)
    for end in span.ends:
        if end not in reached:
            raise PeriodNotFound(period=end)
    return reached
