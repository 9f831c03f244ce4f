"""Reads of the rates of currencies by period."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from app.books.types import BookRef
from app.kernel.periods import Period
from app.ledger.currencies import rules
from app.ledger.currencies.types import CurrencyRate
from tenants.scope import TenantScope

_OF_PERIOD = """
SELECT DISTINCT ON (currency) currency, booking, CASE WHEN period = :period THEN closing END AS closing, period AS since
  FROM tenant.currency_rate
 WHERE book_id = :book AND period BETWEEN :first AND :period
 ORDER BY currency, period DESC
"""
_CLOSING = """
SELECT book_id, currency, closing FROM tenant.currency_rate
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :period AND closing IS NOT NULL
"""


def of_period(scope: TenantScope, book: BookRef, period: Period) -> list[CurrencyRate]:
    """The rates of a period in the order of currencies; fixed booking rates are carried over from earlier periods."""
    first = str(book.start_period) if rules.fixed(book) else str(period)
    rows = scope.run(_OF_PERIOD, book=book.id, first=first, period=str(period))
    return [CurrencyRate(row.currency, row.booking, row.closing, row.since) for row in rows]


def closing_rates(scope: TenantScope, books: Sequence[int], period: Period) -> dict[int, dict[str, Decimal]]:
    """The closing rates (期末汇率) of many books in one period, by book id and currency."""
    found: dict[int, dict[str, Decimal]] = {book: {} for book in books}
    for row in scope.run(_CLOSING, books=list(books), period=str(period)):
        found[row.book_id][row.currency] = row.closing
    return found
