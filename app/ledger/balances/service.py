"""Balances (余额): one row per book, period, account and dimension set, kept up with posting in the same transaction.

Invariant: recomputing the rows from openings and posted lines gives the same rows (INV-03), and the opening of a
period is the closing of the one before (INV-02); both are commands (`zhangfang doctor`).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tenants.scope import TenantScope

_POST = """
WITH fresh AS (
  SELECT l.book_id, l.period, l.account_id, l.dim_set_id, sum(l.debit) AS debit, sum(l.credit) AS credit,
         sum(l.debit) FILTER (WHERE v.transfer) AS transfer_debit,
         sum(l.credit) FILTER (WHERE v.transfer) AS transfer_credit
    FROM unnest(cast(:books AS bigint[]), cast(:vouchers AS uuid[])) AS k (b, id)
    JOIN tenant.voucher v ON v.book_id = k.b AND v.id = k.id
    JOIN tenant.voucher_line l ON l.book_id = k.b AND l.voucher_id = k.id
   GROUP BY l.book_id, l.period, l.account_id, l.dim_set_id
), moved AS (
  SELECT book_id, period, account_id, dim_set_id, 0 AS opening, debit, credit,
         coalesce(transfer_debit, 0) AS transfer_debit, coalesce(transfer_credit, 0) AS transfer_credit
    FROM fresh
   UNION ALL
  SELECT f.book_id, p.period, f.account_id, f.dim_set_id, f.debit - f.credit, 0, 0, 0, 0
    FROM fresh f JOIN tenant.period p ON p.book_id = f.book_id AND p.period > f.period
)
INSERT INTO tenant.balance AS b
       (book_id, period, account_id, dim_set_id, opening, debit, credit, transfer_debit, transfer_credit)
SELECT book_id, period, account_id, dim_set_id, sum(opening), sum(debit), sum(credit), sum(transfer_debit),
       sum(transfer_credit)
  FROM moved
 GROUP BY book_id, period, account_id, dim_set_id
 ORDER BY book_id, period, account_id, dim_set_id
ON CONFLICT (book_id, period, account_id, dim_set_id) DO UPDATE
   SET opening = b.opening + excluded.opening, debit = b.debit + excluded.debit, credit = b.credit + excluded.credit,
       transfer_debit = b.transfer_debit + excluded.transfer_debit,
       transfer_credit = b.transfer_credit + excluded.transfer_credit
"""
_CASH = """
INSERT INTO tenant.cash_flow AS c (book_id, period, item, amount)
SELECT l.book_id, l.period, l.cash_item, sum(l.cash_amount)
  FROM unnest(cast(:books AS bigint[]), cast(:vouchers AS uuid[])) AS k (b, id)
  JOIN tenant.voucher_line l ON l.book_id = k.b AND l.voucher_id = k.id
 WHERE l.cash_item IS NOT NULL
 GROUP BY l.book_id, l.period, l.cash_item
 ORDER BY l.book_id, l.period, l.cash_item
ON CONFLICT (book_id, period, item) DO UPDATE SET amount = c.amount + excluded.amount
"""


def post(scope: TenantScope, books: Sequence[int], vouchers: Sequence[UUID]) -> None:
    """Add the lines of just-posted vouchers (parallel arrays) to the balances and the cash-flow rows."""
    scope.run(_POST, books=list(books), vouchers=list(vouchers))
    scope.run(_CASH, books=list(books), vouchers=list(vouchers))
