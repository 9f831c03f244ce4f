"""The statements (报表) of a book, and of hundreds of books at a close: three forms and the tables beside them.

A statement is a function of (book, period, cycle, ledger sequence, content edition).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.books.types import BookRef, BookScope
from app.kernel.money import ZERO
from app.kernel.periods import Period
from app.ledger.accounts import queries as accounts
from app.ledger.periods.errors import PeriodNotFound
from app.ledger.periods.types import Mark
from app.ledger.statements import queries, rules
from app.ledger.statements.errors import CellUnknown, CycleUnknown, StatementUnknown
from app.ledger.statements.own import service as own
from app.ledger.statements.own.types import PREFIX
from app.ledger.statements.types import AccountShare, CellSources, LedgerFacts, StatementSet
from app.standards.loader import STATEMENTS, load
from app.standards.types import Statement
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
    cycle: str | None = None,
    unposted: bool = False,
    only: Sequence[str] = STATEMENTS,
) -> StatementSet:
    """The statements of a book in one period, with the columns of a cycle (`month`, `quarter`, `year`) and all checks.

    Without a cycle it is the shortest of the first form asked for. `only` may name tables beside the statements
    (附表, 附注), or one statement of the book's own. `unposted` counts drafts in (包含未记账). A quarter or a year that
    goes on after the period is shown up to it. Raises `StatementUnknown`, `CycleUnknown`, `OwnStatementRejected`, and
    `PeriodNotFound` when the book has not reached the period.
    """
    named = [_form(scope, book, name) for name in only]
    cycle = cycle or next(iter(named[0].cycles))
    sheets = _sheets(scope, book, period, named, cycle, unposted=unposted)
    made = {form.id: sheets.made(form) for form in named}
    return StatementSet(sheets.standard, sheets.reclass, sheets.ledger.seq, cycle, made)


def sources(
    scope: TenantScope,
    book: BookRef,
    period: Period,
    place: tuple[str, str, str],
    *,
    cycle: str | None = None,
    unposted: bool = False,
) -> CellSources:
    """What the cell at (statement, row key, column id) is made of (联查): accounts, other rows, cash-flow items.

    Raises what `statements` raises, and `CellUnknown` where there is no figure.
    """
    name, row_key, column_id = place
    form = _form(scope, book, name)
    cycle = cycle or next(iter(form.cycles))
    column = next((each for each in form.cycles.get(cycle, ()) if each.id == column_id), None)
    row = next((each for each in form.of(column).rows if each.key == row_key), None) if column else None
    if column is None or row is None or row.kind in ("heading", "hand"):
        raise CellUnknown(statement=name, row=row_key, column=column_id)
    sheets = _sheets(scope, book, period, [form], cycle, unposted=unposted)
    cell = next(cell for cell in sheets.cells(form, column) if cell.key == row_key)
    named = {account.code: account for account in accounts.chart(scope, book.id)}
    first, last = rules.spanned(column, period, book.start_period)
    shares = sheets.shares(form, column, row)
    return CellSources(
        sheets.standard,
        sheets.ledger.seq,
        cycle,
        cell,
        cell.amount or ZERO,
        [
            AccountShare(share.key, named[share.key].name_zh, named[share.key].name_en, share.amount, first, last)
            for share in sorted(shares)
            if share.kind == "account"
        ],
        [rules.named_row(form, share) for share in shares if share.kind == "row"],
        [rules.named_flow(sheets.standard, share) for share in shares if share.kind == "flow"],
    )


def forms(scope: BookScope) -> list[Statement]:
    """The statements of the book's standard, then the tables beside them."""
    return _of_standard(scope.book)


def _of_standard(book: BookRef) -> list[Statement]:
    standard = load(book.standard, book.edition)
    return [*standard.statements.values(), *standard.notes.values()]


def _form(scope: TenantScope, book: BookRef, name: str) -> Statement:
    if name.startswith(PREFIX):
        return own.form(scope, book, name)
    for form in _of_standard(book):
        if form.id == name:
            return form
    raise StatementUnknown(standard=book.standard, statement=name)


def _sheets(
    scope: TenantScope, book: BookRef, period: Period, wanted: Sequence[Statement], cycle: str, *, unposted: bool
) -> rules.Sheets:
    for form in wanted:
        if cycle not in form.cycles:
            raise CycleUnknown(statement=form.id, cycle=cycle)
    standard, reclass = load(book.standard, book.edition), rules.reclass_of(book)
    facts = queries.facts_of_books(
        scope,
        [book],
        period,
        cycle=cycle,
        unposted=unposted,
        sides=reclass == "detail" and rules.asks(standard, wanted, rules.SIDES),
        flows=rules.asks(standard, wanted, rules.FLOWS),
    )
    if book.id not in facts:
        raise PeriodNotFound(period=str(period))
    found = facts[book.id]
    if any(form.id.startswith(PREFIX) for form in wanted):
        found.leaves = rules.by_own_codes(found.leaves)
    return rules.Sheets(standard, found, reclass, cycle)


def snapshot(scope: TenantScope, books: Sequence[BookRef], period: Period) -> dict[int, dict[str, Any]]:
    """What is kept at a close, by book id and then by statement id: JSON-able, the same for the same ledger.

    Two statements read the facts of all the books; the rest is pure.
    """
    facts = queries.facts_of_books(scope, books, period)
    return {book.id: _content(book, period, facts[book.id]) for book in books}


def _content(book: BookRef, period: Period, facts: LedgerFacts) -> dict[str, Any]:
    standard, reclass = load(book.standard, book.edition), rules.reclass_of(book)
    sheets = rules.Sheets(standard, facts, reclass, "month")
    made = {name: sheets.made(standard.statements[name]) for name in STATEMENTS}
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
