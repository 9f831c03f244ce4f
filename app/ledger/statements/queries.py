"""The facts of statements, for one book and for hundreds in the same statements, from balances and not from lines.

Openings are read as closing less turnover: every opened period has a row for each key with a balance (INV-02), so the
month's rows alone give the closing, and going back from it gives the balance any span began with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.books.types import BookRef
from app.kernel.periods import Period
from app.ledger.balances.queries import over
from app.ledger.statements import rules
from app.ledger.statements.types import LeafFacts, LedgerFacts
from app.standards.loader import load
from tenants.scope import TenantScope

# These continue the common table expressions that `over` begins with `kept`.
_SUMS = """
         sum(CASE WHEN period = :last THEN opening + debit - credit ELSE 0.00 END) AS closing,
         sum(CASE WHEN period >= :year THEN debit ELSE 0.00 END) AS year_debit,
         sum(CASE WHEN period >= :year THEN credit ELSE 0.00 END) AS year_credit,
         sum(CASE WHEN period >= :year THEN transfer_debit - transfer_credit ELSE 0.00 END) AS year_transfer,
         sum(CASE WHEN period BETWEEN :from AND :to THEN debit ELSE 0.00 END) AS debit,
         sum(CASE WHEN period BETWEEN :from AND :to THEN credit ELSE 0.00 END) AS credit,
         sum(CASE WHEN period BETWEEN :from AND :to THEN transfer_debit - transfer_credit ELSE 0.00 END) AS transfer
    FROM kept GROUP BY book_id, account_id"""
_WHOLE = ", summed AS MATERIALIZED (SELECT book_id, account_id, 0.00 AS aside, 0.00 AS year_aside," + _SUMS + ")"
_KEYED = ", keyed AS (SELECT book_id, account_id, dim_set_id, currency," + _SUMS + ", dim_set_id, currency)"
# Which side a counterparty stands on is asked of its balance in one currency under the account: over every department
# it was named with. A set's key is `dimension:item` in the order of dimension codes. Materialized, because the planner
# would otherwise sum every book anew for each book it joins.
_COUNTERPARTY = """
  CASE WHEN d.key LIKE '%,%' THEN (regexp_match(d.key, '(^|,)((customer|supplier):[0-9]+)'))[2]
       WHEN d.key LIKE 'customer:%' OR d.key LIKE 'supplier:%' THEN d.key END"""
_SIDED = """, counterparties AS (
  SELECT k.book_id, k.account_id,
         sum(closing) AS closing, sum(year_debit) AS year_debit, sum(year_credit) AS year_credit,
         sum(year_transfer) AS year_transfer, sum(debit) AS debit, sum(credit) AS credit, sum(transfer) AS transfer
    FROM keyed k JOIN tenant.dimension_set d ON d.book_id = k.book_id AND d.id = k.dim_set_id
   GROUP BY k.book_id, k.account_id, k.currency,
            COUNTERPARTY
), summed AS MATERIALIZED (
  SELECT book_id, account_id,
         sum(closing) AS closing, sum(year_debit) AS year_debit, sum(year_credit) AS year_credit,
         sum(year_transfer) AS year_transfer, sum(debit) AS debit, sum(credit) AS credit, sum(transfer) AS transfer,
         sum(greatest(-closing, 0.00)) AS aside,
         sum(greatest(year_debit - year_credit - closing, 0.00)) AS year_aside
    FROM counterparties GROUP BY book_id, account_id
)""".replace("COUNTERPARTY", _COUNTERPARTY)
# A head of each book that has reached the period stands among the leaves: joined to them, the planner expects one book
# and goes through the leaves of all for each.
_LEAVES = """
SELECT s.book_id, cast(NULL AS bigint), a.code, a.standard_code, a.cash, s.closing, s.aside, s.year_aside,
       s.year_debit, s.year_credit, s.year_debit - s.year_credit - s.year_transfer,
       s.debit, s.credit, s.debit - s.credit - s.transfer
  FROM summed s JOIN tenant.account a ON a.book_id = s.book_id AND a.id = s.account_id
 UNION ALL
SELECT h.book_id, h.seq, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM tenant.ledger_head h JOIN tenant.period p ON p.book_id = h.book_id AND p.period = :last
 WHERE h.book_id = ANY(cast(:books AS bigint[]))
"""
_FACTS = {False: over(_WHOLE + _LEAVES), True: over(_KEYED + _SIDED + _LEAVES)}
_FLOWS = over("""
SELECT book_id, item, sum(CASE WHEN period BETWEEN :from AND :to THEN amount ELSE 0.00 END) AS flow,
       sum(CASE WHEN period >= :year THEN amount ELSE 0.00 END) AS year_flow
  FROM kept_flows GROUP BY book_id, item
