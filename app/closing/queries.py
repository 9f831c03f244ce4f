"""The facts of many books at once: a handful of set-based reads whatever the number of books and vouchers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.books.types import BookRef
from app.closing.types import Amounts, Facts
from app.invoices import queries as invoices
from app.kernel.money import ZERO
from app.kernel.periods import Period
from app.ledger.periods import queries as periods
from app.ledger.periods.queries import PeriodState
from app.standards.loader import load
from app.standards.types import Standard, Taxpayer
from tenants.scope import TenantScope

_BALANCES = """
SELECT b.book_id, a.code, a.standard_code, a.class = 'profit_and_loss' AS result,
       coalesce(sum(b.opening + b.debit - b.credit) FILTER (WHERE b.period = :period), 0) AS closing,
       sum(b.debit - b.credit - b.transfer_debit + b.transfer_credit) AS year,
       coalesce(sum(b.debit - b.credit - b.transfer_debit + b.transfer_credit) FILTER (WHERE b.period >= :quarter), 0)
         AS quarter,
       coalesce(sum(b.credit) FILTER (WHERE b.period >= :quarter), 0) AS quarter_credit,
       coalesce(sum(b.debit) FILTER (WHERE b.period = :period), 0) AS month_debit,
       coalesce(sum(b.credit) FILTER (WHERE b.period = :period), 0) AS month_credit, sum(b.credit) AS year_credit
  FROM tenant.balance b
  JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id
 WHERE b.book_id = ANY(cast(:books AS bigint[])) AND b.period BETWEEN :opening AND :period
 GROUP BY b.book_id, a.code, a.standard_code, a.class
"""
_UNPOSTED = """
SELECT book_id, sum(last + extra - posted - voided) AS unposted FROM tenant.number_counter
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :period GROUP BY book_id
"""
_STEPS = """
SELECT book_id, step, facts FROM tenant.closing_step
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :period
"""
_OPENINGS = """
SELECT book_id, coalesce(sum(opening), 0) AS opening, coalesce(sum(debit - credit), 0) AS turnover FROM tenant.balance
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :opening GROUP BY book_id
"""


def facts_of(scope: TenantScope, books: Sequence[BookRef], period: Period) -> list[Facts]:
    """The closing facts of these books for one period, in the order given."""
    ids = [book.id for book in books]
    rows: dict[int, list[Any]] = {book_id: [] for book_id in ids}
    for row in scope.run(
        _BALANCES, books=ids, period=str(period), quarter=str(period.quarter_start), opening=str(period.opening)
    ):
        rows[row.book_id].append(row)
    unposted = {row.book_id: int(row.unposted) for row in scope.run(_UNPOSTED, books=ids, period=str(period))}
    done: dict[int, dict[str, Amounts]] = {book_id: {} for book_id in ids}
    for row in scope.run(_STEPS, books=ids, period=str(period)):
        done[row.book_id][row.step] = {name: Decimal(amount) for name, amount in row.facts.items()}
    openings = {row.book_id: row for row in scope.run(_OPENINGS, books=ids, opening=str(period.opening))}
    states = periods.of_books(scope, ids)
    special = invoices.special_output_tax(scope, ids, period.quarter_start.first_day, period.last_day)
    waiting = invoices.attention_counts(scope, ids, period.last_day)
    reading = invoices.uploads_in_reading(scope, ids)
    return [
        _facts(
            book,
            period,
            rows[book.id],
            states[book.id],
            openings.get(book.id),
            done=done[book.id],
            unposted=unposted.get(book.id, 0),
            unread=reading.get(book.id, 0),
            special_tax=special.get(book.id, ZERO),
            work_items=waiting.get(book.id, 0),
        )
        for book in books
    ]


def _facts(
    book: BookRef, period: Period, rows: Sequence[Any], states: Sequence[PeriodState], opening: Any, **known: Any
) -> Facts:
    standard = load(book.standard, book.edition)
    state = next((s for s in states if s.period == str(period)), None)
    first = period == book.start_period
    return Facts(
        book=book,
        period=period,
        balances={row.code: row.closing for row in rows if row.closing},
        year={row.code: row.year for row in rows if row.result},
        quarter_sales=-_sum(rows, standard.groups["sales_revenue"], "quarter"),
        quarter_output_tax=_sum(rows, _codes(standard, book, "vat_payable_small"), "quarter_credit"),
        vat_paid=_sum(rows, _codes(standard, book, "vat_paid_current"), "month_debit"),
        vat_simplified=_sum(rows, _codes(standard, book, "vat_simplified"), "month_credit"),
        income_tax_accrued=_sum(rows, standard.groups["income_tax_accrued"], "year_credit"),
        state=state.state if state else "missing",
        version=state.version if state else 0,
        previous_open=next((s.period for s in states if s.period < str(period) and s.state == "open"), None),
        opening_difference=opening.opening if first and opening else ZERO,
        opening_turnover_difference=opening.turnover if first and opening else ZERO,
        trial_difference=sum((row.closing for row in rows), ZERO),
        **known,
    )


def _sum(rows: Sequence[Any], codes: Sequence[str], column: str) -> Decimal:
    return sum((getattr(row, column) for row in rows if row.code.startswith(tuple(codes))), ZERO)


def _codes(standard: Standard, book: BookRef, role: str) -> tuple[str, ...]:
    """The account of a role, or none when books of this taxpayer kind have no such account."""
    code = standard.roles[role].get(Taxpayer(book.taxpayer))
    return (code,) if code else ()
