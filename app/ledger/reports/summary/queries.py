"""Reads of the voucher summary: what the vouchers of a range moved, and how many there are."""

from __future__ import annotations

from typing import Any

from app.ledger.reports.queries import POSTED, WITH_UNPOSTED
from app.ledger.reports.summary.types import SummaryAsked
from app.ledger.reports.types import Movement
from tenants.scope import TenantScope

_TURNOVER = """
SELECT l.account_id, sum(l.debit) AS debit, sum(l.credit) AS credit
  FROM tenant.voucher v
  JOIN tenant.voucher_line l ON l.book_id = v.book_id AND l.voucher_id = v.id
 WHERE v.book_id = :book AND v.date BETWEEN cast(:first AS date) AND cast(:last AS date)
   AND v.status = ANY(cast(:statuses AS text[])) AND (:any_word OR v.word = :word)
   AND v.number BETWEEN :low AND :high
 GROUP BY l.account_id
"""
_COUNTS = """
SELECT word, count(*) AS vouchers, sum(attachments) AS attachments
  FROM tenant.voucher
 WHERE book_id = :book AND date BETWEEN cast(:first AS date) AND cast(:last AS date)
   AND status = ANY(cast(:statuses AS text[])) AND (:any_word OR word = :word)
   AND number BETWEEN :low AND :high
 GROUP BY word ORDER BY word
"""
_HIGHEST = 2**31 - 1


def _params(book: int, asked: SummaryAsked) -> dict[str, Any]:
    low, high = asked.numbers or (1, _HIGHEST)
    return {
        "book": book,
        "first": asked.first,
        "last": asked.last,
        "any_word": not asked.word,
        "word": asked.word,
        "low": low,
        "high": high,
        "statuses": list(WITH_UNPOSTED if asked.unposted else POSTED),
    }


def turnover(scope: TenantScope, book: int, asked: SummaryAsked) -> dict[int, Movement]:
    """What the vouchers asked for moved on each leaf account, by account id."""
    rows = scope.run(_TURNOVER, **_params(book, asked)).all()
    return {row.account_id: Movement(debit=row.debit, credit=row.credit) for row in rows}


def counts(scope: TenantScope, book: int, asked: SummaryAsked) -> list[Any]:
    """The vouchers asked for and their attachments, by word."""
    return list(scope.run(_COUNTS, **_params(book, asked)).all())
