"""Dimensions (辅助核算): customers and suppliers of a book, and the sets of items that lines carry.

Invariant: set 0 of every book is the empty set; a set's key is `dimension:item id`, so a set exists once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tenants.scope import TenantScope


class Counterparty(NamedTuple):
    """A customer or supplier (往来单位) of a book, named as its invoices name it."""

    book_id: int
    dimension: str
    name: str
    tax_id: str = ""


_FIND = """
SELECT i.book_id, i.dimension, i.name, s.id AS set_id
  FROM unnest(cast(:books AS bigint[]), cast(:dimensions AS text[]), cast(:names AS text[])) AS k (b, d, n)
  JOIN tenant.dimension_item i ON i.book_id = k.b AND i.dimension = k.d AND i.name = k.n
  JOIN tenant.dimension_set s ON s.book_id = i.book_id AND s.key = i.dimension || ':' || i.id
"""
_ITEMS = """
INSERT INTO tenant.dimension_item (book_id, dimension, name, tax_id)
SELECT k.b, k.d, k.n, k.t
  FROM unnest(cast(:books AS bigint[]), cast(:dimensions AS text[]), cast(:names AS text[]), cast(:tax_ids AS text[]))
       AS k (b, d, n, t)
 ORDER BY k.b, k.d, k.n
ON CONFLICT (book_id, dimension, name) DO NOTHING
"""
_SETS = """
INSERT INTO tenant.dimension_set (book_id, key, item_ids)
SELECT i.book_id, i.dimension || ':' || i.id, ARRAY[i.id]
  FROM unnest(cast(:books AS bigint[]), cast(:dimensions AS text[]), cast(:names AS text[])) AS k (b, d, n)
  JOIN tenant.dimension_item i ON i.book_id = k.b AND i.dimension = k.d AND i.name = k.n
 ORDER BY i.book_id, i.id
ON CONFLICT (book_id, key) DO NOTHING
"""
_EMPTY = """
INSERT INTO tenant.dimension_set (book_id, id, key, item_ids)
SELECT b, 0, '', cast('{}' AS bigint[]) FROM unnest(cast(:books AS bigint[])) AS k (b)
"""

SetKey = tuple[int, str, str]


def begin(scope: TenantScope, books: Sequence[int]) -> None:
    """Give new books their empty set."""
    scope.run(_EMPTY, books=list(books))


def find(scope: TenantScope, wanted: Iterable[SetKey]) -> dict[SetKey, int]:
    """The set ids of those (book id, dimension, name) that exist."""
    keys = sorted(set(wanted))
    if not keys:
        return {}
    rows = scope.run(_FIND, books=[k[0] for k in keys], dimensions=[k[1] for k in keys], names=[k[2] for k in keys])
    return {(row.book_id, row.dimension, row.name): row.set_id for row in rows}


def ensure(scope: TenantScope, wanted: Iterable[Counterparty]) -> dict[SetKey, int]:
    """The set ids of these counterparties, made where they do not exist yet."""
    items = {(c.book_id, c.dimension, c.name): c for c in wanted}
    known = find(scope, items)
    missing = [items[key] for key in sorted(items) if key not in known]
    if not missing:
        return known
    arrays = {
        "books": [c.book_id for c in missing],
        "dimensions": [c.dimension for c in missing],
        "names": [c.name for c in missing],
    }
    scope.run(_ITEMS, **arrays, tax_ids=[c.tax_id for c in missing])
    scope.run(_SETS, **arrays)
    return find(scope, items)
