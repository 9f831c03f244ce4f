"""Reads and locks of the period rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tenants.scope import TenantScope


class PeriodState(NamedTuple):
    """One period of one book; `version` counts its closes."""

    book_id: int
    period: str
    state: str
    version: int


_LOCK = """
SELECT p.book_id, p.period, p.state, p.version
  FROM unnest(cast(:books AS bigint[]), cast(:periods AS text[])) AS k (b, p)
  JOIN tenant.period p ON p.book_id = k.b AND p.period = k.p
 ORDER BY p.book_id, p.period
   FOR SHARE OF p
"""
_LOCK_TO_CLOSE = _LOCK.replace("FOR SHARE", "FOR UPDATE")
_KNOWN = """
SELECT p.book_id, p.period
  FROM unnest(cast(:books AS bigint[]), cast(:periods AS text[])) AS k (b, p)
  JOIN tenant.period p ON p.book_id = k.b AND p.period = k.p
"""
_OF_BOOK = "SELECT book_id, period, state, version FROM tenant.period WHERE book_id = :book ORDER BY period"
_OF_BOOKS = """
SELECT book_id, period, state, version FROM tenant.period
 WHERE book_id = ANY(cast(:books AS bigint[])) ORDER BY book_id, period
"""
_PAGE = """
SELECT period, state, version AS closes, closed_at, closed_by FROM tenant.period
 WHERE book_id = :book AND period > :after ORDER BY period LIMIT :limit
"""

Key = tuple[int, str]


def lock(scope: TenantScope, wanted: Iterable[Key], *, to_close: bool = False) -> dict[Key, PeriodState]:
    """Take period rows in order, FOR SHARE to write into them or FOR UPDATE to close or reopen them."""
    keys = sorted(set(wanted))
    sql = _LOCK_TO_CLOSE if to_close else _LOCK
    rows = scope.run(sql, books=[k[0] for k in keys], periods=[k[1] for k in keys])
    return {(row.book_id, row.period): PeriodState._make(row) for row in rows}


def known(scope: TenantScope, wanted: Iterable[Key]) -> set[Key]:
    """Which of these periods their books have reached, without locking anything."""
    keys = list(wanted)
    rows = scope.run(_KNOWN, books=[k[0] for k in keys], periods=[k[1] for k in keys])
    return {(row.book_id, row.period) for row in rows}


def of_book(scope: TenantScope, book_id: int) -> list[PeriodState]:
    """The periods a book has reached, in order."""
    return [PeriodState._make(row) for row in scope.run(_OF_BOOK, book=book_id)]


def of_books(scope: TenantScope, books: Sequence[int]) -> dict[int, list[PeriodState]]:
    """The periods many books have reached, by book id, in order."""
    found: dict[int, list[PeriodState]] = {book: [] for book in books}
    for row in scope.run(_OF_BOOKS, books=list(books)):
        found[row.book_id].append(PeriodState._make(row))
    return found


def page(scope: TenantScope, book_id: int, after: str, limit: int) -> list[dict[str, Any]]:
    """The periods of a book after one, with who closed them when."""
    return [dict(row) for row in scope.run(_PAGE, book=book_id, after=after, limit=limit).mappings()]
