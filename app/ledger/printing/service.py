"""Vouchers and ledgers as they are printed: read in a few statements, then laid out by rules.

Invariant: figures come from the books of account (`reports`) and from the vouchers themselves; none is made here but
the running balance between two totals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.books.types import BookRef
from app.kernel.money import ZERO
from app.kernel.periods import Period
from app.ledger.accounts import queries as accounts
from app.ledger.accounts.types import Account
from app.ledger.dimensions import queries as dimensions
from app.ledger.periods import queries as periods
from app.ledger.periods.errors import PeriodNotFound
from app.ledger.printing import queries
from app.ledger.printing.bound import rules
from app.ledger.printing.errors import PrintEmpty, PrintTooLarge
from app.ledger.printing.types import AccountEntries, BoundLedger, Entry, PrintLine, PrintVoucher, Wanted
from app.ledger.proof.queries import latest_seal
from app.ledger.reports import queries as reports_queries
from app.ledger.reports import service as reports
from app.ledger.reports.service import Span
from app.ledger.reports.types import BEFORE_ALL, LINE, Row
from app.standards.loader import load
from app.standards.types import Taxpayer
from tenants.scope import TenantScope

MOST_VOUCHERS = 500
MOST_LINES = 5_000
"""Lines of vouchers, or of a ledger, in one file."""
MOST_PAGES = 1_000
"""Account pages in one ledger."""
_DEEPEST = 9
_JOURNAL_ROLES = {"cash_journal": "cash", "bank_journal": "bank"}


def vouchers(scope: TenantScope, book: BookRef, wanted: Wanted) -> list[PrintVoucher]:
    """The vouchers of a range with their lines, in order; raises `PrintEmpty`, `PrintTooLarge`."""
    heads = queries.heads(scope, book.id, wanted, MOST_VOUCHERS + 1)
    if not heads:
        raise PrintEmpty
    if len(heads) > MOST_VOUCHERS:
        raise PrintTooLarge(limit=MOST_VOUCHERS)
    lines = queries.lines(scope, book.id, [head.id for head in heads], MOST_LINES + 1)
    if len(lines) > MOST_LINES:
        raise PrintTooLarge(limit=MOST_LINES)
    paths = _paths(accounts.chart(scope, book.id))
    held = dimensions.named(scope, book.id, (line.dim_set_id for line in lines))
    printed: dict[UUID, list[PrintLine]] = defaultdict(list)
    for line in lines:
        items = "、".join(name for _, name in held.get(line.dim_set_id, ()))
        printed[line.voucher_id].append(_print_line(line, paths[line.account_id], items))
    return [_print_voucher(head, printed[head.id]) for head in heads]


def _print_voucher(head: Any, lines: Sequence[PrintLine]) -> PrintVoucher:
    return PrintVoucher(
        period=head.period,
        date=head.date,
        word=head.word,
        number=head.number,
        status=head.status,
        attachments=head.attachments,
        lines=lines,
        prepared_by=head.prepared_by,
        reviewed_by=head.reviewed_by or "",
        posted_by=head.posted_by or "",
        cashier=head.cashier or "",
        part=head.part,
        parts=head.parts,
    )


def _print_line(line: Any, account: str, items: str) -> PrintLine:
    return PrintLine(
        summary=line.summary,
        account=account,
        items=items,
        debit=line.debit,
        credit=line.credit,
        currency=line.currency,
        rate=line.rate,
        foreign_amount=line.foreign_amount,
        quantity=line.quantity,
        unit_price=line.unit_price,
    )


def _paths(chart: Iterable[Account]) -> dict[int, str]:
    """Each account by id as it is printed: its code and the names down to it (应交税费-应交增值税-销项税额)."""
    names: dict[str, str] = {}
    paths: dict[int, str] = {}
    for account in chart:  # in the order of codes, so that a parent stands before its children
        above = f"{names[account.parent_code]}-" if account.parent_code else ""
        names[account.code] = f"{above}{account.name_zh}"
        paths[account.id] = f"{account.code} {names[account.code]}"
    return paths


def bound_ledger(scope: TenantScope, book: BookRef, kind: str, year: int) -> BoundLedger:
    """A bound ledger (账簿) of the posted vouchers of a year, with the hash of the year's latest closing seal.

    Raises `PeriodNotFound` for a year the book has not reached, `PrintEmpty`, `PrintTooLarge`.
    """
    span = _year(scope, book, year)
    chart = accounts.chart(scope, book.id)
    shown = {account.code: account for account in _shown(book, chart, kind)}
    totals = _totals(scope, book, span, set(shown))
    lines = {} if kind == "general" else _lines(scope, book, span, list(shown.values()))
    names = _paths(chart)
    entries = [
        _entries(book, span, shown[code], names[shown[code].id], of_account, lines)
        for code, of_account in totals.items()
    ]
    if not entries:
        raise PrintEmpty
    pages = rules.ledger_pages(entries, by_month=kind in _JOURNAL_ROLES)
    if len(pages) > MOST_PAGES:
        raise PrintTooLarge(limit=MOST_PAGES)
    number, seal = f"{book.code}-{year}", latest_seal(scope, book.id, year)
    return BoundLedger(kind, number, year, span.first.first_day, rules.directory(pages), pages, seal)


def _year(scope: TenantScope, book: BookRef, year: int) -> Span:
    reached = [Period.parse(state.period) for state in periods.of_book(scope, book.id)]
    months = [period for period in reached if period.year == year]
    if not months:
        raise PeriodNotFound(period=f"{year}-01")
    return Span(months[0], months[-1])


def _shown(book: BookRef, chart: Sequence[Account], kind: str) -> list[Account]:
    """The accounts that have pages: the first level in a general ledger, leaves in the others."""
    if kind == "general":
        return [account for account in chart if account.parent_code is None]
    leaves = [account for account in chart if account.leaf]
    if kind == "subsidiary":
        return leaves
    role = load(book.standard, book.edition).role(_JOURNAL_ROLES[kind], Taxpayer(book.taxpayer))
    return [account for account in leaves if account.standard_code == role]


def _totals(scope: TenantScope, book: BookRef, span: Span, codes: set[str]) -> Mapping[str, list[Entry]]:
    """Opening, month and year totals by account, in the order of codes."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for row in reports.general_ledger(scope, book, span, deepest=_DEEPEST):
        if row["account_code"] in codes:
            found[row["account_code"]].append(_total(row))
    return found


