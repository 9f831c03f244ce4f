"""Reads of the statements kept at each close, and of what was posted between two of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.closing.versions.types import Version
from app.kernel.periods import Period
from tenants.scope import TenantScope

# The reason of a version is that of the reopening that made it necessary.
_VERSIONS = """
SELECT c.version, c.ledger_seq, c.at, c.actor,
       coalesce((SELECT r.reason FROM tenant.period_event r
                  WHERE r.book_id = c.book_id AND r.period = c.period AND r.event = 'reopen'
                    AND r.version = c.version - 1), '') AS reason
  FROM tenant.period_event c
 WHERE c.book_id = :book AND c.period = :period AND c.event = 'close'
 ORDER BY c.version
"""
_KEPT = """
SELECT statement, ledger_seq, content FROM tenant.statement_snapshot
 WHERE book_id = :book AND period = :period AND version = :version
"""
# Only the period itself was open between two closes of it: what came before stays closed.
_BETWEEN = """
SELECT id, date, word, number, part, parts, source_type, source_id, source_rule, reverses, post_seq, posted_by
  FROM tenant.voucher
 WHERE book_id = :book AND period = :period AND status = 'posted' AND post_seq > :first AND post_seq <= :last
 ORDER BY post_seq LIMIT :limit
"""


def versions(scope: TenantScope, book: int, period: Period) -> list[Version]:
    """Every close of a period, the first one first."""
    return [Version._make(row) for row in scope.run(_VERSIONS, book=book, period=str(period))]


def kept(scope: TenantScope, book: int, period: Period, version: int) -> dict[str, Mapping[str, Any]]:
    """The statements kept at a close, by statement id; empty when it was never closed so often."""
    rows = scope.run(_KEPT, book=book, period=str(period), version=version)
    return {row.statement: row.content for row in rows}


def posted_between(
    scope: TenantScope, book: int, period: Period, first: int, last: int, limit: int
) -> list[dict[str, Any]]:
    """The vouchers of a period that were posted after one sequence and up to another, in posting order."""
    rows = scope.run(_BETWEEN, book=book, period=str(period), first=first, last=last, limit=limit)
    return [dict(row) for row in rows.mappings()]
