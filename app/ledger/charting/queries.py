"""Reads of chart work: what accounts or items hold, and which reclassifications wait to be posted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.ledger.charting.types import SOURCE, Holding, Measures
from app.ledger.dimensions import queries as dimensions
from tenants.scope import TenantScope

_HELD = """
SELECT account_id, dim_set_id, currency, opening + debit - credit AS amount,
       opening_fc + debit_fc - credit_fc AS fc, opening_qty + debit_qty - credit_qty AS qty
  FROM tenant.balance
 WHERE book_id = :book AND period = :period
   AND (opening + debit - credit, opening_fc + debit_fc - credit_fc, opening_qty + debit_qty - credit_qty) <> (0, 0, 0)
"""
_OF_ACCOUNTS = _HELD + "AND account_id = ANY(cast(:ids AS bigint[])) ORDER BY account_id, dim_set_id, currency"
_OF_SETS = _HELD + "AND dim_set_id = ANY(cast(:ids AS bigint[])) ORDER BY account_id, dim_set_id, currency"
_SETS = """
SELECT id FROM tenant.dimension_set WHERE book_id = :book AND cast(:item AS bigint) = ANY(item_ids)
"""
_PENDING = """
SELECT a.code, v.word, v.number
  FROM tenant.period p
  JOIN tenant.voucher v ON v.book_id = p.book_id AND v.period = p.period AND v.status IN ('draft', 'reviewed')
       AND v.source_type = :source
  JOIN tenant.voucher_line l ON l.book_id = v.book_id AND l.voucher_id = v.id
  JOIN tenant.account a ON a.book_id = l.book_id AND a.id = l.account_id
 WHERE p.book_id = :book AND p.state = 'open' AND l.account_id = ANY(cast(:accounts AS bigint[]))
 ORDER BY v.word, v.number, l.line_no LIMIT 1
"""


def holdings(scope: TenantScope, book: int, period: str, accounts: Sequence[int]) -> list[Holding]:
    """What these accounts hold at the end of a period, by items and currency."""
    return _named(scope, book, scope.run(_OF_ACCOUNTS, book=book, period=period, ids=list(accounts)).all())


def holdings_of_item(scope: TenantScope, book: int, period: str, item: int) -> list[Holding]:
    """What any account holds of an item at the end of a period."""
    sets = list(scope.run(_SETS, book=book, item=item).scalars())
    return _named(scope, book, scope.run(_OF_SETS, book=book, period=period, ids=sets).all())


def _named(scope: TenantScope, book: int, rows: Sequence[Any]) -> list[Holding]:
    held = dimensions.named(scope, book, (row.dim_set_id for row in rows))
    return [
        Holding(row.account_id, held.get(row.dim_set_id, ()), row.currency, Measures(row.amount, row.fc, row.qty))
        for row in rows
    ]


def pending(scope: TenantScope, book: int, accounts: Sequence[int]) -> tuple[str, str] | None:
    """An account of these and the voucher that moves its balance and is not posted yet, or None."""
    row = scope.run(_PENDING, book=book, accounts=list(accounts), source=SOURCE).first()
    return (row.code, f"{row.word}-{row.number}") if row else None
