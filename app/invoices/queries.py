"""Reads of the register (发票台账); a row says what state its voucher is in, for voiding one frees its invoice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.books.types import BookScope
from app.invoices import rules
from app.invoices.errors import InvoiceNotFound
from app.invoices.proposals import rules as proposals
from app.invoices.types import Key, Known
from app.kernel.jobs import RECOGNISE
from app.kernel.periods import Period
from tenants.scope import TenantScope

Row = dict[str, Any]

_ROWS = """
SELECT i.id, i.direction, i.kind, i.code, i.number, i.issued_on, i.seller_name, i.seller_tax_id, i.buyer_name,
       i.buyer_tax_id, i.net, i.tax, i.gross, i.red, i.special, i.original_number, i.status, i.business, i.state,
       i.problems, i.document_id, i.voucher_id, v.status AS voucher_status, i.row_version, i.created_at
  FROM tenant.invoice i
  LEFT JOIN tenant.voucher v ON v.book_id = i.book_id AND v.id = i.voucher_id
"""
_KNOWN = (
    _ROWS
    + """
  JOIN unnest(cast(:codes AS text[]), cast(:numbers AS text[])) AS k (c, n) ON k.c = i.code AND k.n = i.number
 WHERE i.book_id = :book
"""
)
_ONE = _ROWS + " WHERE i.book_id = :book AND i.id = :id"
_ONE_LOCKED = _ONE + " FOR UPDATE OF i"
_PAGE = (
    _ROWS
    + """
 WHERE i.book_id = :book AND (i.issued_on, i.id) > (:day, :id)
   AND (cast(:first AS date) IS NULL OR i.issued_on BETWEEN :first AND :last)
   AND (cast(:direction AS text) IS NULL OR i.direction = :direction)
   AND (cast(:states AS text[]) IS NULL OR i.state = ANY(cast(:states AS text[])))
 ORDER BY i.issued_on, i.id LIMIT :limit
"""
)
_LINES = """
SELECT line_no, name, tax_code, quantity, unit_price, net, tax_rate, tax
  FROM tenant.invoice_line WHERE book_id = :book AND invoice_id = :id ORDER BY line_no
"""
_SOURCES = """
SELECT source_id, id FROM tenant.voucher
 WHERE book_id = :book AND source_type = :type AND source_id = ANY(cast(:ids AS text[]))
"""
_SPECIAL_TAX = """
SELECT book_id, sum(tax) AS tax FROM tenant.invoice
 WHERE book_id = ANY(cast(:books AS bigint[])) AND direction = 'sales' AND special AND state = 'booked'
   AND issued_on BETWEEN :first AND :last
 GROUP BY book_id
"""
_ATTENTION = """
SELECT book_id, count(*) AS waiting FROM tenant.invoice
 WHERE book_id = ANY(cast(:books AS bigint[])) AND state = 'needs_attention' AND issued_on <= :until
 GROUP BY book_id
"""
_READING = """
SELECT book_id, count(*) AS uploads FROM tenant.job
 WHERE type = :type AND finished_at IS NULL AND book_id = ANY(cast(:books AS bigint[]))
 GROUP BY book_id
"""
START = (date(1, 1, 1), UUID(int=0))  # before the first row of every page


def known(scope: BookScope, keys: Collection[Key]) -> dict[Key, Known]:
    """The invoices of these codes and numbers that the register has, without lines; one query."""
    rows = scope.run(
        _KNOWN, book=scope.book.id, codes=[code for code, _ in keys], numbers=[number for _, number in keys]
    )
    found = (rules.known_of(dict(row)) for row in rows.mappings())
    return {one.invoice.key: one for one in found}


def sources(scope: BookScope, ids: Iterable[str]) -> dict[str, UUID]:
    """The vouchers that name these invoices as their source; a void voucher names none."""
    rows = scope.run(_SOURCES, book=scope.book.id, type=proposals.SOURCE, ids=list(ids))
    return {row.source_id: row.id for row in rows}


def one(scope: BookScope, invoice_id: UUID, *, lock: bool = False) -> Row:
    """An invoice with its lines, its row locked for a change if asked; raises `InvoiceNotFound`."""
    row = scope.run(_ONE_LOCKED if lock else _ONE, book=scope.book.id, id=invoice_id).mappings().first()
    if row is None:
        raise InvoiceNotFound
    lines = scope.run(_LINES, book=scope.book.id, id=invoice_id)
    return {**row, "lines": [dict(line) for line in lines.mappings()]}


def page(
    scope: BookScope,
    *,
    period: Period | None = None,
    direction: str | None = None,
    states: Sequence[str] = (),
    after: tuple[date, UUID] = START,
    limit: int,
) -> list[Row]:
    """Invoices in the order of their dates of issue, from the one after `after` on, without lines."""
    rows = scope.run(
        _PAGE,
        book=scope.book.id,
        day=after[0],
        id=after[1],
        first=period and period.first_day,
        last=period and period.last_day,
        direction=direction,
        states=list(states) or None,
        limit=limit,
    )
    return [dict(row) for row in rows.mappings()]


def special_output_tax(scope: TenantScope, books: Sequence[int], first: date, last: date) -> dict[int, Decimal]:
    """The output tax of booked special invoices (专票) issued in these days, by book id."""
    rows = scope.run(_SPECIAL_TAX, books=list(books), first=first, last=last)
    return {row.book_id: row.tax for row in rows}


def attention_counts(scope: TenantScope, books: Sequence[int], until: date) -> dict[int, int]:
    """How many invoices issued up to a day still need attention, by book id."""
    return {row.book_id: row.waiting for row in scope.run(_ATTENTION, books=list(books), until=until)}


def uploads_in_reading(scope: TenantScope, books: Sequence[int]) -> dict[int, int]:
    """How many uploads wait to be read or are being read, by book id."""
    return {row.book_id: row.uploads for row in scope.run(_READING, books=list(books), type=RECOGNISE)}
