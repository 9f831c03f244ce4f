"""The facts of many books at once: a handful of set-based reads whatever the number of books and vouchers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.books.types import BookRef
from app.closing.given.queries import given_of
from app.closing.own.queries import charts, own_steps_of
from app.closing.types import ChartRow, Done, Facts, Given, Held, OwnStep, Reads
from app.documents import queries as documents
from app.invoices import queries as invoices
from app.kernel.money import RMB, ZERO
from app.kernel.periods import Period
from app.ledger.currencies.queries import closing_rates
from app.ledger.dimensions.types import Named
from app.ledger.periods import queries as periods
from app.ledger.periods.queries import PeriodState
from app.ledger.vouchers.types import Line
from app.standards.loader import load
from app.standards.types import Taxpayer
from tenants.scope import TenantScope

# RMB assets and liabilities without quantity are summed over their items: the month end never asks whose they are.
_BALANCES = """
SELECT b.book_id, a.code, a.standard_code, a.class, a.monetary, a.unit IS NOT NULL, b.set_id, b.currency, b.closing,
       b.closing_fc, b.closing_qty, b.opening, b.year, b.quarter, b.month_debit, b.month_credit, b.quarter_credit,
       b.year_credit, b.moved
  FROM (
    SELECT b.book_id, b.account_id, b.currency,
           CASE WHEN b.currency = 'CNY' AND a.unit IS NULL AND a.class IN ('asset', 'liability', 'common')
                THEN 0 ELSE b.dim_set_id END AS set_id,
           sum(CASE WHEN b.period = :period THEN b.opening + b.debit - b.credit ELSE 0.00 END) AS closing,
           sum(CASE WHEN b.period = :period THEN b.opening_fc + b.debit_fc - b.credit_fc ELSE 0.00 END) AS closing_fc,
           sum(CASE WHEN b.period = :period THEN b.opening_qty + b.debit_qty - b.credit_qty ELSE 0 END) AS closing_qty,
           sum(CASE WHEN b.period = :period THEN b.opening ELSE 0.00 END) AS opening,
           sum(b.debit - b.credit - b.transfer_debit + b.transfer_credit) AS year,
           sum(CASE WHEN b.period >= :quarter THEN b.debit - b.credit - b.transfer_debit + b.transfer_credit
               ELSE 0.00 END) AS quarter,
           sum(CASE WHEN b.period = :period THEN b.debit ELSE 0.00 END) AS month_debit,
           sum(CASE WHEN b.period = :period THEN b.credit ELSE 0.00 END) AS month_credit,
           sum(CASE WHEN b.period >= :quarter THEN b.credit ELSE 0.00 END) AS quarter_credit,
           sum(b.credit) AS year_credit,
           sum(CASE WHEN b.period = :period THEN b.debit_qty - b.credit_qty ELSE 0 END) AS moved
      FROM tenant.balance b
      JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id
     WHERE b.book_id = ANY(cast(:books AS bigint[])) AND b.period BETWEEN :first AND :period
     GROUP BY 1, 2, 3, 4) b
  JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id
"""
# One text a book: books of one standard share it, and it is read once.
_PLAYED = """
SELECT book_id, string_agg(standard_code || ' ' || code, ',' ORDER BY standard_code) AS played
  FROM (SELECT book_id, standard_code, min(code) AS code FROM tenant.account
         WHERE book_id = ANY(cast(:books AS bigint[])) AND standard_code = ANY(cast(:codes AS text[]))
           AND leaf AND active
         GROUP BY book_id, standard_code) p
 GROUP BY book_id
"""
_SETS = """
SELECT s.book_id, s.id, i.dimension, i.name
  FROM unnest(cast(:books AS bigint[]), cast(:sets AS bigint[])) AS k (b, s)
  JOIN tenant.dimension_set s ON s.book_id = k.b AND s.id = k.s
  JOIN tenant.dimension_item i ON i.book_id = s.book_id AND i.id = ANY(s.item_ids)
 ORDER BY s.book_id, s.id, i.dimension
"""
_UNPOSTED = """
SELECT book_id, sum(last + extra - posted - voided) AS unposted FROM tenant.number_counter
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :period GROUP BY book_id
"""
_DRAFTS = """
SELECT book_id, count(*) AS drafts FROM tenant.voucher
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :period AND status IN ('draft', 'reviewed')
 GROUP BY book_id
