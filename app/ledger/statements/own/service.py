"""Statements a book defines itself (自定义报表): format, rows, where figures come from and how rows go together.

Invariant: a statement is checked against the book's chart when it is written and again whenever it is read, so an
account that is gone is named and never read as nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookRef, BookScope
from app.ledger.accounts import queries as accounts
from app.ledger.periods import service as periods
from app.ledger.statements import errors
from app.ledger.statements.own import queries, rules
from app.ledger.statements.own.types import OwnStatement
from app.standards.loader import load
from app.standards.types import Statement
from infra.errors import Violation
from infra.ids import encode
from tenants.scope import TenantScope

MOST_STATEMENTS = 50

_WRITE = """
INSERT INTO tenant.own_statement AS s (book_id, code, title_zh, title_en, columns, rows, checks, updated_at)
VALUES (:book, :code, :title_zh, :title_en, cast(:columns AS jsonb), cast(:rows AS jsonb), cast(:checks AS jsonb), :now)
ON CONFLICT (book_id, code) DO UPDATE
   SET title_zh = excluded.title_zh, title_en = excluded.title_en, columns = excluded.columns, rows = excluded.rows,
       checks = excluded.checks, updated_at = excluded.updated_at, row_version = s.row_version + 1
RETURNING row_version
"""
_GONE = "DELETE FROM tenant.own_statement WHERE book_id = :book AND code = :code"


def own_statements(scope: BookScope) -> list[OwnStatement]:
    """Every statement the book defines."""
    return queries.of_book(scope, scope.book.id)


def own_statement(scope: BookScope, code: str, *, lock: bool = False) -> OwnStatement:
    """One of them; `lock` holds the book's head until the end. Raises `StatementUnknown`."""
    if lock:
        periods.lock_heads(scope, [scope.book.id])
    return _found(scope, scope.book, code)


def create_statement(scope: BookScope, own: OwnStatement) -> OwnStatement:
    """Add a statement; raises `OwnStatementTaken`, and `OwnStatementRejected` with every broken rule."""
    periods.lock_heads(scope, [scope.book.id])
    known = own_statements(scope)
    if any(each.code == own.code for each in known):
        raise errors.OwnStatementTaken(statement=own.code)
    full = [errors.TOO_MANY_STATEMENTS.at("", limit=MOST_STATEMENTS)] if len(known) >= MOST_STATEMENTS else []
    return _write(scope, own, "own_statement.create", full)


def change_statement(scope: BookScope, own: OwnStatement) -> OwnStatement:
    """Replace a statement; raises `StatementUnknown`, and `OwnStatementRejected` with every broken rule."""
    own_statement(scope, own.code, lock=True)
    return _write(scope, own, "own_statement.change", [])


def delete_statement(scope: BookScope, code: str) -> None:
    """Take a statement away; raises `StatementUnknown`."""
    own_statement(scope, code, lock=True)
    scope.run(_GONE, book=scope.book.id, code=code)
    _log(scope, "own_statement.delete", code)


def form(scope: TenantScope, book: BookRef, code: str) -> Statement:
    """A statement as a form over the book's chart of today; raises `StatementUnknown`, `OwnStatementRejected`."""
    own = _found(scope, book, code)
    known = rules.above(accounts.chart(scope, book.id))
    _refuse(rules.check(own, known, load(book.standard, book.edition).cash_items))
    return rules.form(own, known)


def _found(scope: TenantScope, book: BookRef, code: str) -> OwnStatement:
    own = queries.one(scope, book.id, code)
    if own is None:
        raise errors.StatementUnknown(standard=book.standard, statement=code)
    return own


def _write(scope: BookScope, own: OwnStatement, action: str, found: list[Violation]) -> OwnStatement:
    known = rules.above(accounts.chart(scope, scope.book.id))
    _refuse([*found, *rules.check(own, known, load(scope.book.standard, scope.book.edition).cash_items)])
    parts = {name: orjson.dumps(getattr(own, name)).decode() for name in ("columns", "rows", "checks")}
    titles = {"title_zh": own.title_zh, "title_en": own.title_en}
    written = scope.run(_WRITE, book=scope.book.id, code=own.code, now=scope.now, **titles, **parts)
    _log(scope, action, own.code, **titles, rows=len(own.rows))
    return replace(own, version=written.scalar_one())


def _refuse(found: list[Violation]) -> None:
    if found:
        raise errors.OwnStatementRejected(violations=found, count=len(found))


def _log(scope: BookScope, action: str, code: str, **details: Any) -> None:
    uid = encode("bk", scope.book.uid)
    audit.record(scope, [Act(action, "own_statement", code, {"book": uid, **details}, scope.book.id)])
