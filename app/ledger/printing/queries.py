"""Reads of the vouchers to be printed: heads and lines, in one statement each, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.ledger.printing.types import Wanted
from tenants.scope import TenantScope

_HEADS = """
SELECT id, period, date, word, number, part, parts, status, attachments, prepared_by, reviewed_by, posted_by, cashier
  FROM tenant.voucher
 WHERE book_id = :book AND period BETWEEN :first AND :last AND (:any_word OR word = :word)
   AND number BETWEEN :low AND :high
 ORDER BY period, word, number, part
 LIMIT :limit
"""
_LINES = """
SELECT voucher_id, account_id, dim_set_id, summary, debit, credit, currency, rate, foreign_amount, quantity, unit_price
  FROM tenant.voucher_line
 WHERE book_id = :book AND voucher_id = ANY(cast(:vouchers AS uuid[]))
 ORDER BY voucher_id, line_no
 LIMIT :limit
"""


def heads(scope: TenantScope, book: int, wanted: Wanted, limit: int) -> list[Any]:
    """The vouchers of a range in the order of period, word, number and part, at most `limit`; voided ones too."""
    rows = scope.run(
        _HEADS,
        book=book,
        first=str(wanted.first),
        last=str(wanted.last),
        any_word=not wanted.word,
        word=wanted.word,
        low=wanted.numbers[0],
        high=wanted.numbers[1],
        limit=limit,
    )
    return list(rows.all())


def lines(scope: TenantScope, book: int, vouchers: Sequence[UUID], limit: int) -> list[Any]:
    """The lines of these vouchers in order, at most `limit`."""
    return list(scope.run(_LINES, book=book, vouchers=list(vouchers), limit=limit).all())
