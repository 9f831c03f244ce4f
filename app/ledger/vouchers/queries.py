"""Reads of vouchers; a list carries complete rows with their lines, in one query each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, select

from app.ledger.dimensions import queries as dimensions
from app.ledger.dimensions.types import split
from app.ledger.models import voucher
from tenants.scope import TenantScope

_INSIDE = {"book_id", "content_hash", "preparer", "drafter", "hand_changed"}
HEAD = [column for column in voucher.c if column.name not in _INSIDE]
_LINES = """
SELECT l.voucher_id, l.line_no, a.code AS account, a.name_zh AS account_name, l.summary, l.debit, l.credit,
       l.dim_set_id, l.currency, l.rate, l.foreign_amount, l.quantity, a.unit, l.unit_price, l.cash_item, l.cash_amount
  FROM tenant.voucher_line l
  JOIN tenant.account a ON a.book_id = l.book_id AND a.id = l.account_id
 WHERE l.book_id = :book AND l.voucher_id = ANY(cast(:ids AS uuid[]))
 ORDER BY l.voucher_id, l.line_no
"""
_UNPOSTED = """
SELECT book_id, id, period, status, word, number FROM tenant.voucher
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :period AND status IN ('draft', 'reviewed')
 ORDER BY book_id, date, word, number, part
"""

_STATES = "SELECT id, status, row_version FROM tenant.voucher WHERE book_id = :book AND id = ANY(cast(:ids AS uuid[]))"

Row = dict[str, Any]


class State(NamedTuple):
    """Where a voucher stands, and at which version."""

    status: str
    version: int


def with_lines(scope: TenantScope, book_id: int, heads: Sequence[RowMapping]) -> list[Row]:
    """These rows of vouchers of a book, each with its lines, in the same order."""
    named = [{str(name): value for name, value in head.items()} for head in heads]
    vouchers: dict[UUID, Row] = {head["id"]: head | {"lines": []} for head in named}
    lines = [dict(row) for row in scope.run(_LINES, book=book_id, ids=list(vouchers)).mappings()]
    held = dimensions.named(scope, book_id, (line["dim_set_id"] for line in lines))
    for line in lines:
        line["counterparty"], line["items"] = split(held.get(line.pop("dim_set_id"), ()))
        vouchers[line.pop("voucher_id")]["lines"].append(line)
    return list(vouchers.values())


def one(scope: TenantScope, book_id: int, voucher_id: UUID, *, lock: bool = False) -> Row | None:
    """A voucher with its lines, or None; `lock` takes its row for a change."""
    query = select(*HEAD).where(voucher.c.book_id == book_id, voucher.c.id == voucher_id)
    head = scope.execute(query.with_for_update() if lock else query).mappings().first()
    return with_lines(scope, book_id, [head])[0] if head else None


def some(scope: TenantScope, book_id: int, ids: Sequence[UUID]) -> list[Row]:
    """Those of these vouchers that exist, in the order of period, word, number and part."""
    query = select(*HEAD).where(voucher.c.book_id == book_id, voucher.c.id.in_(list(ids)))
    order = (voucher.c.period, voucher.c.word, voucher.c.number, voucher.c.part)
    return with_lines(scope, book_id, scope.execute(query.order_by(*order)).mappings().all())


def by_external_ids(scope: TenantScope, book_id: int, external_ids: Sequence[str]) -> list[Row]:
    """The vouchers that carry these external ids."""
    if not external_ids:
        return []
    query = select(*HEAD).where(voucher.c.book_id == book_id, voucher.c.external_id.in_(external_ids))
    return with_lines(scope, book_id, scope.execute(query).mappings().all())


def states(scope: TenantScope, book_id: int, ids: Sequence[UUID]) -> dict[UUID, State]:
    """The states and versions of those of these vouchers that exist."""
    return {row.id: State(row.status, row.row_version) for row in scope.run(_STATES, book=book_id, ids=list(ids)).all()}


def unposted(scope: TenantScope, books: Sequence[int], period: str) -> list[Any]:
    """The drafts and reviewed vouchers of a period in many books."""
    return list(scope.run(_UNPOSTED, books=list(books), period=period))


def external_ids(scope: TenantScope, book_id: int) -> set[str]:
    """The external ids the book's vouchers carry."""
    query = select(voucher.c.external_id).where(voucher.c.book_id == book_id, voucher.c.external_id.is_not(None))
    return set(scope.execute(query).scalars())
