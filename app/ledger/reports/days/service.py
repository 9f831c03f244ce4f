"""The day journal (日记账) of cash and bank: kept day by day, with 本日合计 and the balance after each line.

Frame: 会计基础工作规范 Art. 57 (cash and bank journals) and Art. 60(8) (totals and balances of each day).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from app.books.types import BookRef
from app.ledger.reports.days import queries, rules
from app.ledger.reports.errors import NotCash
from app.ledger.reports.service import Ledger, Span, ledger_rows, open_ledger
from app.ledger.reports.types import LINE, STANDARD, WHOLE, Layout, LedgerPlace, Only, Row
from tenants.scope import TenantScope

_AT_ONCE = 500


def open_journal(
    scope: TenantScope, book: BookRef, span: Span, account_code: str, *, layout: Layout = STANDARD, only: Only = WHOLE
) -> Ledger:
    """The day journal of a cash or bank account; raises `NotCash` and what `open_ledger` raises."""
    ledger = open_ledger(scope, book, span, account_code, layout=layout, only=only, daily=True)
    if not all(ledger.accounts[leaf].cash for leaf in ledger.leaves):
        raise NotCash(account=account_code)
    return ledger


def journal_rows(
    scope: TenantScope, book: BookRef, ledger: Ledger, after: LedgerPlace | None = None, limit: int | None = None
) -> Iterator[Row]:
    """The rows of a day journal after a place, each line with its counterpart accounts by code."""
    codes = {account.id: account.code for account in ledger.accounts.values()}
    rows = ledger_rows(scope, book, ledger, after, limit)
    while some := list(islice(rows, _AT_ONCE)):
        lines = [row for row in some if row["kind"] == LINE]
        found = queries.accounts_of(scope, book.id, {row["voucher_id"] for row in lines})
        for row in lines:
            row["counterparts"] = rules.counterparts(row, found[row["voucher_id"]], codes)
        yield from some
