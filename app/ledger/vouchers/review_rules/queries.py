"""Reads of the rules of review, and of the drafts they may pass."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import RowMapping, select

from app.books.types import BookScope
from app.ledger.vouchers.models import review_rule as table
from app.ledger.vouchers.review_rules.errors import ReviewRuleNotFound
from app.ledger.vouchers.review_rules.types import Facts, ReviewRule

_COLUMNS = [table.c[name] for name in ReviewRule.__slots__]
# Made by the system from a source, untouched by hand since, and no correction, which a person makes.
_MADE = """
SELECT v.id, v.source_type, v.source_rule, v.word,
       (SELECT greatest(sum(abs(l.debit)), sum(abs(l.credit))) FROM tenant.voucher_line l
         WHERE l.book_id = :book AND l.voucher_id = v.id) AS amount,
       ARRAY(SELECT DISTINCT a.code FROM tenant.voucher_line l
               JOIN tenant.account a ON a.book_id = l.book_id AND a.id = l.account_id
              WHERE l.book_id = :book AND l.voucher_id = v.id ORDER BY a.code) AS accounts
  FROM tenant.voucher v
 WHERE v.book_id = :book AND v.period = :period AND v.status = 'draft' AND v.source_id IS NOT NULL
   AND v.source_type = ANY(cast(:types AS text[])) AND v.source_type <> 'correction' AND NOT v.hand_changed
 ORDER BY v.word, v.number, v.part
 LIMIT :limit
   FOR UPDATE OF v
"""


def _rule(row: RowMapping) -> ReviewRule:
    return ReviewRule(**{**row, "accounts": tuple(row["accounts"])})


def versions(scope: BookScope, rule_id: UUID, *, lock: bool = False) -> list[ReviewRule]:
    """Every version of a rule, the newest first, locked for a change if asked; raises `ReviewRuleNotFound`."""
    query = select(*_COLUMNS).where(table.c.book_id == scope.book.id, table.c.id == rule_id)
    query = query.order_by(table.c.version.desc())
    found = [_rule(row) for row in scope.execute(query.with_for_update() if lock else query).mappings()]
    if not found:
        raise ReviewRuleNotFound
    return found


def page(scope: BookScope, after: tuple[UUID, int] | None, limit: int) -> list[ReviewRule]:
    """Every version of every rule, by id and version, after that one."""
    query = select(*_COLUMNS).where(table.c.book_id == scope.book.id)
    if after:
        first, version = after
        query = query.where((table.c.id > first) | ((table.c.id == first) & (table.c.version > version)))
    rows = scope.execute(query.order_by(table.c.id, table.c.version).limit(limit))
    return [_rule(row) for row in rows.mappings()]


def active(scope: BookScope) -> list[ReviewRule]:
    """The versions that review now."""
    query = select(*_COLUMNS).where(table.c.book_id == scope.book.id, table.c.state == "active")
    return [_rule(row) for row in scope.execute(query).mappings()]


def made_by_system(scope: BookScope, period: str, source_types: list[str], limit: int) -> list[Facts]:
    """The drafts of a period that these sources made and nobody changed, in the order of numbers, locked."""
    found = scope.run(_MADE, book=scope.book.id, period=period, types=source_types, limit=limit)
    return [Facts(row.id, row.source_type, row.source_rule, row.word, row.amount, tuple(row.accounts)) for row in found]
