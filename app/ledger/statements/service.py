"""The three statements (资产负债表, 利润表, 现金流量表) of a book, and of hundreds of books at a close.

A statement is a function of (book, period, ledger sequence, content edition).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.books.types import BookRef
from app.kernel.periods import Period
from app.ledger.periods.errors import PeriodNotFound
from app.ledger.periods.types import Mark
from app.ledger.statements import queries, rules
from app.ledger.statements.types import LedgerFacts, StatementSet
from app.standards.loader import STATEMENTS, load
from tenants.scope import TenantScope

_KEEP = """
INSERT INTO tenant.statement_snapshot (book_id, period, version, statement, ledger_seq, content, at)
SELECT b, p, v, s, q, cast(c AS jsonb), :now
  FROM unnest(cast(:books AS bigint[]), cast(:periods AS text[]), cast(:versions AS integer[]),
              cast(:statements AS text[]), cast(:seqs AS bigint[]), cast(:contents AS text[])) AS k (b, p, v, s, q, c)
"""


def statements(
    scope: TenantScope,
    book: BookRef,
    period: Period,
    *,
    unposted: bool = False,
    only: Sequence[str] = STATEMENTS,
) -> StatementSet:
    """The statements of a book in one period, both columns and all checks; `unposted` counts drafts in (包含未记账).

    Raises `PeriodNotFound` when the book has not reached the period.
    """
    head = queries.heads(scope, [book.id], period).get(book.id)
    if head is None or not head.reached:
        raise PeriodNotFound(period=str(period))
    flows = "cash_flow" in only
    facts = queries.facts_of_books(scope, [book.id], period, unposted=unposted, flows=flows)[book.id]
    standard, reclass = load(book.standard, book.edition), rules.reclass_of(book)
    return StatementSet(standard, reclass, head.seq, rules.make(standard, facts, reclass, only))


def snapshot(scope: TenantScope, books: Sequence[BookRef], period: Period) -> dict[int, dict[str, Any]]:
    """What is kept at a close, by book id and then by statement id: JSON-able, the same for the same ledger.

    Two statements read the facts of all the books; the rest is pure.
    """
    facts = queries.facts_of_books(scope, [book.id for book in books], period)
    return {book.id: _content(book, period, facts[book.id]) for book in books}


def _content(book: BookRef, period: Period, facts: LedgerFacts) -> dict[str, Any]:
    standard, reclass = load(book.standard, book.edition), rules.reclass_of(book)
    made = rules.make(standard, facts, reclass, STATEMENTS)
    return {name: rules.content(standard, period, reclass, one) for name, one in made.items()}


def keep(scope: TenantScope, marks: Sequence[Mark], content: Mapping[int, Mapping[str, Any]]) -> None:
    """Keep the statements of a close, by book id and statement id; a reopened period keeps its earlier versions."""
    rows = [(mark, name, one) for mark in marks for name, one in content[mark.book_id].items()]
    scope.run(
        _KEEP,
        books=[mark.book_id for mark, _, _ in rows],
        periods=[mark.period for mark, _, _ in rows],
        versions=[mark.version for mark, _, _ in rows],
        statements=[name for _, name, _ in rows],
        seqs=[mark.ledger_seq for mark, _, _ in rows],
        contents=[orjson.dumps(one).decode() for _, _, one in rows],
        now=scope.now,
    )
