"""The multi-column ledger (多栏账): the lines of an account with their amounts spread over columns.

The columns make themselves: the accounts right below, or the items of a dimension, that hold an amount. Invariant: the
columns of a total add up to its debit less credit (a credit analysis: the reverse).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.books.types import BookRef
from app.ledger.reports import queries
from app.ledger.reports.columns import rules
from app.ledger.reports.columns.types import Analysis, Column
from app.ledger.reports.errors import NothingToAnalyse, TooManyColumns
from app.ledger.reports.service import Ledger, Span, ledger_rows, open_ledger
from app.ledger.reports.types import LINE, LedgerPlace, Row
from tenants.scope import TenantScope

MOST_COLUMNS = 60
_ITEMLESS = ""


def open_analysis(
    scope: TenantScope, book: BookRef, span: Span, account_code: str, *, dimension: str = "", side: str = ""
) -> Analysis:
    """The analysis of an account by the accounts right below it, or by a dimension; by its normal side unless said.

    Raises `NothingToAnalyse`, `TooManyColumns`, `DimensionNotFound` and what `open_ledger` raises.
    """
    ledger = open_ledger(scope, book, span, account_code)
    accounts = list(ledger.accounts.values())
    head = next(account for account in accounts if account.code == account_code)
    side = side or head.normal_side
    since = str(span.first.opening), str(span.last)
    found = queries.by_period(scope, book.id, ledger.leaves, since, unposted=span.unposted, by_set=bool(dimension))
    periods, sign = list(ledger.months), 1 if side == "debit" else -1
    if dimension:
        queries.dimension(scope, book.id, dimension)
        sets = _items(scope, book, ledger, {row.dim_set_id for row in found}, dimension)
        months, moved = rules.month_ends(found, lambda row: sets.get(row.dim_set_id, _ITEMLESS), periods, sign)
        columns = [Column(key, key or "未指定") for key in sorted(moved)]
        return _limited(Analysis(ledger, columns, side, {}, sets, months))
    by_account, names = rules.children(accounts, account_code)
    if not names:
        raise NothingToAnalyse(account=account_code)
    months, moved = rules.month_ends(found, lambda row: by_account[row.account_id], periods, sign)
    columns = [Column(code, names[code]) for code in sorted(moved)]
    return _limited(Analysis(ledger, columns, side, by_account, None, months))


def _items(scope: TenantScope, book: BookRef, ledger: Ledger, sets: set[int], dimension: str) -> dict[int, str]:
    held = queries.held(scope, book.id, sets)
    return {set_id: items[dimension][1] for set_id, items in held.items() if dimension in items}


def _limited(analysis: Analysis) -> Analysis:
    if len(analysis.columns) > MOST_COLUMNS:
        raise TooManyColumns(limit=MOST_COLUMNS)
    return analysis


def analysis_rows(
    scope: TenantScope, book: BookRef, analysis: Analysis, after: LedgerPlace | None = None, limit: int | None = None
) -> Iterator[Row]:
    """The rows of an analysis after a place; `amounts` holds those of each column by its key."""
    sign = 1 if analysis.side == "debit" else -1

    def spread(line: Any) -> Row:
        sets = analysis.by_set
        key = analysis.by_account[line.account_id] if sets is None else sets.get(line.dim_set_id, _ITEMLESS)
        return {"amounts": {key: sign * (line.debit - line.credit)}}

    for row in ledger_rows(scope, book, analysis.ledger, after, limit, more=spread):
        if row["kind"] != LINE:
            row["amounts"] = analysis.months.get((row["kind"], row["period"]), {})
        yield row
