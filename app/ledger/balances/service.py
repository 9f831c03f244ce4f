"""Balances (余额): one row per book, period, account, dimension set and currency, kept up with posting at once.

Invariant: recomputing the rows from openings and posted lines gives the same rows (INV-03), and the opening of a
period is the closing of the one before (INV-02); both are commands (`zhangfang doctor`).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tenants.scope import TenantScope

_POST = """
WITH fresh AS (
  SELECT l.book_id, l.period, l.account_id, l.dim_set_id, l.currency, sum(l.debit) AS debit, sum(l.credit) AS credit,
         sum(l.debit) FILTER (WHERE v.transfer) AS transfer_debit,
         sum(l.credit) FILTER (WHERE v.transfer) AS transfer_credit,
         sum(CASE WHEN l.debit <> 0 THEN l.foreign_amount END) AS debit_fc,
         sum(CASE WHEN l.credit <> 0 THEN l.foreign_amount END) AS credit_fc,
         sum(CASE WHEN l.debit <> 0 THEN l.quantity END) AS debit_qty,
         sum(CASE WHEN l.credit <> 0 THEN l.quantity END) AS credit_qty
    FROM unnest(cast(:books AS bigint[]), cast(:vouchers AS uuid[])) AS k (b, id)
    JOIN tenant.voucher v ON v.book_id = k.b AND v.id = k.id
    JOIN tenant.voucher_line l ON l.book_id = k.b AND l.voucher_id = k.id
   GROUP BY l.book_id, l.period, l.account_id, l.dim_set_id, l.currency
), moved AS (
  SELECT book_id, period, account_id, dim_set_id, currency, 0 AS opening, debit, credit,
         coalesce(transfer_debit, 0) AS transfer_debit, coalesce(transfer_credit, 0) AS transfer_credit,
         0 AS opening_fc, coalesce(debit_fc, 0) AS debit_fc, coalesce(credit_fc, 0) AS credit_fc,
         0 AS opening_qty, coalesce(debit_qty, 0) AS debit_qty, coalesce(credit_qty, 0) AS credit_qty
    FROM fresh
   UNION ALL
  SELECT f.book_id, p.period, f.account_id, f.dim_set_id, f.currency, f.debit - f.credit, 0, 0, 0, 0,
         coalesce(f.debit_fc, 0) - coalesce(f.credit_fc, 0), 0, 0,
         coalesce(f.debit_qty, 0) - coalesce(f.credit_qty, 0), 0, 0
    FROM fresh f JOIN tenant.period p ON p.book_id = f.book_id AND p.period > f.period
)
INSERT INTO tenant.balance AS b
       (book_id, period, account_id, dim_set_id, currency, opening, debit, credit, transfer_debit, transfer_credit,
        opening_fc, debit_fc, credit_fc, opening_qty, debit_qty, credit_qty)
SELECT book_id, period, account_id, dim_set_id, currency, sum(opening), sum(debit), sum(credit), sum(transfer_debit),
       sum(transfer_credit), sum(opening_fc), sum(debit_fc), sum(credit_fc), sum(opening_qty), sum(debit_qty),
       sum(credit_qty)
  FROM moved
 GROUP BY book_id, period, account_id, dim_set_id, currency
 ORDER BY book_id, period, account_id, dim_set_id, currency
ON CONFLICT (book_id, period, account_id, dim_set_id, currency) DO UPDATE
   SET opening = b.opening + excluded.opening, debit = b.debit + excluded.debit, credit = b.credit + excluded.credit,
       transfer_debit = b.transfer_debit + excluded.transfer_debit,
       transfer_credit = b.transfer_credit + excluded.transfer_credit,
       opening_fc = b.opening_fc + excluded.opening_fc, debit_fc = b.debit_fc + excluded.debit_fc,
       credit_fc = b.credit_fc + excluded.credit_fc, opening_qty = b.opening_qty + excluded.opening_qty,
       debit_qty = b.debit_qty + excluded.debit_qty, credit_qty = b.credit_qty + excluded.credit_qty
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