"""
_RAN = """
SELECT book_id, step, facts -> 'read' AS read FROM tenant.closing_step
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :period
"""
_DONE = """
SELECT v.book_id, v.source_rule, v.status = 'posted' AS posted, v.period = :period AS here, v.date, v.transfer,
       a.code, a.standard_code, l.dim_set_id, l.summary, l.debit, l.credit, l.currency, l.foreign_amount, l.quantity
  FROM tenant.voucher v
  JOIN tenant.voucher_line l ON l.book_id = v.book_id AND l.voucher_id = v.id
  JOIN tenant.account a ON a.book_id = l.book_id AND a.id = l.account_id
 WHERE v.book_id = ANY(cast(:books AS bigint[])) AND v.source_type = 'closing' AND v.source_id = :period
 ORDER BY v.book_id, v.date, v.number, l.line_no
"""
_OPENINGS = """
SELECT book_id, coalesce(sum(opening), 0) AS opening, coalesce(sum(debit - credit), 0) AS turnover FROM tenant.balance
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :opening GROUP BY book_id
"""

Sets = Mapping[tuple[int, int], Named]


def facts_of(scope: TenantScope, books: Sequence[BookRef], period: Period) -> list[Facts]:
    """The closing facts of these books for one period, in the order given."""
    ids = [book.id for book in books]
    span = {"period": str(period), "quarter": str(period.quarter_start), "first": str(period.opening)}
    rows: Sequence[Any] = scope.run(_BALANCES, books=ids, **span).all()
    ran = _ran(scope, ids, period)
    again = [book for book in ids if ran[book]]
    lines = scope.run(_DONE, books=again, period=str(period)).all() if again else []
    sets = _sets(scope, {(row[0], row[6]) for row in rows} | {(row.book_id, row.dim_set_id) for row in lines})
    held = _held(ids, rows, sets)
    done: dict[int, list[Done]] = {book: [] for book in ids}
    for row in lines:
        done[row.book_id].append(_done(row, sets))
    given, own = given_of(scope, ids, period), own_steps_of(scope, ids)
    played = _played(scope, books)
    charts = _charts(scope, given, own)
    foreign = [book for book in ids if any(one.currency != RMB for one in held[book])]
    rates = closing_rates(scope, foreign, period) if foreign else {}
    counted = _counts(scope, books, period)
    states = periods.of_books(scope, ids)
    openings = {row.book_id: row for row in scope.run(_OPENINGS, books=ids, opening=str(period.opening))}
    return [
        Facts(
            book=book,
            period=period,
            held=held[book.id],
            played=played[book.id],
            chart=charts.get(book.id, {}),
            given=given.get(book.id, {}),
            own=tuple(own.get(book.id, ())),
            ran={step: read for step, read in ran[book.id].items() if read is not None},
            done=tuple(done[book.id]),
            closing_rates=rates.get(book.id, {}),
            trial_difference=sum((one.closing for one in held[book.id]), ZERO),
            **counted[book.id],
            **_standing(book, period, states[book.id], openings.get(book.id)),
        )
        for book in books
    ]


def _held(ids: Iterable[int], rows: Iterable[Any], sets: Sets) -> dict[int, tuple[Held, ...]]:
    found: dict[int, list[Held]] = {book: [] for book in ids}
    for row in rows:
        items = sets[row[0], row[6]] if row[6] else ()
        found[row[0]].append(Held(row[1], row[2], row[3], row[4], row[5], items, *row[7:]))
    return {book: tuple(of_book) for book, of_book in found.items()}


def _sets(scope: TenantScope, wanted: set[tuple[int, int]]) -> Sets:
    """What the sets hold, as (dimension, item name) in the order of dimensions."""
    keys = sorted(key for key in wanted if key[1])
    if not keys:
        return {}
    found: dict[tuple[int, int], Named] = dict.fromkeys(keys, ())
    for row in scope.run(_SETS, books=[key[0] for key in keys], sets=[key[1] for key in keys]):
        found[row.book_id, row.id] += ((row.dimension, row.name),)
    return found


def _done(row: Any, sets: Sets) -> Done:
    rule, _, run = row.source_rule.partition("#")
    line = Line(
        row.code,
        row.summary,
        row.debit,
        row.credit,
        items=sets[row.book_id, row.dim_set_id] if row.dim_set_id else (),
        currency=row.currency,
        foreign_amount=row.foreign_amount,
        quantity=row.quantity,
    )
    return Done(rule, int(run or 1), row.posted, row.here, row.date, row.transfer, row.standard_code, line)


def _ran(scope: TenantScope, ids: Sequence[int], period: Period) -> dict[int, dict[str, Reads | None]]:
    """What each step read when it ran, by book and step; a row that only names a case's voucher has read nothing."""
    found: dict[int, dict[str, Reads | None]] = {book: {} for book in ids}
    for row in scope.run(_RAN, books=list(ids), period=str(period)):
        found[row.book_id][row.step] = row.read
    return found


