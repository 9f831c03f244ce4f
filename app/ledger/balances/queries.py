"""Where reports read: the kept balance rows, or the rows as they would be if every draft were posted (包含未记账).

Invariant: a report is written once over `kept` and `kept_flows`; the two definitions have the same columns. Neither
reads a posted line, so a report costs the same at any number of posted vouchers.
"""

from __future__ import annotations

# Both take :books, :first and :last; only open periods can hold unposted vouchers.
_POSTED = """
WITH kept AS NOT MATERIALIZED (
  SELECT book_id, period, account_id, dim_set_id, currency, opening, debit, credit, transfer_debit, transfer_credit,
         opening_fc, debit_fc, credit_fc, opening_qty, debit_qty, credit_qty
    FROM tenant.balance
   WHERE book_id = ANY(cast(:books AS bigint[])) AND period BETWEEN :first AND :last
), kept_flows AS NOT MATERIALIZED (
  SELECT book_id, period, item, amount FROM tenant.cash_flow
   WHERE book_id = ANY(cast(:books AS bigint[])) AND period BETWEEN :first AND :last
)
"""
_AS_IF_POSTED = """
WITH unposted AS (
  SELECT l.book_id, l.period, l.account_id, l.dim_set_id, l.currency, l.debit, l.credit, l.cash_item, l.cash_amount,
         v.transfer,
         CASE WHEN l.debit <> 0 THEN coalesce(l.foreign_amount, 0.00) ELSE 0.00 END AS debit_fc,
         CASE WHEN l.credit <> 0 THEN coalesce(l.foreign_amount, 0.00) ELSE 0.00 END AS credit_fc,
         CASE WHEN l.debit <> 0 THEN coalesce(l.quantity, 0) ELSE 0 END AS debit_qty,
         CASE WHEN l.credit <> 0 THEN coalesce(l.quantity, 0) ELSE 0 END AS credit_qty
    FROM tenant.period p
    JOIN tenant.voucher v ON v.book_id = p.book_id AND v.period = p.period AND v.status IN ('draft', 'reviewed')
    JOIN tenant.voucher_line l ON l.book_id = v.book_id AND l.voucher_id = v.id
   WHERE p.book_id = ANY(cast(:books AS bigint[])) AND p.state = 'open' AND p.period <= :last
), kept AS NOT MATERIALIZED (
  SELECT book_id, period, account_id, dim_set_id, currency, opening, debit, credit, transfer_debit, transfer_credit,
         opening_fc, debit_fc, credit_fc, opening_qty, debit_qty, credit_qty
    FROM tenant.balance
   WHERE book_id = ANY(cast(:books AS bigint[])) AND period BETWEEN :first AND :last
   UNION ALL
  SELECT book_id, period, account_id, dim_set_id, currency, 0.00, debit, credit,
         CASE WHEN transfer THEN debit ELSE 0.00 END, CASE WHEN transfer THEN credit ELSE 0.00 END,
         0.00, debit_fc, credit_fc, 0, debit_qty, credit_qty
    FROM unposted WHERE period >= :first
   UNION ALL
  SELECT u.book_id, p.period, u.account_id, u.dim_set_id, u.currency, u.debit - u.credit, 0.00, 0.00, 0.00, 0.00,
         u.debit_fc - u.credit_fc, 0.00, 0.00, u.debit_qty - u.credit_qty, 0, 0
    FROM unposted u
    JOIN tenant.period p ON p.book_id = u.book_id AND p.period > u.period AND p.period BETWEEN :first AND :last
), kept_flows AS NOT MATERIALIZED (
  SELECT book_id, period, item, amount FROM tenant.cash_flow
   WHERE book_id = ANY(cast(:books AS bigint[])) AND period BETWEEN :first AND :last
   UNION ALL
  SELECT book_id, period, cash_item, cash_amount FROM unposted WHERE cash_item IS NOT NULL AND period >= :first
)
"""


def over(select: str) -> tuple[str, str]:
    """A constant SELECT over `kept` or `kept_flows`, once for posted vouchers only and once as if all were posted."""
    return _POSTED + select, _AS_IF_POSTED + select