""")
# What the year begins with once corrections of earlier years are in it: each line of a voucher that books one and moves
# no cash. Only accounts such a voucher names are here.
_RESTATED = """
WITH correcting AS (
  SELECT l.book_id, l.voucher_id
    FROM tenant.voucher_line l
    JOIN tenant.account a ON a.book_id = l.book_id AND a.id = l.account_id
    JOIN tenant.voucher v ON v.book_id = l.book_id AND v.id = l.voucher_id
   WHERE l.book_id = ANY(cast(:books AS bigint[])) AND l.period BETWEEN :year AND :last AND NOT v.transfer
     AND (v.status = 'posted' OR (:unposted AND v.status <> 'void'))
   GROUP BY l.book_id, l.voucher_id
  HAVING bool_or(a.standard_code = ANY(cast(:codes AS text[]))) AND NOT bool_or(a.cash)
), moved AS (
  SELECT l.book_id, l.account_id, l.dim_set_id, l.currency, l.debit - l.credit AS amount
    FROM correcting c JOIN tenant.voucher_line l ON l.book_id = c.book_id AND l.voucher_id = c.voucher_id
), opened AS (
  SELECT * FROM moved
   UNION ALL
  SELECT book_id, account_id, dim_set_id, currency,
         sum(CASE WHEN period = :last THEN opening + debit - credit ELSE 0.00 END) - sum(debit - credit)
    FROM tenant.balance
   WHERE book_id = ANY(cast(:books AS bigint[])) AND period BETWEEN :year AND :last
     AND (book_id, account_id) IN (SELECT book_id, account_id FROM moved)
   GROUP BY book_id, account_id, dim_set_id, currency
), counterparties AS (
  SELECT o.book_id, o.account_id, sum(o.amount) AS amount
    FROM opened o JOIN tenant.dimension_set d ON d.book_id = o.book_id AND d.id = o.dim_set_id
   GROUP BY o.book_id, o.account_id, o.currency, COUNTERPARTY
)
SELECT c.book_id, a.code, sum(c.amount) AS net, sum(greatest(-c.amount, 0.00)) AS aside
  FROM counterparties c JOIN tenant.account a ON a.book_id = c.book_id AND a.id = c.account_id
 GROUP BY c.book_id, a.code
""".replace("COUNTERPARTY", _COUNTERPARTY)


def facts_of_books(
    scope: TenantScope,
    books: Sequence[BookRef],
    period: Period,
    *,
    cycle: str = "month",
    unposted: bool = False,
    sides: bool = True,
    flows: bool = True,
) -> dict[int, LedgerFacts]:
    """The facts of many books in one period and cycle, by book id; a book that has not reached the period is absent.

    Two statements at most: `sides` asks for the sides counterparties stand on, `flows` for cash flows.
    """
    first, last = rules.span(period, cycle)
    asked = {
        "books": [book.id for book in books],
        "first": str(min(first, period.opening)),
        "last": str(period),
        "year": str(period.opening),
        "from": str(first),
        "to": str(last),
    }
    before = {book.id for book in books if book.start_period.year < period.year}
    rows: Sequence[Any] = scope.run(_FACTS[sides][unposted], **asked).all()
    found = {row[0]: LedgerFacts(row[1], row[0] in before) for row in rows if row[1] is not None}
    for row in rows:
        if row[1] is None and row[0] in found:
            found[row[0]].leaves.append(LeafFacts._make(row[2:]))
    for row in scope.run(_FLOWS[unposted], **asked) if flows else ():
        if row.book_id in found:
            facts = found[row.book_id]
            facts.flows[row.item], facts.year_flows[row.item] = row.flow, row.year_flow
    _restate(scope, books, found, period, unposted=unposted)
    return found


def _restate(
    scope: TenantScope, books: Sequence[BookRef], found: Mapping[int, LedgerFacts], period: Period, *, unposted: bool
) -> None:
    """Add what corrections of earlier years change; only books that booked one this year are asked for their lines."""
    codes: set[str] = set()
    asked = []
    for book in books:
        corrected = load(book.standard, book.edition).groups["prior_year_adjustment"]
        leaves = found[book.id].leaves if corrected and book.id in found else ()
        moved = (leaf for leaf in leaves if leaf.year_debit or leaf.year_credit or leaf.year_turnover)
        if any(leaf.code.startswith(corrected) for leaf in moved):
            asked.append(book.id)
            codes.update(corrected)
    if not asked:
        return
    span = {"year": str(period.opening), "last": str(period)}
    for row in scope.run(_RESTATED, books=asked, codes=sorted(codes), unposted=unposted, **span):
        found[row.book_id].restated[row.code] = row.net, row.aside