def _played(scope: TenantScope, books: Sequence[BookRef]) -> dict[int, Mapping[str, str]]:
    codes = set[str]()
    for standard in {(book.standard, book.edition): load(book.standard, book.edition) for book in books}.values():
        roles = {line.role for step in standard.closing for entry in step.entries for line in entry.lines}
        codes |= {code for role in roles if not role.startswith("@") for code in standard.roles[role].values()}
    found: dict[int, Mapping[str, str]] = {book.id: {} for book in books}
    known: dict[str, Mapping[str, str]] = {}
    for row in scope.run(_PLAYED, books=[book.id for book in books], codes=sorted(codes)):
        if row.played not in known:
            known[row.played] = dict(pair.split(" ", 1) for pair in row.played.split(","))
        found[row.book_id] = known[row.played]
    return found


def _charts(
    scope: TenantScope, given: Mapping[int, Mapping[str, Given]], own: Mapping[int, Sequence[OwnStep]]
) -> dict[int, dict[str, ChartRow]]:
    """The charts of the books whose own steps or given lines name accounts."""
    books = {book for book, steps in own.items() if steps}
    books |= {book for book, by_step in given.items() if any(one.lines for one in by_step.values())}
    return charts(scope, sorted(books)) if books else {}


def _counts(scope: TenantScope, books: Sequence[BookRef], period: Period) -> dict[int, dict[str, Any]]:
    """What other rooms and the counters say of each book."""
    ids, key = [book.id for book in books], str(period)
    unposted = {row.book_id: int(row.unposted) for row in scope.run(_UNPOSTED, books=ids, period=key)}
    waiting_in = sorted(book for book, count in unposted.items() if count)
    drafts = {row.book_id: row.drafts for row in scope.run(_DRAFTS, books=waiting_in, period=key)} if waiting_in else {}
    special = _special_tax(scope, books, period)
    waiting = invoices.attention_counts(scope, ids, period.last_day)
    reading = invoices.uploads_in_reading(scope, ids)
    left = documents.unread_counts(scope, ids)
    return {
        book: {
            "unposted": unposted.get(book, 0),
            "drafts": drafts.get(book, 0) if unposted.get(book) else None,
            "unread": reading.get(book, 0),
            "left_unread": left.get(book, 0),
            "special_tax": special.get(book, ZERO),
            "work_items": waiting.get(book, 0),
        }
        for book in ids
    }


def _special_tax(scope: TenantScope, books: Sequence[BookRef], period: Period) -> dict[int, Decimal]:
    """The tax of special invoices sold in the quarter, or in the month where VAT is filed by the month."""
    monthly = [book.id for book in books if book.settings.get("vat_cycle") == "month"]
    small = [book.id for book in books if book.taxpayer == Taxpayer.SMALL_SCALE and book.id not in monthly]
    found: dict[int, Decimal] = {}
    if small:
        found |= invoices.special_output_tax(scope, small, period.quarter_start.first_day, period.last_day)
    if monthly:
        found |= invoices.special_output_tax(scope, monthly, period.first_day, period.last_day)
    return found


def _standing(book: BookRef, period: Period, states: Sequence[PeriodState], opening: Any) -> dict[str, Any]:
    state = next((s for s in states if s.period == str(period)), None)
    first = period == book.start_period
    return {
        "state": state.state if state else "missing",
        "version": state.version if state else 0,
        "previous_open": next((s.period for s in states if s.period < str(period) and s.state == "open"), None),
        "opening_difference": opening.opening if first and opening else ZERO,
        "opening_turnover_difference": opening.turnover if first and opening else ZERO,
    }