def _total(row: Row) -> Entry:
    return Entry(
        row["kind"],
        row["period"],
        None,
        "",
        row["summary"],
        "",
        row["debit"],
        row["credit"],
        row["side"],
        row["balance"],
    )


def _lines(scope: TenantScope, book: BookRef, span: Span, shown: Sequence[Account]) -> Mapping[int, list[Entry]]:
    """Every line of these accounts by account id, in the order of date and number, without balances yet."""
    ids = [account.id for account in shown]
    lines = reports_queries.lines(scope, book.id, ids, span.ends, BEFORE_ALL, MOST_LINES + 1, span.statuses)
    if len(lines) > MOST_LINES:
        raise PrintTooLarge(limit=MOST_LINES)
    held = dimensions.named(scope, book.id, (line.dim_set_id for line in lines))
    found: dict[int, list[Entry]] = defaultdict(list)
    for line in lines:
        items = "、".join(name for _, name in held.get(line.dim_set_id, ()))
        found[line.account_id].append(_line(line, items))
    return found


def _line(line: Any, items: str) -> Entry:
    fraction = f"-{line.part}/{line.parts}" if line.parts > 1 else ""
    number = f"{line.word}-{line.number}{fraction}"
    debit, credit = line.debit or None, line.credit or None
    return Entry(LINE, line.period, line.date, number, line.summary, items, debit, credit, "flat", ZERO)


def _entries(
    book: BookRef,
    span: Span,
    account: Account,
    path: str,
    totals: Sequence[Entry],
    lines: Mapping[int, Sequence[Entry]],
) -> AccountEntries:
    return rules.account_entries(
        totals,
        lines.get(account.id, ()),
        account.code,
        path.partition(" ")[2],
        ends_year=span.last.ends_year,
        continued=span.first > book.start_period,
    )
