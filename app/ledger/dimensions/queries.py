"""Reads of dimensions, their items and the sets that lines carry."""

from __future__ import annotations

from collections.abc import Iterable

from app.ledger.dimensions.types import Dimension, Item, ItemKey, ItemRow, Named
from tenants.scope import TenantScope

_EVERY = """
SELECT code, name_zh, name_en, builtin FROM tenant.dimension WHERE book_id = :book ORDER BY NOT builtin, code
"""
_ITEMS = """
SELECT i.book_id, i.dimension, i.name, i.id, i.active
  FROM unnest(cast(:books AS bigint[]), cast(:dimensions AS text[]), cast(:names AS text[])) AS k (b, d, n)
  JOIN tenant.dimension_item i ON i.book_id = k.b AND i.dimension = k.d AND i.name = k.n
"""
_ROWS = "SELECT id, dimension, code, name, pinyin, tax_id, active, row_version FROM tenant.dimension_item"
_PAGE = f"{_ROWS} WHERE book_id = :book AND dimension = :dimension AND id > :after ORDER BY id LIMIT :limit"
_ONE = f"{_ROWS} WHERE book_id = :book AND dimension = :dimension AND id = :id"
_LOCKED = f"{_ONE} FOR UPDATE"
_SOME = f"{_ROWS} WHERE book_id = :book AND dimension = :dimension AND id = ANY(cast(:ids AS bigint[])) ORDER BY id"
_SUGGEST = f"""
{_ROWS}
 WHERE book_id = :book AND dimension = :dimension AND active
   AND (starts_with(code, :q) OR starts_with(pinyin, :letters) OR strpos(name, :q) > 0)
 ORDER BY code IS DISTINCT FROM :q, name <> :q, NOT starts_with(pinyin, :letters), name LIMIT :limit
"""
_USE = """
SELECT (SELECT count(DISTINCT v.id)
          FROM tenant.period p
          JOIN tenant.voucher v ON v.book_id = p.book_id AND v.period = p.period AND v.status IN ('draft', 'reviewed')
          JOIN tenant.voucher_line l ON l.book_id = v.book_id AND l.voucher_id = v.id
         WHERE p.book_id = :book AND p.state = 'open' AND l.dim_set_id = ANY(k.sets)) AS drafts,
       EXISTS (SELECT FROM tenant.balance b
                WHERE b.book_id = :book AND b.period = (SELECT max(period) FROM tenant.period WHERE book_id = :book)
                  AND b.dim_set_id = ANY(k.sets)
                  AND (b.opening + b.debit - b.credit, b.opening_fc + b.debit_fc - b.credit_fc,
                       b.opening_qty + b.debit_qty - b.credit_qty) <> (0, 0, 0)) AS holds
  FROM (SELECT coalesce(array_agg(id), '{}') AS sets FROM tenant.dimension_set
         WHERE book_id = :book AND cast(:item AS bigint) = ANY(item_ids)) k
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


def page(scope: TenantScope, book: int, dimension: str, after: int, limit: int) -> list[ItemRow]:
    """The items of a dimension after one, in the order they were made."""
    found = scope.run(_PAGE, book=book, dimension=dimension, after=after, limit=limit)
    return [ItemRow._make(row) for row in found]


def one(scope: TenantScope, book: int, dimension: str, item: int, *, lock: bool = False) -> ItemRow | None:
    """An item, or None; `lock` takes its row for a change."""
    row = scope.run(_LOCKED if lock else _ONE, book=book, dimension=dimension, id=item).first()
    return ItemRow._make(row) if row else None


def some(scope: TenantScope, book: int, dimension: str, ids: Iterable[int]) -> list[ItemRow]:
    """Those of these items that the dimension has, in the order they were made."""
    return [ItemRow._make(row) for row in scope.run(_SOME, book=book, dimension=dimension, ids=list(ids))]


def suggest(scope: TenantScope, book: int, dimension: str, q: str, limit: int) -> list[ItemRow]:
    """The active items whose code or pinyin begins with a text or whose name has it, the nearest first."""
    found = scope.run(_SUGGEST, book=book, dimension=dimension, q=q, letters=q.lower(), limit=limit)
    return [ItemRow._make(row) for row in found]


def use(scope: TenantScope, book: int, item: int) -> tuple[int, bool]:
    """How many unposted vouchers name an item, and whether any account holds something of it now."""
    row = scope.run(_USE, book=book, item=item).one()
    return row.drafts, row.holds
