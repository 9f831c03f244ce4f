"""Reads of vouchers; a list carries complete rows with their lines, in one query each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select, tuple_

from app.ledger.models import voucher
from tenants.scope import TenantScope

_HEAD = [column for column in voucher.c if column.name not in {"book_id", "content_hash"}]
_LINES = """
SELECT l.voucher_id, l.line_no, a.code AS account, a.name_zh AS account_name, l.summary, l.debit, l.credit,
       coalesce((SELECT i.name FROM tenant.dimension_item i WHERE i.book_id = s.book_id AND i.id = s.item_ids[1]), '')
         AS counterparty, l.cash_item, l.cash_amount
  FROM tenant.voucher_line l
  JOIN tenant.account a ON a.book_id = l.book_id AND a.id = l.account_id
  JOIN tenant.dimension_set s ON s.book_id = l.book_id AND s.id = l.dim_set_id
 WHERE l.book_id = :book AND l.voucher_id = ANY(cast(:ids AS uuid[]))
 ORDER BY l.voucher_id, l.line_no
"""
_UNPOSTED = """
SELECT book_id, id, period, status, word, number FROM tenant.voucher
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :period AND status IN ('draft', 'reviewed')
 ORDER BY book_id, date, word, number
"""

Row = dict[str, Any]


def _with_lines(scope: TenantScope, book_id: int, heads: Sequence[RowMapping]) -> list[Row]:
    vouchers: dict[UUID, Row] = {head["id"]: {**head, "lines": []} for head in heads}
    for row in scope.run(_LINES, book=book_id, ids=list(vouchers)).mappings():
        line = dict(row)
        vouchers[line.pop("voucher_id")]["lines"].append(line)
    return list(vouchers.values())


def one(scope: TenantScope, book_id: int, voucher_id: UUID, *, lock: bool = False) -> Row | None:
    """A voucher with its lines, or None; `lock` takes its row for a change."""
    query = select(*_HEAD).where(voucher.c.book_id == book_id, voucher.c.id == voucher_id)
    head = scope.execute(query.with_for_update() if lock else query).mappings().first()
    return _with_lines(scope, book_id, [head])[0] if head else None


def page(
    scope: TenantScope, book_id: int, period: str, statuses: Sequence[str], after: tuple[str, int], limit: int
) -> list[Row]:
    """The vouchers of a period in the order of word and number, from the one after `after` on."""
    query = select(*_HEAD).where(voucher.c.book_id == book_id, voucher.c.period == period)
    query = query.where(tuple_(voucher.c.word, voucher.c.number) > tuple_(*after))
    if statuses:
        query = query.where(voucher.c.status.in_(statuses))
    heads = scope.execute(query.order_by(voucher.c.word, voucher.c.number).limit(limit))
    return _with_lines(scope, book_id, heads.mappings().all())


def unposted(scope: TenantScope, books: Sequence[int], period: str) -> list[Any]:
    """The drafts and reviewed vouchers of a period in many books."""
    return list(scope.run(_UNPOSTED, books=list(books), period=period))


def external_ids(scope: TenantScope, book_id: int) -> set[str]:
    """The external ids the book's vouchers carry."""
    query = select(voucher.c.external_id).where(voucher.c.book_id == book_id, voucher.c.external_id.is_not(None))
    return set(scope.execute(query).scalars())
