"""Dimensions (辅助核算): the items of a book, and the sets of them that lines carry.

Customers and suppliers also come into being with the first line that names them; other items are made here.

Invariant: set 0 of every book is the empty set; a set's key is its `dimension:item id` in the order of dimension codes,
joined by commas, so a set exists once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from sqlalchemy.exc import IntegrityError

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.kernel.pinyin import initials
from app.ledger.dimensions import errors, queries
from app.ledger.dimensions.particulars import service as particulars
from app.ledger.dimensions.particulars.types import NOTHING, Changes, Given, personal, told
from app.ledger.dimensions.types import BUILTIN, Dimension, Item, ItemChange, ItemKey, ItemRow, NewItem, SetKey
from infra.db import constraint
from tenants.scope import TenantScope

MOST_DIMENSIONS = 30

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

_ADD = """
INSERT INTO tenant.dimension (book_id, code, name_zh, name_en, builtin) VALUES (:book, :code, :zh, :en, false)
"""
_NAME = "UPDATE tenant.dimension SET name_zh = :zh, name_en = :en WHERE book_id = :book AND code = :code"
_ADD_ITEMS = """
INSERT INTO tenant.dimension_item (book_id, dimension, code, name, pinyin, tax_id, active)
SELECT :book, :dimension, c, n, p, t, true
  FROM unnest(cast(:codes AS text[]), cast(:names AS text[]), cast(:pinyin AS text[]), cast(:tax_ids AS text[]))
       WITH ORDINALITY AS k (c, n, p, t, place)
 ORDER BY place
RETURNING id, dimension, code, name, pinyin, tax_id, active, row_version
"""
_CHANGE_ITEM = """
UPDATE tenant.dimension_item
   SET name = :name, code = :code, pinyin = :pinyin, tax_id = :tax_id, row_version = row_version + 1
 WHERE book_id = :book AND id = :id
"""
_ACTIVE = """
UPDATE tenant.dimension_item SET active = :active, row_version = row_version + 1
 WHERE book_id = :book AND id = :id AND active <> :active
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


def add_dimension(scope: BookScope, code: str, name_zh: str, name_en: str) -> Dimension:
    """Add a dimension of the book's own (自定义辅助核算); raises `DimensionTaken`, `TooManyDimensions`."""
    known = queries.every(scope, scope.book.id)
    if code in {each.code for each in known}:
        raise errors.DimensionTaken(dimension=code)
    if len(known) >= MOST_DIMENSIONS:
        raise errors.TooManyDimensions(limit=MOST_DIMENSIONS)
    try:
        scope.run(_ADD, book=scope.book.id, code=code, zh=name_zh, en=name_en or name_zh)
    except IntegrityError as error:
        raise errors.DimensionTaken(dimension=code) from error
    _log(scope, "dimension.create", "dimension", code, {"name_zh": name_zh})
    return Dimension(code, name_zh, name_en or name_zh, False)


def rename_dimension(scope: BookScope, code: str, name_zh: str, name_en: str) -> Dimension:
    """Give a dimension other names; raises `DimensionNotFound`."""
    before = known(scope, code)
    scope.run(_NAME, book=scope.book.id, code=code, zh=name_zh, en=name_en or name_zh)
    names = {"before": [before.name_zh, before.name_en], "after": [name_zh, name_en or name_zh]}
    _log(scope, "dimension.change", "dimension", code, names)
    return before._replace(name_zh=name_zh, name_en=name_en or name_zh)


def known(scope: BookScope, code: str) -> Dimension:
    """A dimension of the book; raises `DimensionNotFound`."""
    found = next((each for each in queries.every(scope, scope.book.id) if each.code == code), None)
    if found is None:
        raise errors.DimensionNotFound(dimension=code)
    return found


