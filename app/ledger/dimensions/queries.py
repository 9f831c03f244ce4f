"""Reads of dimensions, their items and the sets that lines carry."""

from __future__ import annotations

from collections.abc import Iterable

from app.ledger.dimensions.types import Dimension, Item, ItemKey, Named
from tenants.scope import TenantScope

_EVERY = """
SELECT code, name_zh, name_en, builtin FROM tenant.dimension WHERE book_id = :book ORDER BY NOT builtin, code
"""
_ITEMS = """
SELECT i.book_id, i.dimension, i.name, i.id, i.active
  FROM unnest(cast(:books AS bigint[]), cast(:dimensions AS text[]), cast(:names AS text[])) AS k (b, d, n)
  JOIN tenant.dimension_item i ON i.book_id = k.b AND i.dimension = k.d AND i.name = k.n
"""
_SETS = """
SELECT id, item_ids FROM tenant.dimension_set WHERE book_id = :book AND id = ANY(cast(:sets AS bigint[]))
"""
_NAMES = """
SELECT id, dimension, name FROM tenant.dimension_item
 WHERE book_id = :book AND id = ANY(cast(:items AS bigint[]))
"""


def every(scope: TenantScope, book: int) -> list[Dimension]:
    """The dimensions of a book, the six before its own."""
    return [Dimension._make(row) for row in scope.run(_EVERY, book=book)]


def items(scope: TenantScope, wanted: Iterable[ItemKey]) -> dict[ItemKey, Item]:
    """Those of these items that exist, by (book id, dimension, name)."""
    keys = sorted(set(wanted))
    if not keys:
        return {}
    found = scope.run(
        _ITEMS, books=[key[0] for key in keys], dimensions=[key[1] for key in keys], names=[key[2] for key in keys]
    )
    return {(row.book_id, row.dimension, row.name): Item(row.id, row.active) for row in found}


def named(scope: TenantScope, book: int, sets: Iterable[int]) -> dict[int, Named]:
    """What these sets of a book hold, as (dimension, item name) in the order of dimensions; the empty set is absent."""
    wanted = sorted(set(sets) - {0})
    if not wanted:
        return {}
    held = {row.id: row.item_ids for row in scope.run(_SETS, book=book, sets=wanted)}
    ids = sorted({item for of_set in held.values() for item in of_set})
    names = {row.id: (row.dimension, row.name) for row in scope.run(_NAMES, book=book, items=ids)}
    return {set_id: tuple(names[item] for item in of_set) for set_id, of_set in held.items()}
