"""What the demo reads of many books at once to draw its table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.kernel.periods import Period
from tenants.scope import TenantScope

_SHAPE = """
SELECT b.id,
       (SELECT count(*) FROM tenant.invoice i WHERE i.book_id = b.id AND i.state = 'booked') AS documents,
       (SELECT count(*) FROM tenant.invoice i WHERE i.book_id = b.id AND i.state = 'needs_attention') AS attention,
       (SELECT count(*) FROM tenant.voucher v WHERE v.book_id = b.id AND v.period = :period AND v.status = 'posted')
         AS vouchers,
       (SELECT p.state = 'closed' FROM tenant.period p WHERE p.book_id = b.id AND p.period = :period) AS closed
  FROM tenant.book b WHERE b.id = ANY(cast(:books AS bigint[])) ORDER BY b.id
"""
_BALANCES = """
SELECT b.book_id, a.code, sum(b.opening + b.debit - b.credit) AS closing
  FROM tenant.balance b JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id
 WHERE b.book_id = ANY(cast(:books AS bigint[])) AND b.period = :period
 GROUP BY b.book_id, a.code HAVING sum(b.opening + b.debit - b.credit) <> 0
"""


def shapes(scope: TenantScope, books: Sequence[int], period: Period) -> dict[int, Any]:
    """Documents, work items, vouchers and whether the period is closed, by book id."""
    return {row.id: row for row in scope.run(_SHAPE, books=list(books), period=str(period))}


def balances(scope: TenantScope, books: Sequence[int], period: Period) -> dict[int, dict[str, Decimal]]:
    """The closing balances that are not zero (debit positive), by book id and account code."""
    found: dict[int, dict[str, Decimal]] = {book: {} for book in books}
    for row in scope.run(_BALANCES, books=list(books), period=str(period)):
        found[row.book_id][row.code] = row.closing
    return found
