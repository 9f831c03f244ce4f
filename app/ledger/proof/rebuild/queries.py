"""Balances rebuilt from nothing but posted lines, and compared with the ones that are kept: one statement over a firm.

Invariant: no row while every balance is the fold over its lines, else (book_id, subject, detail). Lines are read once,
and only the few vouchers that are not posted or are transfers are looked up: a join of every line with its voucher
would double the cost. What is summed and what is kept meet in one join, row by row.
"""

from __future__ import annotations

# Month 00 is what came before the first period; a key without a row has no balance, and must not be owed one by the
# period before.
DIFFERENCES = """
WITH summed AS MATERIALIZED (
  SELECT l.book_id, l.period, l.account_id, l.dim_set_id, l.currency, l.cash_item, sum(l.debit) AS debit,
         sum(l.credit) AS credit, sum(l.debit) FILTER (WHERE a.transfer) AS transfer_debit,
         sum(l.credit) FILTER (WHERE a.transfer) AS transfer_credit,
         sum(l.foreign_amount) FILTER (WHERE l.foreign_amount IS NOT NULL AND l.debit <> 0) AS debit_fc,
         sum(l.foreign_amount) FILTER (WHERE l.foreign_amount IS NOT NULL AND l.credit <> 0) AS credit_fc,
         sum(l.quantity) FILTER (WHERE l.quantity IS NOT NULL AND l.debit <> 0) AS debit_qty,
         sum(l.quantity) FILTER (WHERE l.quantity IS NOT NULL AND l.credit <> 0) AS credit_qty,
         sum(l.cash_amount) AS cash
    FROM tenant.voucher_line l
    LEFT JOIN (SELECT book_id, id, transfer, status = 'posted' AS posted FROM tenant.voucher
                WHERE status <> 'posted' OR transfer) a ON a.book_id = l.book_id AND a.id = l.voucher_id
   WHERE a.posted IS NOT FALSE
   GROUP BY l.book_id, l.period, l.account_id, l.dim_set_id, l.currency, l.cash_item
), posted AS (
  SELECT book_id, period, account_id, dim_set_id, currency, sum(debit) AS debit, sum(credit) AS credit,
         sum(transfer_debit) AS transfer_debit, sum(transfer_credit) AS transfer_credit, sum(debit_fc) AS debit_fc,
         sum(credit_fc) AS credit_fc, sum(debit_qty) AS debit_qty, sum(credit_qty) AS credit_qty
    FROM summed GROUP BY book_id, period, account_id, dim_set_id, currency
), cell AS (
  SELECT book_id, period, account_id, dim_set_id, currency, right(period, 2) = '00' AS given,
         coalesce(m.debit, 0) AS debit, coalesce(m.credit, 0) AS credit,
         coalesce(m.transfer_debit, 0) AS transfer_debit, coalesce(m.transfer_credit, 0) AS transfer_credit,
         coalesce(m.debit_fc, 0) AS debit_fc, coalesce(m.credit_fc, 0) AS credit_fc,
         coalesce(m.debit_qty, 0) AS debit_qty, coalesce(m.credit_qty, 0) AS credit_qty,
         coalesce(b.opening, 0) AS kept, coalesce(b.debit, 0) AS kept_debit, coalesce(b.credit, 0) AS kept_credit,
         coalesce(b.transfer_debit, 0) AS kept_transfer_debit, coalesce(b.transfer_credit, 0) AS kept_transfer_credit,
         coalesce(b.opening_fc, 0) AS kept_fc, coalesce(b.debit_fc, 0) AS kept_debit_fc,
         coalesce(b.credit_fc, 0) AS kept_credit_fc, coalesce(b.opening_qty, 0) AS kept_qty,
         coalesce(b.debit_qty, 0) AS kept_debit_qty, coalesce(b.credit_qty, 0) AS kept_credit_qty
    FROM posted m FULL JOIN tenant.balance b USING (book_id, period, account_id, dim_set_id, currency)
), folded AS (
  SELECT *, coalesce(sum(CASE WHEN given THEN kept + kept_debit - kept_credit ELSE debit - credit END) OVER before, 0)
              AS opening,
         coalesce(sum(CASE WHEN given THEN kept_fc + kept_debit_fc - kept_credit_fc ELSE debit_fc - credit_fc END)
                  OVER before, 0) AS opening_fc,
         coalesce(sum(CASE WHEN given THEN kept_qty + kept_debit_qty - kept_credit_qty ELSE debit_qty - credit_qty END)
                  OVER before, 0) AS opening_qty,
         lead(period) OVER (PARTITION BY book_id, account_id, dim_set_id, currency ORDER BY period) AS next
    FROM cell
  WINDOW before AS (PARTITION BY book_id, account_id, dim_set_id, currency
                    ORDER BY period ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), step AS (
  SELECT book_id, period, coalesce(lag(period) OVER (PARTITION BY book_id ORDER BY period), left(period, 4) || '-00')
           AS last
    FROM tenant.period
)
SELECT f.book_id, f.period || ' ' || coalesce(a.code, '?') || '/' || f.dim_set_id || ' ' || f.currency AS subject,
       format('kept %s | %s | %s | %s | %s, folded %s | %s | %s | %s | %s; foreign kept %s | %s | %s, folded'
              ' %s | %s | %s; quantity kept %s | %s | %s, folded %s | %s | %s', kept, kept_debit, kept_credit,
              kept_transfer_debit, kept_transfer_credit, opening, debit, credit, transfer_debit, transfer_credit,
              kept_fc, kept_debit_fc, kept_credit_fc, opening_fc, debit_fc, credit_fc,
              kept_qty, kept_debit_qty, kept_credit_qty, opening_qty, debit_qty, credit_qty) AS detail
  FROM folded f
  LEFT JOIN tenant.account a ON a.book_id = f.book_id AND a.id = f.account_id
 WHERE NOT f.given
   AND (opening, debit, credit, transfer_debit, transfer_credit, opening_fc, debit_fc, credit_fc, opening_qty,
        debit_qty, credit_qty)
    <> (kept, kept_debit, kept_credit, kept_transfer_debit, kept_transfer_credit, kept_fc, kept_debit_fc,
        kept_credit_fc, kept_qty, kept_debit_qty, kept_credit_qty)
 UNION ALL
SELECT f.book_id, s.period || ' ' || coalesce(a.code, '?') || '/' || f.dim_set_id || ' ' || f.currency,
       'no balance is kept, though ' || f.period || ' left one'
  FROM folded f
  JOIN step s ON s.book_id = f.book_id AND s.last = f.period
  LEFT JOIN tenant.account a ON a.book_id = f.book_id AND a.id = f.account_id
 WHERE f.next IS DISTINCT FROM s.period
   AND (CASE WHEN given THEN kept + kept_debit - kept_credit ELSE opening + debit - credit END <> 0
     OR CASE WHEN given THEN kept_fc + kept_debit_fc - kept_credit_fc ELSE opening_fc + debit_fc - credit_fc END <> 0
     OR CASE WHEN given THEN kept_qty + kept_debit_qty - kept_credit_qty ELSE opening_qty + debit_qty - credit_qty END
        <> 0)
 UNION ALL
SELECT book_id, period || ' cash ' || item, format('kept %s, folded %s', sum(kept), sum(folded))
  FROM (SELECT book_id, period, item, amount AS kept, 0 AS folded FROM tenant.cash_flow WHERE right(period, 2) <> '00'
         UNION ALL
        SELECT book_id, period, cash_item, 0, cash FROM summed WHERE cash_item IS NOT NULL) c
 GROUP BY book_id, period, item
HAVING sum(kept) <> sum(folded)
"""
