"""Reads of sealed particulars; nothing here opens one."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from app.sensitive.types import Kind
from tenants.scope import TenantScope


class Row(NamedTuple):
    """A particular as it lies in the table."""

    book_id: int
    item_id: int
    kind: Kind
    sealed: str


_OF_ITEMS = """
SELECT book_id, item_id, kind, sealed FROM tenant.particular
 WHERE book_id = :book AND item_id = ANY(cast(:items AS bigint[]))
 ORDER BY item_id, kind
"""
_FIND = """
SELECT p.item_id FROM tenant.particular p
  JOIN tenant.dimension_item i ON i.book_id = p.book_id AND i.id = p.item_id
 WHERE p.book_id = :book AND p.kind = :kind AND p.blind = ANY(cast(:blinds AS bytea[])) AND i.dimension = :dimension
 ORDER BY p.item_id LIMIT :limit
"""
_STALE = """
SELECT book_id, item_id, kind, sealed FROM tenant.particular
 WHERE NOT starts_with(sealed, :head) AND (book_id, item_id, kind) > (:book, :item, :kind)
 ORDER BY book_id, item_id, kind LIMIT :limit FOR UPDATE
"""


def of_items(scope: TenantScope, book: int, items: Collection[int]) -> list[Row]:
    """The sealed particulars of these items of a book."""
    if not items:
        return []
    found = scope.run(_OF_ITEMS, book=book, items=list(items))
    return [Row(row.book_id, row.item_id, Kind(row.kind), row.sealed) for row in found]


def find(scope: TenantScope, book: int, dimension: str, kind: Kind, blinds: list[bytes], limit: int) -> list[int]:
    """The items of a dimension whose value of a kind has one of these blind indexes."""
    found = scope.run(_FIND, book=book, dimension=dimension, kind=kind.value, blinds=blinds, limit=limit)
    return list(found.scalars())


def stale(scope: TenantScope, head: str, after: tuple[int, int, str], limit: int) -> list[Row]:
    """Particulars of the entered books that an older key sealed, locked, after one in the order of the table."""
    book, item, kind = after
    found = scope.run(_STALE, head=head, book=book, item=item, kind=kind, limit=limit)
    return [Row(row.book_id, row.item_id, Kind(row.kind), row.sealed) for row in found]
