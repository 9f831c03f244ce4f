"""Reads of a book's own statements."""

from __future__ import annotations

from typing import Any

from app.ledger.statements.own.types import OwnStatement
from tenants.scope import TenantScope

_OF_BOOK = """
SELECT code, title_zh, title_en, columns, rows, checks, row_version FROM tenant.own_statement
 WHERE book_id = :book ORDER BY code
"""
_ONE = """
SELECT code, title_zh, title_en, columns, rows, checks, row_version FROM tenant.own_statement
 WHERE book_id = :book AND code = :code
"""


def of_book(scope: TenantScope, book: int) -> list[OwnStatement]:
    """Every statement a book defines, in the order of codes."""
    return [_statement(row) for row in scope.run(_OF_BOOK, book=book)]


def one(scope: TenantScope, book: int, code: str) -> OwnStatement | None:
    """One of them."""
    row = scope.run(_ONE, book=book, code=code).one_or_none()
    return None if row is None else _statement(row)


def _statement(row: Any) -> OwnStatement:
    return OwnStatement(*row)
