"""The facts of statements, for one book and for hundreds in the same statements.

The opening of the year is read as closing less the year's turnover: every opened period has a row for each key with
a balance (INV-02), so the month's rows alone give the closing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.kernel.periods import Period
from app.ledger.balances.queries import over
from app.ledger.statements.types import LedgerFacts
from app.standards.statements import Fact
from tenants.scope import TenantScope

# Statements ask of a counterparty only which side it stands on, so keys of one side are summed here.
_LEAVES = over("""
SELECT s.book_id, a.standard_code, a.cash, s.opening, s.debit, s.credit, s.transfer_debit, s.transfer_credit,
       s.year_opening, s.year_debit, s.year_credit, s.year_transfer_debit, s.year_transfer_credit
  FROM (
    SELECT book_id, account_id, sum(opening) AS opening, sum(debit) AS debit, sum(credit) AS credit,
           sum(transfer_debit) AS transfer_debit, sum(transfer_credit) AS transfer_credit,
           sum(year_opening) AS year_opening, sum(year_debit) AS year_debit, sum(year_credit) AS year_credit,
           sum(year_transfer_debit) AS year_transfer_debit, sum(year_transfer_credit) AS year_transfer_credit
      FROM (
        SELECT book_id, account_id, opening, debit, credit, transfer_debit, transfer_credit,
               opening + debit - credit - year_debit + year_credit AS year_opening,
               year_debit, year_credit, year_transfer_debit, year_transfer_credit
          FROM (
            SELECT book_id, account_id,
                   sum(CASE WHEN period = :last THEN opening ELSE 0.00 END) AS opening,
                   sum(CASE WHEN period = :last THEN debit ELSE 0.00 END) AS debit,
                   sum(CASE WHEN period = :last THEN credit ELSE 0.00 END) AS credit,
                   sum(CASE WHEN period = :last THEN transfer_debit ELSE 0.00 END) AS transfer_debit,
                   sum(CASE WHEN period = :last THEN transfer_credit ELSE 0.00 END) AS transfer_credit,
                   sum(debit) AS year_debit, sum(credit) AS year_credit,
                   sum(transfer_debit) AS year_transfer_debit, sum(transfer_credit) AS year_transfer_credit
              FROM kept GROUP BY book_id, account_id, dim_set_id) k) y
     GROUP BY book_id, account_id, opening + debit - credit > 0, year_opening > 0) s
  JOIN tenant.account a ON a.book_id = s.book_id AND a.id = s.account_id
""")
_FLOWS = over("""
SELECT book_id, item, sum(CASE WHEN period = :last THEN amount ELSE 0.00 END) AS month, sum(amount) AS year
  FROM kept_flows GROUP BY book_id, item
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
    scope: TenantScope, books: Sequence[int], period: Period, *, unposted: bool = False, flows: bool = True
) -> dict[int, LedgerFacts]:
    """The facts of many books in one period, by book id, with or without cash flows; two statements at most."""
    found = {book: LedgerFacts() for book in books}
    span = {"books": list(books), "first": str(period.opening), "last": str(period)}
    leaves: Sequence[Any] = scope.run(_LEAVES[unposted], **span).all()
    for row in leaves:
        facts, code = found[row[0]], row[1]
        facts.month.append(Fact(code, 0, *row[3:8]))
        facts.year.append(Fact(code, 0, *row[8:13]))
        if row[2]:
            facts.cash_opening += row[3]
            facts.cash_year_opening += row[8]
    for row in scope.run(_FLOWS[unposted], **span) if flows else ():
        facts = found[row.book_id]
        facts.month_flows[row.item], facts.year_flows[row.item] = row.month, row.year
    return found
