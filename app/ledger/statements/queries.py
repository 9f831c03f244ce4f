"""The facts of statements, for one book and for hundreds in the same statements.

The opening of the year is read as closing less the year's turnover: every opened period has a row for each key with
a balance (INV-02), so the month's rows alone give the closing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.kernel.periods import Period
from app.ledger.balances.queries import over
from app.ledger.statements.types import LedgerFacts
from app.standards.statements import Fact
from tenants.scope import TenantScope

_LEAVES = over("""
SELECT s.book_id, a.cash, a.code, s.dim_set_id, s.opening, s.debit, s.credit, s.transfer_debit, s.transfer_credit,
       s.opening + s.debit - s.credit - s.year_debit + s.year_credit AS year_opening,
       s.year_debit, s.year_credit, s.year_transfer_debit, s.year_transfer_credit
  FROM (
    SELECT book_id, account_id, dim_set_id,
           sum(CASE WHEN period = :last THEN opening ELSE 0 END) AS opening,
           sum(CASE WHEN period = :last THEN debit ELSE 0 END) AS debit,
           sum(CASE WHEN period = :last THEN credit ELSE 0 END) AS credit,
           sum(CASE WHEN period = :last THEN transfer_debit ELSE 0 END) AS transfer_debit,
           sum(CASE WHEN period = :last THEN transfer_credit ELSE 0 END) AS transfer_credit,
           sum(debit) AS year_debit, sum(credit) AS year_credit,
           sum(transfer_debit) AS year_transfer_debit, sum(transfer_credit) AS year_transfer_credit
      FROM kept GROUP BY book_id, account_id, dim_set_id) s
  JOIN tenant.account a ON a.book_id = s.book_id AND a.id = s.account_id
 ORDER BY s.book_id, a.code, s.dim_set_id
""")
_FLOWS = over("""
SELECT book_id, item, sum(CASE WHEN period = :last THEN amount ELSE 0 END) AS month, sum(amount) AS year
  FROM kept_flows GROUP BY book_id, item ORDER BY book_id, item
""")
_HEADS = """
SELECT h.book_id, h.seq, p.period IS NOT NULL AS reached
  FROM tenant.ledger_head h LEFT JOIN tenant.period p ON p.book_id = h.book_id AND p.period = :period
 WHERE h.book_id = ANY(cast(:books AS bigint[])) ORDER BY h.book_id
"""


class LedgerHead(NamedTuple):
    """How far a book's ledger has come: its latest posting, and whether it has reached the period asked for."""

    book_id: int
    seq: int
    reached: bool


def heads(scope: TenantScope, books: Sequence[int], period: Period) -> dict[int, LedgerHead]:
    """The ledger heads of many books, by book id."""
    return {row.book_id: LedgerHead._make(row) for row in scope.run(_HEADS, books=list(books), period=str(period))}


def facts_of_books(
    scope: TenantScope, books: Sequence[int], period: Period, *, unposted: bool = False
) -> dict[int, LedgerFacts]:
    """The facts of many books in one period, by book id; two statements, whatever the number of books or vouchers."""
    found = {book: LedgerFacts() for book in books}
    span = {"books": list(books), "first": str(period.opening), "last": str(period)}
    for row in scope.run(_LEAVES[unposted], **span):
        facts = found[row.book_id]
        facts.month.append(Fact._make(row[2:9]))
        facts.year.append(Fact._make((*row[2:4], *row[9:])))
        if row.cash:
            facts.cash_opening += row.opening
            facts.cash_year_opening += row.year_opening
    for row in scope.run(_FLOWS[unposted], **span):
        facts = found[row.book_id]
        facts.month_flows[row.item], facts.year_flows[row.item] = row.month, row.year
    return found
