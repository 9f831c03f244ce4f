"""The particulars of items: kept sealed, shown in part, read on purpose, sealed again after a rotation.

Invariant: a value lies in the table only sealed for its book, its item and its kind, so a row copied elsewhere does
not open. What an act (操作日志) tells in the clear is masked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.ledger.dimensions.particulars import queries
from app.ledger.dimensions.particulars.queries import Row
from app.ledger.dimensions.particulars.types import Changes, Given, Shown
from app.sensitive import service as sensitive
from app.sensitive.types import Kind, Resealed, Sealed
from infra.crypto import Unreadable
from tenants.scope import TenantScope

_KEEP = """
INSERT INTO tenant.particular (book_id, item_id, kind, sealed, blind)
SELECT b, i, k, s, x
  FROM unnest(cast(:books AS bigint[]), cast(:items AS bigint[]), cast(:kinds AS text[]), cast(:sealed AS text[]),
              cast(:blinds AS bytea[])) AS g (b, i, k, s, x)
 ORDER BY b, i, k
ON CONFLICT (book_id, item_id, kind) DO UPDATE SET sealed = excluded.sealed, blind = excluded.blind
"""
_TAKE_AWAY = """
DELETE FROM tenant.particular p
 USING unnest(cast(:items AS bigint[]), cast(:kinds AS text[])) AS g (i, k)
 WHERE p.book_id = :book AND p.item_id = g.i AND p.kind = g.k
"""


def keep(scope: BookScope, given: Mapping[int, Given]) -> dict[int, Changes]:
    """Keep or take away values of locked items, and say what changed; raises `SensitiveRejected`.

    The caller writes the act: `told` of the changes into its details, `personal` into what is sealed.
    """
    book = scope.book.id
    before = _opened(scope, queries.of_items(scope, book, given))
    wanted = [
        (item, kind, kind.accept(value) if value else None)
        for item, values in given.items()
        for kind, value in values.items()
    ]
    changed = [(item, kind, value) for item, kind, value in wanted if value != before.get(item, {}).get(kind)]
    _write(scope, [(book, item, kind, _seal(scope, book, item, kind, value)) for item, kind, value in changed if value])
    gone = [(item, kind) for item, kind, value in changed if not value]
    if gone:
        scope.run(_TAKE_AWAY, book=book, items=[item for item, _ in gone], kinds=[kind.value for _, kind in gone])
    changes: dict[int, Changes] = {}
    for item, kind, value in changed:
        changes.setdefault(item, {})[kind] = before.get(item, {}).get(kind), value
    return changes


def shown(scope: TenantScope, book: int, items: Sequence[int]) -> dict[int, Shown]:
    """The particulars of these items masked (脱敏), as every answer shows them."""
    opened = _opened(scope, queries.of_items(scope, book, items))
    return {item: {kind: kind.mask(value) for kind, value in values.items()} for item, values in opened.items()}


def reveal(scope: BookScope, items: Sequence[int], reason: str) -> dict[int, Shown]:
    """The particulars of these items in the clear; who read what and why is in the log of acts."""
    opened = _opened(scope, queries.of_items(scope, scope.book.id, items))
    audit.record(scope, [_revealed(scope, item, opened.get(item, {}), reason) for item in items])
    return opened


def _revealed(scope: BookScope, item: int, values: Shown, reason: str) -> Act:
    details = {"kinds": [kind.value for kind in values]}
    return Act("item.reveal", "item", str(item), details, scope.book.id, reason)


def find(scope: BookScope, dimension: str, kind: Kind, text: str, limit: int) -> list[int]:
    """The items of a dimension with exactly this value, however it is written; raises `SensitiveRejected`.

    Hit or miss, the search is in the log of acts: who may ask for one value after another reads them all.
    """
    value = kind.accept(text)
    found = queries.find(scope, scope.book.id, dimension, kind, sensitive.blinds(scope, kind, value), limit)
    details = {"kind": kind.value, "found": len(found)}
    sought = {"value": value}
    audit.record(scope, [Act("item.find", "dimension", dimension, details, scope.book.id, personal=sought)])
    return found


def reseal(scope: TenantScope, after: tuple[int, int, str], limit: int) -> tuple[Resealed, tuple[int, int, str] | None]:
    """Seal up to `limit` values of the entered books again that an older key sealed; says where to go on, or None.

    A value that does not open stays as it is and is counted.
    """
    rows = queries.stale(scope, scope.cipher.head, after, limit)
    fresh = []
    for row in rows:
        try:
            value = sensitive.unseal(scope, row.sealed, _place(row.book_id, row.item_id, row.kind))
        except Unreadable:
            continue
        place = row.book_id, row.item_id, row.kind
        fresh.append((*place, _seal(scope, *place, value)))
    _write(scope, fresh)
    last = (rows[-1].book_id, rows[-1].item_id, rows[-1].kind.value) if len(rows) == limit else None
    return Resealed(len(fresh), len(rows) - len(fresh)), last


def _opened(scope: TenantScope, rows: Iterable[Row]) -> dict[int, Shown]:
    opened: dict[int, dict[Kind, str]] = {}
    for row in rows:
        value = sensitive.unseal(scope, row.sealed, _place(row.book_id, row.item_id, row.kind))
        opened.setdefault(row.item_id, {})[row.kind] = value
    return dict(opened)


def _seal(scope: TenantScope, book: int, item: int, kind: Kind, value: str) -> Sealed:
    return sensitive.seal(scope, kind, value, _place(book, item, kind))


def _place(book: int, item: int, kind: Kind) -> str:
    return f"{book}|particular|{kind.value}|{item}"


def _write(scope: TenantScope, rows: Sequence[tuple[int, int, Kind, Sealed]]) -> None:
    if rows:
        books, items, kinds, sealed = zip(*rows, strict=True)
        scope.run(
            _KEEP,
            books=list(books),
            items=list(items),
            kinds=[kind.value for kind in kinds],
            sealed=[one.text for one in sealed],
            blinds=[one.blind for one in sealed],
        )