def add_items(scope: BookScope, dimension: str, new: Sequence[NewItem]) -> list[ItemRow]:
    """Add items (核算项目) in one statement; raises `DimensionNotFound`, `ItemNameTaken`, `ItemCodeTaken`,
    `SensitiveRejected`.
    """
    known(scope, dimension)
    try:
        rows = scope.run(
            _ADD_ITEMS,
            book=scope.book.id,
            dimension=dimension,
            codes=[each.code for each in new],
            names=[each.name for each in new],
            pinyin=[initials(each.name) for each in new],
            tax_ids=[each.tax_id for each in new],
        ).all()
    except IntegrityError as error:
        _explain(error)
    added = [ItemRow._make(row) for row in rows]
    given = {row.id: each.particulars for row, each in zip(added, new, strict=True) if each.particulars}
    kept = particulars.keep(scope, given)
    audit.record(scope, [_act(scope, "item.create", each.id, {"name": each.name}, kept.get(each.id)) for each in added])
    return added


def change_item(scope: BookScope, dimension: str, item: int, change: ItemChange, given: Given = NOTHING) -> ItemRow:
    """Change an item's name, code, tax id or particulars; raises `ItemNotFound`, `ItemNameTaken`, `ItemCodeTaken`,
    `SensitiveRejected`.
    """
    before = held(scope, dimension, item)
    after = before._replace(**change)
    try:
        scope.run(
            _CHANGE_ITEM,
            book=scope.book.id,
            id=item,
            name=after.name,
            code=after.code,
            pinyin=initials(after.name),
            tax_id=after.tax_id,
        )
    except IntegrityError as error:
        _explain(error)
    was, now = before._asdict(), after._asdict()
    differs = {name: {"before": was[name], "after": now[name]} for name in now if now[name] != was[name]}
    kept = particulars.keep(scope, {item: given})
    audit.record(scope, [_act(scope, "item.change", item, differs, kept.get(item))])
    return held(scope, dimension, item)


def disable_item(scope: BookScope, dimension: str, item: int) -> ItemRow:
    """Disable an item (停用); raises `ItemNotFound`, or `ItemInUse` while a balance or an unposted voucher names it."""
    row = held(scope, dimension, item)
    drafts, holds = queries.use(scope, scope.book.id, item)
    if drafts or holds:
        raise errors.ItemInUse(item=row.name, count=drafts)
    return _switch(scope, row, active=False)


def enable_item(scope: BookScope, dimension: str, item: int) -> ItemRow:
    """Enable an item (启用); raises `ItemNotFound`."""
    return _switch(scope, held(scope, dimension, item), active=True)


def put_out(scope: BookScope, row: ItemRow) -> ItemRow:
    """Disable an item whatever hangs on it: the caller moves that away in the same transaction."""
    return _switch(scope, row, active=False)


def _switch(scope: BookScope, row: ItemRow, *, active: bool) -> ItemRow:
    if scope.run(_ACTIVE, book=scope.book.id, id=row.id, active=active).rowcount:
        _log(scope, "item.enable" if active else "item.disable", "item", str(row.id), {"name": row.name})
    return held(scope, row.dimension, row.id)


def held(scope: BookScope, dimension: str, item: int) -> ItemRow:
    """An item, locked for a change; raises `ItemNotFound`."""
    row = queries.one(scope, scope.book.id, dimension, item, lock=True)
    if row is None:
        raise errors.ItemNotFound
    return row


def _act(
    scope: BookScope, action: str, item: int, details: Mapping[str, object], changes: Changes | None = None
) -> Act:
    """The act on an item; its particulars are told masked, and in the clear only where the act is sealed."""
    if not changes:
        return Act(action, "item", str(item), details, scope.book.id)
    details = {**details, "particulars": told(changes)}
    return Act(action, "item", str(item), details, scope.book.id, personal={"particulars": personal(changes)})


def _explain(error: IntegrityError) -> NoReturn:
    raise (errors.ItemCodeTaken if constraint(error) == "dimension_item_code_uq" else errors.ItemNameTaken) from error


def _log(scope: BookScope, action: str, kind: str, name: str, details: Mapping[str, object]) -> None:
    audit.record(scope, [Act(action, kind, name, details, scope.book.id)])
