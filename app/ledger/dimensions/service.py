"""Dimensions (辅助核算): the items of a book, and the sets of them that lines carry.

Invariant: set 0 of every book is the empty set; a set's key is its `dimension:item id` in the order of dimension codes,
joined by commas, so a set exists once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from app.kernel.pinyin import initials
from app.ledger.dimensions import queries
from app.ledger.dimensions.types import BUILTIN, Item, ItemKey, SetKey
from tenants.scope import TenantScope

_BEGIN = """
INSERT INTO tenant.dimension (book_id, code, name_zh, name_en, builtin)
SELECT b, c, zh, en, true
  FROM unnest(cast(:books AS bigint[])) AS k (b)
 CROSS JOIN unnest(cast(:codes AS text[]), cast(:zh AS text[]), cast(:en AS text[])) AS d (c, zh, en)
"""
_EMPTY = """
INSERT INTO tenant.dimension_set (book_id, id, key, item_ids)
SELECT b, 0, '', cast('{}' AS bigint[]) FROM unnest(cast(:books AS bigint[])) AS k (b)
"""
_ITEMS = """
INSERT INTO tenant.dimension_item (book_id, dimension, name, pinyin, tax_id, active)
SELECT b, d, n, p, '', true
  FROM unnest(cast(:books AS bigint[]), cast(:dimensions AS text[]), cast(:names AS text[]), cast(:pinyin AS text[]))
       AS k (b, d, n, p)
 ORDER BY b, d, n
ON CONFLICT (book_id, dimension, name) DO NOTHING
"""
_FIND_SETS = """
SELECT s.book_id, s.key, s.id FROM unnest(cast(:books AS bigint[]), cast(:keys AS text[])) AS k (b, key)
  JOIN tenant.dimension_set s ON s.book_id = k.b AND s.key = k.key
"""
_SETS = """
INSERT INTO tenant.dimension_set (book_id, key, item_ids)
SELECT b, key, cast(string_to_array(ids, ',') AS bigint[])
  FROM unnest(cast(:books AS bigint[]), cast(:keys AS text[]), cast(:ids AS text[])) AS k (b, key, ids)
 ORDER BY b, key
ON CONFLICT (book_id, key) DO NOTHING
"""


def begin(scope: TenantScope, books: Sequence[int]) -> None:
    """Give new books their six dimensions and their empty set."""
    codes, zh, en = zip(*BUILTIN, strict=True)
    scope.run(_BEGIN, books=list(books), codes=list(codes), zh=list(zh), en=list(en))
    scope.run(_EMPTY, books=list(books))


def ensure_items(
    scope: TenantScope, wanted: Iterable[ItemKey], known: Mapping[ItemKey, Item]
) -> Mapping[ItemKey, Item]:
    """These items, made where they are not among the known ones; the caller decided which may be made."""
    keys = set(wanted)
    missing = sorted(key for key in keys if key not in known)
    if not missing:
        return known
    scope.run(
        _ITEMS,
        books=[key[0] for key in missing],
        dimensions=[key[1] for key in missing],
        names=[key[2] for key in missing],
        pinyin=[initials(key[2]) for key in missing],
    )
    return {**known, **queries.items(scope, missing)}


def ensure_sets(scope: TenantScope, wanted: Iterable[SetKey], items: Mapping[ItemKey, Item]) -> dict[SetKey, int]:
    """The set ids of these combinations of items, made where they do not exist yet; the empty one is set 0."""
    keys: dict[tuple[int, str], SetKey] = {}
    ids: dict[tuple[int, str], str] = {}
    for book, held in set(wanted):
        if held:
            of_set = [(dimension, items[book, dimension, name].id) for dimension, name in held]
            key = book, ",".join(f"{dimension}:{item}" for dimension, item in of_set)
            keys[key], ids[key] = (book, held), ",".join(str(item) for _, item in of_set)
    found = _found(scope, keys)
    missing = sorted(key for key in keys if key not in found)
    if missing:
        arrays = {"books": [book for book, _ in missing], "keys": [key for _, key in missing]}
        scope.run(_SETS, **arrays, ids=[ids[key] for key in missing])
        found |= _found(scope, missing)
    return {keys[key]: set_id for key, set_id in found.items()}


def _found(scope: TenantScope, keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    asked = sorted(keys)
    if not asked:
        return {}
    rows = scope.run(_FIND_SETS, books=[book for book, _ in asked], keys=[key for _, key in asked])
    return {(row.book_id, row.key): row.id for row in rows}
